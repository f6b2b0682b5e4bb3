"""Releases: an honest preview, a page that follows the making, and files by the manifest alone."""

import json
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions import release_folders
from annotation.models import Release
from tests import factories
from tests.annotation.views.conftest import HTMX

pytestmark = pytest.mark.django_db
FILTERS = {"min_annotators": "1", "min_agreement": "0", "kinds": ["preference", "sft"], "test_share": "10", "seed": "0"}


def answered(project, choice="a", second=None):
    """An item whose sides part at the agent's answer, or at the tool's if `second` says what the tool said there."""
    sides = [factories.conversation("Sent on Monday."), factories.conversation("No idea.")]
    if second:
        sides[1][2]["content"] = second
    task = f"task-{choice}-{second}"
    traces = [factories.TraceFactory(project=project, task=task, messages=messages) for messages in sides]
    item = factories.ItemFactory(queue__project=project, traces=traces, task=task)
    return factories.AnnotationFactory(assignment__item=item, assignment__state="done", choice=choice)


@pytest.fixture
def ready(project) -> Release:
    """A release really built from two answers."""
    for choice in ("a", "b"):
        answered(project, choice)
    asked = factories.ReleaseFactory(
        project=project, state="queued", digest="", recipe={"test_share": 0.1}, filters={"demonstrations": True}
    )
    release_folders.run(release=asked.pk, now=timezone.now())
    return Release.objects.get(pk=asked.pk)


def test_the_preview_counts_rows_and_says_why_others_are_left_out(project, signed_in):
    answered(project)
    answered(project, "tie")
    parted = answered(project, "b", second='{"status": "lost"}')

    html = signed_in("engineer", "manager").get(reverse("release-new", args=["desk"])).content.decode()

    assert "<dd>1</dd>" in html
    assert "environment_diverged" in html and "a user or tool message differed" in html
    assert reverse("item", args=[parted.item_id]) in html


def test_the_preview_follows_the_filters_and_makes_nothing(project, signed_in):
    answered(project)
    client, page = signed_in("engineer"), reverse("release-new", args=["desk"])

    loose = client.post(page, FILTERS | {"preview": "1"}, headers=HTMX)
    strict = client.post(page, FILTERS | {"preview": "1", "min_annotators": "2"}, headers=HTMX)
    wrong = client.post(page, FILTERS | {"preview": "1", "min_agreement": "300"}, headers=HTMX)

    assert "<dt>preference rows</dt><dd>1</dd>" in loose.content.decode()
    assert "Nothing would be exported" in strict.content.decode()
    assert "less than or equal to 100" in wrong.content.decode()
    assert not Release.objects.exists()


def test_a_release_is_asked_for_and_its_page_follows(project, signed_in):
    answered(project)
    client = signed_in("engineer")

    made = client.post(reverse("release-new", args=["desk"]), FILTERS | {"since": "2026-01-31", "min_agreement": "75"})
    page = client.get(made.url)
    same = client.get(f"{made.url}?seen={page.context['seen']}", headers=HTMX)

    release = Release.objects.get()
    assert release.filters["since"] == "2026-01-31T00:00:00+00:00" and release.filters["min_agreement"] == 0.75
    assert "It waits for a worker." in page.content.decode() and "every 2s" in page.content.decode()
    assert same.status_code == 204


def test_a_ready_release_shows_files_hashes_and_its_card(ready, signed_in):
    html = signed_in("manager").get(reverse("release", args=[ready.pk])).content.decode()

    assert ready.digest in html and "preference/train.jsonl" in html and "What a row is" in html
    assert "hx-trigger" not in html


def test_a_failed_release_says_why(project, signed_in):
    release = factories.ReleaseFactory(project=project, state="failed", digest="", error="There is nothing to release.")

    html = signed_in("engineer").get(reverse("release", args=[release.pk])).content.decode()

    assert "There is nothing to release." in html


def test_files_come_whole_and_only_by_names_in_the_manifest(ready, settings, signed_in):
    client = signed_in("engineer")
    (Path(settings.RELEASES_DIR) / str(ready.pk) / "notes.txt").write_text("private")

    def get(name):
        return client.get(reverse("release-file", args=[ready.pk, name]))

    manifest = json.loads(b"".join(get("manifest.json").streaming_content))
    rows = b"".join(get("preference/train.jsonl").streaming_content).splitlines()
    assert manifest["id"] == ready.digest
    assert len(rows) == manifest["files"]["preference/train.jsonl"]["rows"]
    for name in ("notes.txt", "../1/manifest.json", "preference", "preference/../../../secret-key"):
        assert get(name).status_code == 404


def test_a_release_that_is_not_built_has_no_files(project, signed_in):
    release = factories.ReleaseFactory(project=project, state="queued", digest="")

    response = signed_in("engineer").get(reverse("release-file", args=[release.pk, "manifest.json"]))

    assert response.status_code == 404


def test_pairs_that_a_judge_may_decide_are_previewed_and_released_only_if_ticked(project, signed_in):
    gate = {"sentence": "accepted: fine.", "accuracy": {"value": 0.9, "low": 0.76, "high": 0.97, "n": 40}}
    judge = factories.JudgeFactory(project=project, is_automatic=True, gate=gate)
    item = factories.ItemFactory(
        queue__project=project, traces=[factories.TraceFactory(project=project) for _ in range(2)]
    )
    for first in (0, 1):
        factories.VerdictFactory(item=item, judge=judge, first=first)
    client, page = signed_in("engineer"), reverse("release-new", args=["desk"])

    form = client.get(page).content.decode()
    without = client.post(page, FILTERS | {"preview": "1"}, headers=HTMX).content.decode()
    ticked = client.post(page, FILTERS | {"preview": "1", "judged": "on"}, headers=HTMX).content.decode()
    client.post(page, FILTERS | {"judged": "on"})

    assert "Also pairs that a judge may decide alone" in form and "No person sees these rows" in form
    assert "Nothing would be exported" in without and "From 1 judge row." in ticked
    assert Release.objects.get().filters["judged"] is True
