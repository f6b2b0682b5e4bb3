"""The demo project: everything through the real actions, and the same again from the same seed."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db.models import Max

from annotation import models
from annotation.actions import demo
from annotation.queries import members, releases
from tests.annotation import processes

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHOWN = (
    models.Annotation, models.Assignment, models.Batch, models.Deployment, models.Event, models.Gold,
    models.Guideline, models.Item, models.Judge, models.Member, models.Policy, models.Queue, models.Report,
    models.Side, models.Trace, models.TraceRaw, models.Verdict,
)  # fmt: skip


def seeded(*, tasks: int = 24, seed: int = 7) -> models.Project:
    return demo.seed(tasks=tasks, seed=seed, now=NOW, say=lambda _: None)


def answers() -> list[tuple[object, ...]]:
    """Who said what of which runs, in what order, and how the item came to be asked."""
    rows = models.Annotation.objects.order_by("pk").select_related("item", "annotator")
    return [
        (
            row.annotator.username,
            sorted(row.item.sides.values_list("trace__key", flat=True)),
            json.dumps(row.answer, sort_keys=True),
            row.order,
            row.selected_by,
            row.propensity,
            row.active_seconds,
            row.answered_at,
        )
        for row in rows
    ]


def verdicts() -> str:
    """All verdicts in one hash."""
    rows = models.Verdict.objects.order_by("pk").values_list("label", "first", "probability")
    return hashlib.sha256(repr(list(rows)).encode()).hexdigest()


@pytest.fixture
def no_jobs(transactional_db: None) -> Iterator[None]:
    """Django empties its own tables after such a test, not those of the jobs."""
    yield
    processes.forget_jobs()


@pytest.mark.usefixtures("no_jobs")
@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_the_same_seed_gives_the_same_answers_and_verdicts():
    seeded(tasks=6)
    first = answers(), verdicts()
    call_command("flush", interactive=False, verbosity=0, reset_sequences=True)

    seeded(tasks=6)

    assert first[0] and (answers(), verdicts()) == first


@pytest.mark.django_db
def test_every_table_that_pages_show_has_content_and_seeding_again_changes_nothing():
    project = seeded()

    again = seeded(seed=8)

    assert [table.__name__ for table in SHOWN if not table.objects.exists()] == []
    assert set(models.Trace.objects.values_list("state", flat=True)) == {"ready"}
    assert models.Trace.objects.demonstrations().count() == 6
    preview = releases.preview(project=project, filters={})
    assert preview.preference > 5 and preview.sft > 5
    assert preview.stepwise > 2
    assert models.Annotation.objects.filter(answer__ranking__0__isnull=False, item__queue__sides=3).count() > 2
    assert {judge.provider for judge in project.judges.all()} == {"imported", "embedding"}
    assert project.judges.get(provider="imported").gate["accuracy"]["n"] > 0
    roles = {user.username: members.roles(user, project) for user in models.User.objects.all()}
    assert roles["mia"] == {"manager"} and roles["eli"] == {"engineer"} and roles["ada"] == {"annotator"}
    assert models.Annotation.objects.aggregate(last=Max("answered_at"))["last"] <= NOW
    assert again == project == models.Project.objects.get()
