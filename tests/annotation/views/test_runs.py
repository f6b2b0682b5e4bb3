"""Runs: started with sensible defaults, followed while they train, honest about what was dropped."""

import json

import pytest
from django.urls import reverse

from annotation.models import Run
from annotation.queries import runs as progress
from tests import factories
from tests.annotation.views.conftest import HTMX

pytestmark = pytest.mark.django_db


def log(run: Run, *entries: dict) -> None:
    """Lines as the trainer writes them; the last one is still being written."""
    folder = progress.folder(run)
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"stage": "dpo", "steps": 40, "seconds": 1.5, **entry}) for entry in entries]
    (folder / "metrics.jsonl").write_text("\n".join([*lines, '{"stage": "d']))


@pytest.fixture
def running(project) -> Run:
    return factories.RunFactory(project=project, state="running")


def test_a_run_starts_with_the_trainers_defaults(project, signed_in):
    release = factories.ReleaseFactory(project=project)
    client = signed_in("engineer")

    page = client.get(reverse("run-new", args=["desk"]), {"release": release.pk}).content.decode()
    made = client.post(reverse("run-new", args=["desk"]), {"release": release.pk, "base": "", "seed": "3"})

    run = Run.objects.get()
    assert "Advanced settings" in page and made.url == reverse("run", args=[run.pk])
    assert (run.release, run.config) == (release, {"seed": 3})


def test_advanced_settings_are_passed_on_by_type(project, signed_in):
    release = factories.ReleaseFactory(project=project)
    given = {
        "release": release.pk,
        "seed": "0",
        "steps": "20",
        "flip_prob": "0.1",
        "lora": "on",
        "beta": "",
        "loss": "",
    }

    signed_in("engineer").post(reverse("run-new", args=["desk"]), given)

    assert Run.objects.get().config == {"seed": 0, "steps": 20, "flip_prob": 0.1, "lora": True}


def test_a_release_of_another_project_or_one_that_is_not_ready_is_refused(project, signed_in):
    client = signed_in("engineer")
    queued = factories.ReleaseFactory(project=project, state="queued", digest="")
    factories.ReleaseFactory(project=project)

    for release in (queued, factories.ReleaseFactory()):
        assert client.post(reverse("run-new", args=["desk"]), {"release": release.pk, "seed": "0"}).status_code == 422
    assert not Run.objects.exists()


def test_it_is_said_when_training_is_not_installed(project, signed_in, monkeypatch):
    monkeypatch.setattr(progress, "training_ready", lambda: False)

    html = signed_in("engineer").get(reverse("runs", args=["desk"])).content.decode()

    assert "Training is not installed here yet" in html


def test_the_page_follows_the_trainer_and_is_silent_when_nothing_changed(running, signed_in):
    client, page = signed_in("engineer"), reverse("run", args=[running.pk])
    log(running, {"step": 1, "loss": 0.69, "rewards/margins": 0.0, "rewards/accuracies": 0.5})

    shown = client.get(page)
    address = f"{page}?seen={shown.context['seen']}"
    same = client.get(address, headers=HTMX)
    log(running, {"step": 1, "loss": 0.69}, {"step": 2, "loss": 0.41}, {"step": 2, "eval_loss": None})
    more = client.get(address, headers=HTMX)

    assert "step 1 of 40" in shown.content.decode() and "every 2s" in shown.content.decode()
    assert same.status_code == 204
    assert more.status_code == 200 and "<svg" in more.content.decode() and "step 2 of 40" in more.content.decode()


def test_a_finished_run_says_what_was_used_dropped_and_made(project, signed_in):
    result = {
        "rows_in": 12, "rows_used": 9, "rows_cut": ["p4"],
        "rows_dropped": [{"id": f"p{n}", "reason": "prompt_too_long"} for n in range(3)],
        "metrics": {"eval_rewards/accuracies": 0.975}, "digests": {"model/model.safetensors": "f" * 64}, "seconds": 61.0,
    }  # fmt: skip
    run = factories.RunFactory(project=project, state="done", result=result)
    policy = factories.PolicyFactory(project=project, origin="trained", run=run, release=run.release)

    html = signed_in("manager").get(reverse("run", args=[run.pk])).content.decode()

    assert "3: the prompt alone is longer than max length" in html and "0.975" in html
    assert reverse("policy", args=[policy.pk]) in html and "hx-trigger" not in html


def test_a_failed_run_shows_its_error_and_the_end_of_its_log(project, settings, signed_in):
    run = factories.RunFactory(project=project, state="failed", error="No row is left.")
    path = progress.folder(run).with_suffix(".log")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(f"line {n} <b>" for n in range(500)))

    html = signed_in("engineer").get(reverse("run", args=[run.pk])).content.decode()

    assert "No row is left." in html
    assert "line 499 &lt;b&gt;" in html and "line 400 " not in html


def test_a_running_run_can_be_stopped(running, signed_in):
    client = signed_in("engineer")

    html = client.post(reverse("run-cancel", args=[running.pk]), follow=True).content.decode()

    running.refresh_from_db()
    assert running.state == "cancelled" and "nothing was registered" in html
