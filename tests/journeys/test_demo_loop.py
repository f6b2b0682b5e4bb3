"""The whole flywheel in the demo project, in a browser: bias, release, training, promotion, roll-back."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page, expect

from annotation.models import Deployment, Policy, Project, Release, Run
from flywheel.simulation.people import DEMO_PASSWORD
from tests.journeys.product import PATIENCE, database_url, eventually, serving

pytestmark = [pytest.mark.browser, pytest.mark.training, pytest.mark.django_db(transaction=True)]
SLUG = "support-desk"
NewContext = Callable[..., BrowserContext]


def seed(state: Path) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "seed_demo"], cwd=settings.BASE_DIR, check=True, timeout=540,
        env=os.environ | {
            "DATABASE_URL": database_url(),
            "FLYWHEEL_STATE_DIR": str(state),
            "DJANGO_SETTINGS_MODULE": "annotation.settings",
        },
    )  # fmt: skip


def signed_in(new_context: NewContext, url: str, username: str) -> Page:
    page = new_context(base_url=url, reduced_motion="reduce").new_page()
    page.goto("/login/")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{url}/")
    return page


def champion(url: str, page: Page) -> str:
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    answer = httpx.get(f"{url}/api/v1/projects/{SLUG}/champion", cookies=cookies)
    return f"{answer.json()['name']}@{answer.json()['version']}"


def make_release(page: Page) -> Release:
    page.goto(f"/p/{SLUG}/releases/new/")
    preview = page.locator("#preview").inner_text()
    assert "environment_diverged" in preview
    page.get_by_role("button", name="Create the release").click()
    expect(page.get_by_text(re.compile("ready", re.I)).first).to_be_visible(timeout=PATIENCE * 1000)
    return Release.objects.get()


def train(page: Page) -> Run:
    page.goto(f"/p/{SLUG}/runs/new/")
    page.get_by_text("Advanced settings").click()
    page.locator("[name=steps]").fill("12")
    page.locator("[name=warmup_steps]").fill("12")
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_role("progressbar").first).to_be_visible(timeout=PATIENCE * 1000)
    eventually(lambda: Run.objects.get().state not in ("queued", "running"), "the run did not end", within=2 * PATIENCE)
    expect(page.get_by_text("It made the candidate")).to_be_visible(timeout=30_000)
    return Run.objects.get()


def test_from_answers_to_a_promoted_policy_and_back(new_context: NewContext, tmp_path: Path) -> None:
    seed(tmp_path)

    with serving(tmp_path) as url:
        mia, eli = signed_in(new_context, url, "mia"), signed_in(new_context, url, "eli")

        mia.goto(f"/p/{SLUG}/bias/")
        expect(mia.get_by_text("glib-judge").first).to_be_visible()
        expect(mia.get_by_text("biased").first).to_be_visible()

        release = make_release(eli)
        rows = release.manifest["rows"]["preference"]
        assert release.state == "ready"
        assert release.rows.filter(kind="preference", item__isnull=False).count() >= 100
        assert sum(rows.values()) == release.rows.filter(kind="preference").count()

        run = train(eli)
        assert run.state == "done", run.error
        candidate = Policy.objects.get(run=run)
        assert candidate.release == release
        assert len(candidate.digest) == 64

        before = champion(url, eli)
        eli.get_by_role("link", name=str(candidate)).first.click()
        expect(eli.get_by_text("release 1")).to_be_visible()
        eli.get_by_role("link", name="Promote").click()
        eli.locator("[name=reason]").fill("Prefers checking before it refunds")
        eli.get_by_role("button", name="Promote").click()
        expect(eli.get_by_text("Prefers checking before it refunds").first).to_be_visible()
        promoted = champion(url, eli)

        mia.goto(f"/p/{SLUG}/policies/rollback/")
        mia.locator("[name=reason]").fill("Trying the way back")
        mia.get_by_role("button", name="Roll back").click()
        expect(mia.get_by_text("Trying the way back").first).to_be_visible()
        after = champion(url, eli)

    assert (before, promoted, after) == ("desk-v1@1", f"{SLUG}@1", "desk-v1@1")
    kinds = Deployment.objects.filter(project=Project.objects.get()).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["promote", "promote", "promote", "rollback"]
