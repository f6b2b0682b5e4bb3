"""Releases: what is taken in, what is left out and why, what is frozen, and that all of it can be made again."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from annotation.actions import annotations, release_folders, releases
from annotation.errors import Invalid
from annotation.models import Annotation, Consensus, Doubt, Event, Item, Project, Release, ReleaseRow, User
from annotation.queries import preferences
from annotation.queries import releases as found
from flywheel.datasets.check import check
from tests.factories import (
    AnnotationFactory,
    AssignmentFactory,
    DoubtFactory,
    GoldFactory,
    ItemFactory,
    JudgeFactory,
    QueueFactory,
    TraceFactory,
    VerdictFactory,
    conversation,
    person,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE, LATER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.RELEASES_DIR = tmp_path


def answered(queue: Any, *choices: str, at: datetime = BEFORE, **fields: Any) -> Item:
    """An item with one answer of a person for each choice."""
    item = ItemFactory(queue=queue, **fields)
    for place, choice in enumerate(choices):
        lent = AssignmentFactory(item=item, state="done", place=place)
        AnnotationFactory(assignment=lent, choice=choice, answered_at=at)
    return item


def correct(item: Item, *, side: int = 0, at: datetime = BEFORE, content: str = "It left on Monday.") -> Annotation:
    """A comparison that also rewrites the last message of one side."""
    rewrite = {"side": side, "message": 3, "content": content}
    lent = AssignmentFactory(item=item, state="done", place=item.assignments.count())
    return AnnotationFactory(
        assignment=lent, answered_at=at, answer={"choice": "a", "rationale": "", "correction": rewrite}
    )


def parted_by_the_tool() -> list[Any]:
    """Two runs whose tool answered differently before the agent did, as in runs of tau-bench."""
    a, b = conversation("It was sent."), conversation("It was not sent.")
    b[2] = {**b[2], "content": '{"status": "lost"}'}
    return [a, b]


def make(project: Project, *, actor: User | None = None, recipe: Any = None, **filters: Any) -> Release:
    """A release, asked for and built."""
    actor = actor or person(project, "engineer")
    release = releases.create(project=project, filters=filters, recipe=recipe, actor=actor, now=NOW)
    release_folders.run(release=release.pk, now=NOW)
    release.refresh_from_db()
    return release


def rows_of(release: Release, kind: str) -> list[dict[str, Any]]:
    folder = release_folders.folder(release)
    return [
        json.loads(line)
        for path in sorted(folder.glob(f"{kind}/*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def excluded(release: Release) -> dict[str, str]:
    lines = (release_folders.folder(release) / "excluded.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["pair_id"]: row["reason"] for row in map(json.loads, lines)}


def some_of_everything(queue: Any) -> dict[str, Item]:
    """Clear pairs, a tie, both bad, people who disagree, a pair that parted at a tool, a correction, and gold."""
    parted = [TraceFactory(project=queue.project, task="parted", messages=told) for told in parted_by_the_tool()]
    items = {
        "clear": answered(queue, "a", "a"),
        "other": answered(queue, "b"),
        "tie": answered(queue, "tie"),
        "bad": answered(queue, "both_bad"),
        "split": answered(queue, "a", "b"),
        "leaning": answered(queue, "a", "a", "b"),
        "parted": answered(queue, "a", traces=parted),
        "corrected": answered(queue),
    }
    correct(items["corrected"])
    AnnotationFactory(assignment=AssignmentFactory(item=GoldFactory(item__queue=queue).item, state="done"))
    return items


def test_a_release_holds_the_majoritys_choice_and_names_what_is_left_out():
    queue = QueueFactory()
    items = some_of_everything(queue)

    release = make(queue.project)

    preference = {row["pair_id"]: row for row in rows_of(release, "preference")}
    expected = {f"item-{items[name].pk}" for name in ("clear", "other", "leaning", "corrected")}
    correction = Annotation.objects.get(answer__correction__side=0)
    assert set(preference) == expected | {f"answer-{correction.pk}"}
    assert excluded(release) == {
        f"item-{items['tie'].pk}": "tie",
        f"item-{items['bad'].pk}": "both_bad",
        f"item-{items['split'].pk}": "unsure",
        f"item-{items['parted'].pk}": "environment_diverged",
    }
    clear, leaning = preference[f"item-{items['clear'].pk}"], preference[f"item-{items['leaning'].pk}"]
    first, second = (side.trace.messages[3]["content"] for side in items["clear"].sides.order_by("index"))
    assert (clear["chosen"][0]["content"], clear["rejected"][0]["content"]) == (first, second)
    assert len(clear["prompt"]) == 3
    assert (clear["n_annotators"], clear["agreement"], clear["propensity"]) == (2, 1.0, 0.5)
    assert clear["flip_prob"] < leaning["flip_prob"] < 0.4
    assert check(release_folders.folder(release)) == []


def test_a_correction_is_a_preference_and_an_answer_to_imitate():
    queue = QueueFactory()
    item = answered(queue)
    given = correct(item, side=1)

    release = make(queue.project, policies=[])

    pair = next(row for row in rows_of(release, "preference") if row["source"] == "correction")
    (sft,) = rows_of(release, "sft")
    original = item.sides.get(index=1).trace.messages[3]["content"]
    assert (pair["chosen"][0]["content"], pair["rejected"][0]["content"]) == ("It left on Monday.", original)
    assert (sft["completion"][0]["content"], sft["source"]) == ("It left on Monday.", "correction")
    assert pair["annotation_ids"] == sft["annotation_ids"] == [str(given.pk)]


def test_a_pair_that_parted_at_a_tool_gives_its_correction_all_the_same():
    queue = QueueFactory()
    parted = [TraceFactory(project=queue.project, messages=told) for told in parted_by_the_tool()]
    item = answered(queue, traces=parted)
    given = correct(item)

    release = make(queue.project)

    assert excluded(release) == {f"item-{item.pk}": "environment_diverged"}
    assert [row["pair_id"] for row in rows_of(release, "preference")] == [f"answer-{given.pk}"]


def test_answers_of_a_queue_that_rewrites_become_rows():
    queue = QueueFactory(kind="correct")
    lent = AssignmentFactory(item=ItemFactory(queue=queue), claimed_at=BEFORE)
    rewrite = {"rationale": "", "correction": {"side": "1", "message": 3, "content": "It left on Monday."}}
    given = annotations.submit(assignment=lent, answer=rewrite, client_key="key", active_seconds=1, now=BEFORE)

    release = make(queue.project)

    assert [row["pair_id"] for row in rows_of(release, "preference")] == [f"answer-{given.pk}"]
    assert ReleaseRow.objects.filter(kind="sft").get().item_id == lent.item_id


def test_an_answer_without_a_correction_is_no_row_to_imitate():
    queue = QueueFactory()
    answered(queue, "a")  # its correction is a JSON null

    assert found.preview(project=queue.project, filters={}).sft == 0


def test_demonstrations_are_imitated_if_wanted_and_never_by_half_prepared_runs():
    queue = QueueFactory()
    answered(queue, "a")
    shown = {"project": queue.project, "tags": {"demonstration": True}, "arrived_at": BEFORE}
    TraceFactory(key="x" * 200, **shown)
    TraceFactory(key="raw", state="received", **shown)

    with_them, without = make(queue.project), make(queue.project, demonstrations=False)

    assert {row["row_id"] for row in rows_of(with_them, "sft")} == {"x" * 200 + ":1", "x" * 200 + ":3"}
    assert rows_of(without, "sft") == []


def test_the_preview_counts_what_is_built():
    queue = QueueFactory()
    some_of_everything(queue)
    filters = {"min_annotators": 2, "min_agreement": 0.6}

    preview = found.preview(project=queue.project, filters=filters)
    release = make(queue.project, **filters)

    preference, sft = rows_of(release, "preference"), rows_of(release, "sft")
    assert (preview.preference, preview.sft) == (len(preference), len(sft)) == (3, 1)
    assert preview.tasks == len({row["task"] for row in [*preference, *sft]})
    assert preview.excluded == release.manifest["excluded"]
    assert preview.excluded == {"few_annotators": 5, "low_agreement": 1}
    assert sum(len(row["annotation_ids"]) for row in preference if row["source"] == "comparison") == 5


def test_rows_are_frozen_with_the_answers_and_the_consensus_behind_them():
    queue = QueueFactory()
    item = answered(queue, "a", "a", "b")
    given = correct(item)

    release = make(queue.project)

    rows = {(row.kind, row.key): row for row in ReleaseRow.objects.filter(release=release)}
    pair = rows["preference", f"item-{item.pk}"]
    votes = list(item.annotations.order_by("pk").values_list("pk", flat=True))
    assert sorted(pair.annotations) == votes
    assert (pair.consensus.label, pair.consensus.method, pair.consensus.n) == ("a", "one-coin", 4)
    assert 0.75 < pair.consensus.posterior["a"] < 1
    assert rows["sft", f"answer-{given.pk}"].annotations == [given.pk]
    assert {row.item_id for row in rows.values()} == {item.pk}
    splits = {row["pair_id"] for row in rows_of(release, "preference")}
    assert splits == {key for kind, key in rows if kind == "preference"}
    assert Event.objects.get(verb="release.ready").detail == {"digest": release.digest}


def test_what_comes_later_changes_nothing_in_what_was_built():
    queue = QueueFactory()
    items = some_of_everything(queue)
    judge = JudgeFactory(project=queue.project)
    VerdictFactory(item=items["clear"], judge=judge, probability=0.7)
    TraceFactory(project=queue.project, tags={"demonstration": True}, arrived_at=BEFORE)
    release = make(queue.project, min_annotators=1, min_agreement=0.6)

    VerdictFactory(item=items["clear"], judge=judge, first=1, probability=0.1)
    answered(queue, "a", at=LATER)
    answered(queue, "a", at=BEFORE)  # committed late: its clock says before the release
    correct(items["split"], at=LATER)
    TraceFactory(project=queue.project, tags={"demonstration": True}, arrived_at=BEFORE)
    changed = items["clear"].annotations.first()
    annotations.supersede(annotation=changed, answer={"choice": "tie"}, client_key="c", active_seconds=1, now=LATER)
    annotations.undo(queue=queue, annotator=items["other"].annotations.get().annotator, now=LATER)

    assert release_folders.rebuilt_digest(release) == release.digest


def test_a_rebuild_weighs_the_answers_as_the_release_did_whoever_is_in_doubt_since():
    queue = QueueFactory()
    item = answered(queue, "a", "a")
    DoubtFactory(project=queue.project, annotator=item.annotations.first().annotator)
    release = make(queue.project)

    Doubt.objects.update(withdrawn_at=LATER)
    sure = make(queue.project)

    assert release_folders.rebuilt_digest(release) == release.digest
    assert release.manifest["recipe"]["doubted"] and "doubted" not in sure.manifest["recipe"]
    doubted, trusted = (rows_of(one, "preference")[0]["flip_prob"] for one in (release, sure))
    assert doubted > trusted


def test_a_rebuild_counts_the_votes_that_a_filter_turned_down_too():
    queue = QueueFactory()
    item = answered(queue, "b")
    correct(item)  # one a, one b: too little agreement for a pair, but the correction is a row
    release = make(queue.project, min_agreement=0.6)

    assert excluded(release) == {f"item-{item.pk}": "low_agreement"}
    assert release_folders.rebuilt_digest(release) == release.digest


def test_until_sees_the_answers_as_they_were():
    queue = QueueFactory()
    item = answered(queue, "a", at=BEFORE)
    given = item.annotations.get()
    annotations.supersede(annotation=given, answer={"choice": "2"}, client_key="c", active_seconds=1, now=LATER)
    early = preferences.answers(queue.project, preferences.Filters(until=NOW))
    late = preferences.answers(queue.project, preferences.Filters(until=LATER + timedelta(seconds=1)))
    since = preferences.answers(queue.project, preferences.Filters(since=NOW))

    assert [row.answer["choice"] for row in early] == ["a"]
    assert [row.answer["choice"] for row in late] == ["b"]
    assert [row.answer["choice"] for row in since] == ["b"]


def test_an_answer_taken_back_counts_until_it_was():
    queue = QueueFactory()
    item = answered(queue, "a", at=BEFORE)
    annotations.undo(queue=queue, annotator=item.annotations.get().annotator, now=NOW)

    at = [BEFORE, NOW, LATER]
    counts = [preferences.answers(queue.project, preferences.Filters(until=when)).count() for when in at]

    assert counts == [0, 1, 0]


def test_repeats_and_known_answers_are_no_preferences():
    queue = QueueFactory()
    item = answered(queue, "a")
    person_ = item.annotations.get().annotator
    AnnotationFactory(assignment=AssignmentFactory(item=item, annotator=person_, round=1, state="done"), choice="b")
    gold = GoldFactory(item__queue=queue).item
    AnnotationFactory(assignment=AssignmentFactory(item=gold, state="done"))

    taken = preferences.answers(queue.project, preferences.Filters())

    assert [row.round for row in taken] == [0]
    assert {row.item_id for row in taken} == {item.pk}


def test_policies_keep_pairs_whose_both_sides_are_by_them():
    queue = QueueFactory()
    item = answered(queue, "a")
    answered(queue, "a")
    names = [str(side.trace.policy) for side in item.sides.all()]

    assert found.preview(project=queue.project, filters={"policies": names}).preference == 1
    assert found.preview(project=queue.project, filters={"policies": names[:1]}).preference == 0


@pytest.mark.parametrize(
    "filters, sentence",
    [
        ({"queue": "of another project"}, "has no queue"),
        ({"policies": ["stranger@1"]}, "has no policy stranger@1"),
        ({"colour": "red"}, "no filter called colour"),
        ({"since": "2026-01-01"}, "since must be a time"),
        ({"queue": float("inf")}, "whole number"),
        ({"kinds": 5}, "kinds"),
        ({"policies": 5}, "policies"),
    ],
)
def test_filters_that_name_what_the_project_does_not_have_are_refused(filters, sentence):
    queue, other = QueueFactory(), QueueFactory()
    if filters.get("queue") == "of another project":
        filters = {"queue": other.pk}

    with pytest.raises(Invalid, match=sentence):
        make(queue.project, **filters)

    assert not Release.objects.exists()


@pytest.mark.parametrize("share", [0, 0.6, "half", float("nan"), None])
def test_a_share_for_testing_that_cannot_be_split_is_refused(share):
    with pytest.raises(Invalid, match="test_share"):
        make(QueueFactory().project, recipe={"test_share": share})


def test_a_release_of_nothing_fails_with_a_sentence():
    release = make(QueueFactory().project)

    assert release.state == Release.State.FAILED
    assert release.error == "There is nothing to release: no row is left (none was given)."
    assert Event.objects.filter(verb="release.failed", subject=release.pk).exists()


def test_building_a_ready_release_again_changes_nothing():
    queue = QueueFactory()
    answered(queue, "a")
    release = make(queue.project)
    answered(queue, "a", at=BEFORE)

    release_folders.run(release=release.pk, now=LATER)

    assert Release.objects.get().digest == release.digest
    assert (ReleaseRow.objects.count(), Consensus.objects.count()) == (1, 1)


def test_a_release_names_the_ready_one_before_it():
    queue = QueueFactory()
    answered(queue, "a")
    ada = person(queue.project, "engineer")
    first, second = make(queue.project, actor=ada), make(queue.project, actor=ada)

    assert (first.number, second.number) == (1, 2)
    assert second.parent == first
    assert second.manifest["parent"] == first.digest


def test_the_manifest_names_the_detectors_that_every_trace_passed():
    queue = QueueFactory()
    answered(queue, "a")

    assert "email 1" in make(queue.project).manifest["versions"]["scanner"]
