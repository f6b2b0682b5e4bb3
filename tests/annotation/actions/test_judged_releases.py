"""Releases with pairs that a judge decided alone: asked for, never against a person, and the same when built again."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from annotation.actions import annotations, release_folders, releases
from annotation.errors import Invalid
from annotation.models import Consensus, Item, Judge, Queue, Release, ReleaseRow
from annotation.queries import deciders, exports
from annotation.queries import releases as found
from flywheel.datasets.check import check
from flywheel.judging.deciding import Sway
from tests.annotation import judged_world
from tests.annotation.actions.test_releases import answered, excluded, rows_of
from tests.factories import (
    AnnotationFactory,
    AssignmentFactory,
    GoldFactory,
    ItemFactory,
    JudgeFactory,
    PolicyFactory,
    QueueFactory,
    ReportFactory,
    TraceFactory,
    VerdictFactory,
    person,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE, LATER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
RIGHT = {"value": 0.9, "low": 0.763, "high": 0.972, "n": 40}
SHORT = "It left on Monday."


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.RELEASES_DIR = tmp_path


def allowed(queue: Queue, name: str = "strict", right: float = 0.9, **fields: Any) -> Judge:
    """A judge that decides alone."""
    gate = {"sentence": "accepted: it is clearly better than chance.", "accuracy": RIGHT | {"value": right}}
    return JudgeFactory(project=queue.project, name=name, **({"is_automatic": True, "gate": gate} | fields))


def judged(item: Item, judge: Judge, *said: tuple[str, float], at: datetime = BEFORE) -> Item:
    """The item with what the judge says with side a first, then with side b."""
    for first, (label, probability) in enumerate(said or [("a", 0.9), ("a", 0.7)]):
        VerdictFactory(item=item, judge=judge, first=first, label=label, probability=probability, created_at=at)
    return item


def unanswered(queue: Queue, a: str = SHORT, b: str = "It will leave soon.") -> Item:
    """An item that nobody has answered."""
    return ItemFactory(queue=queue, traces=[TraceFactory(project=queue.project, text=text) for text in (a, b)])


def biased(judge: Judge, effect: float = 10.0) -> None:
    """A report that calls the judge biased in length: ten points for every doubling of words."""
    points = {"value": effect, "low": 5.0, "high": 15.0, "n": 900}
    verbosity = {"verdict": "biased", "material": True, "effect_pp": points, "spread": math.log(2)}
    fine = verbosity | {"verdict": "inconclusive"}
    numbers = {"judges": {judge.name: {"features": {"verbosity": verbosity, "steps": fine}}}}
    ReportFactory(project=judge.project, numbers=numbers)


def make(queue: Queue, **filters: Any) -> Release:
    """A release with what judges may decide alone, built."""
    actor = person(queue.project, "engineer")
    release = releases.create(project=queue.project, filters={"judged": True} | filters, actor=actor, now=NOW)
    release_folders.run(release=release.pk, now=NOW)
    release.refresh_from_db()
    return release


def name(item: Item) -> str:
    return f"item-{item.pk}"


def test_a_judge_decides_what_nobody_answered_only_where_it_is_asked_for():
    queue = QueueFactory()
    judge = allowed(queue)
    item, other = judged(unanswered(queue), judge), judged(unanswered(queue), judge, ("b", 0.4), ("b", 0.2))
    answered(queue, "a")

    plain, release = make(queue, judged=False), make(queue)

    rows = {row["pair_id"]: row for row in rows_of(release, "preference")}
    row, turned = rows[name(item)], rows[name(other)]
    assert {row["source"] for row in rows_of(plain, "preference")} == {"comparison"}
    assert len(rows) == 3
    assert (row["source"], row["n_annotators"], row["agreement"], row["annotation_ids"]) == ("judge", 0, None, [])
    assert (row["weight"], row["propensity"]) == (1.0, 0.5)
    assert row["chosen"][0]["content"] == SHORT and turned["rejected"][0]["content"] == SHORT
    assert [row["judge_p"], turned["judge_p"]] == pytest.approx([0.8, 0.7])
    assert [row["flip_prob"], turned["flip_prob"]] == pytest.approx([0.1, 0.1])
    assert release.manifest["sources"] == {"comparison": 1, "judge": 2}
    assert (plain.filters["judged"], release.manifest["filters"]["judged"]) == (False, True)
    assert check(release_folders.folder(release)) == []


def test_the_manifest_and_the_card_say_who_decided_and_rows_have_no_consensus_behind_them():
    queue = QueueFactory()
    judge = allowed(queue)
    item = judged(unanswered(queue), judge)

    release = make(queue)

    card = (release_folders.folder(release) / "README.md").read_text(encoding="utf-8")
    assert release.manifest["recipe"]["judges"] == {"strict": {"accuracy": RIGHT, "sways": {}, "rows": 1}}
    assert "No person saw 1 of the pairs" in card
    assert "strict: 1 rows; right on 90% of 40 known answers [76%, 97%]; not found to be biased in anything." in card
    frozen = ReleaseRow.objects.get(release=release)
    assert (frozen.item, frozen.annotations, frozen.consensus) == (item, [], None)
    assert not Consensus.objects.exists()
    assert list(exports.preference_rows(queue.project)) == []


@pytest.mark.parametrize("choice", ["b", "tie"])
def test_people_always_win(choice):
    queue = QueueFactory()
    judge = allowed(queue)
    item = judged(answered(queue, choice), judge)
    early = judged(answered(queue, choice, at=BEFORE - timedelta(days=9)), judge)
    taken_back = judged(answered(queue, choice), judge)
    annotations.undo(queue=queue, annotator=taken_back.annotations.get().annotator, now=BEFORE)

    release, recent = make(queue), make(queue, since=(BEFORE - timedelta(days=1)).isoformat())

    by_judge = [row["pair_id"] for row in rows_of(release, "preference") if row["source"] == "judge"]
    listed = {row["pair_id"] for row in rows_of(recent, "preference")} | set(excluded(recent))
    assert by_judge == [name(taken_back)]
    # An answer that the filters leave out is an answer all the same.
    assert name(item) in listed and name(early) not in listed


def test_known_answers_and_longer_rankings_are_not_for_judges_to_decide():
    queue = QueueFactory()
    judge = allowed(queue)
    judged(GoldFactory(item=unanswered(queue)).item, judge)
    judged(ItemFactory(queue=QueueFactory(project=queue.project, sides=3)), judge)

    assert make(queue).error.startswith("There is nothing to release")


def test_a_judge_that_contradicts_itself_or_another_decides_nothing():
    queue = QueueFactory()
    strict, mild = allowed(queue), allowed(queue, "mild", right=0.8)
    first_wins = judged(unanswered(queue), strict, ("a", 0.8), ("b", 0.3))
    tie = judged(unanswered(queue), strict, ("tie", 0.5), ("tie", 0.5))
    apart = judged(judged(unanswered(queue), strict), mild, ("b", 0.2), ("b", 0.2))
    together = judged(judged(unanswered(queue), strict), mild)

    release = make(queue)

    assert excluded(release) == dict.fromkeys(map(name, (first_wins, tie, apart)), "judge_inconsistent")
    (row,) = rows_of(release, "preference")
    assert (row["pair_id"], row["flip_prob"]) == (name(together), pytest.approx(0.2))
    assert {who: told["rows"] for who, told in release.manifest["recipe"]["judges"].items()} == {"strict": 1, "mild": 1}


def test_a_biased_judge_decides_only_pairs_that_hardly_differ_in_what_sways_it():
    queue = QueueFactory()
    judge = allowed(queue)
    biased(judge)
    alike = judged(unanswered(queue), judge)
    longer = judged(unanswered(queue, a=SHORT * 3), judge)

    release = make(queue)

    assert [row["pair_id"] for row in rows_of(release, "preference")] == [name(alike)]
    assert excluded(release) == {name(longer): "judge_biased"}
    told = release.manifest["recipe"]["judges"]["strict"]["sways"]
    assert told == {"verbosity": {"effect_pp": 10.0, "spread": math.log(2)}}


@pytest.mark.parametrize("fields", [{"is_automatic": False}, {"is_active": False}, {"gate": None}])
def test_a_judge_that_may_not_decide_alone_decides_nothing(fields):
    queue = QueueFactory()
    judged(unanswered(queue), allowed(queue, **fields))
    answered(queue, "a")

    release = make(queue)

    assert release.manifest["sources"] == {"comparison": 1}
    assert "judges" not in release.manifest["recipe"]


def test_verdicts_are_of_the_queue_policies_and_time_that_the_filters_name():
    queue = QueueFactory()
    other = QueueFactory(project=queue.project)
    judge = allowed(queue)
    mine = judged(unanswered(queue), judge)
    judged(unanswered(other), judge)
    judged(unanswered(queue), judge, at=LATER)
    policies = [str(side.trace.policy) for side in mine.sides.all()]
    at_noon = {"queue": queue.pk, "until": NOW.isoformat()}
    wanted = [at_noon, {"policies": policies}, {"policies": [str(PolicyFactory())]}, {"kinds": ["sft"]}]

    previews = [found.preview(project=queue.project, filters={"judged": True} | filters) for filters in wanted]

    assert [one.preference for one in previews] == [1, 1, 0, 0]


def test_the_preview_counts_what_is_built():
    queue = QueueFactory()
    judge = allowed(queue)
    biased(judge)
    judged(unanswered(queue), judge)
    judged(unanswered(queue, a=SHORT * 3), judge)
    judged(unanswered(queue), judge, ("a", 0.8), ("b", 0.3))
    answered(queue, "a", "tie")

    preview, release = found.preview(project=queue.project, filters={"judged": True}), make(queue)

    assert preview.preference == len(rows_of(release, "preference")) == 1
    assert preview.sources == release.manifest["sources"] == {"judge": 1}
    assert preview.excluded == release.manifest["excluded"]
    assert {"judge_biased", "judge_inconsistent"} < set(preview.excluded)


def test_a_rebuild_gives_the_same_bytes_whatever_is_known_of_judges_and_pairs_since():
    queue = QueueFactory()
    judge = allowed(queue)
    biased(judge, effect=4.0)
    items = [judged(unanswered(queue, a=SHORT * 2), judge) for _ in range(3)]
    judged(unanswered(queue), judge, ("a", 0.8), ("b", 0.3))
    judged(answered(queue, "b"), judge)
    release = make(queue)

    judged(unanswered(queue), judge)
    judged(items[0], allowed(queue, "late"), ("b", 0.1), ("b", 0.1))
    biased(judge, effect=40.0)
    Judge.objects.filter(pk=judge.pk).update(is_automatic=False, gate=None)
    lent = AssignmentFactory(item=items[1], state="done")
    AnnotationFactory(assignment=lent, choice="b", answered_at=BEFORE)
    again = make(queue)

    assert release.state == Release.State.READY and len(rows_of(release, "preference")) == 4
    assert release_folders.rebuilt_digest(release) == release.digest
    assert again.digest != release.digest
    assert {row["source"] for row in rows_of(again, "preference")} == {"comparison", "judge"}


@pytest.mark.parametrize("value", ["false", 1, None])
def test_what_only_looks_like_true_does_not_ask_for_judges(value):
    with pytest.raises(Invalid, match="judged must be true or false"):
        found.parsed({"judged": value})


def test_what_sways_a_judge_is_read_from_a_report_as_the_core_writes_it():
    told = judged_world.numbers(1)["judges"]["desk-judge"]
    length = told["features"]["verbosity"] | {"verdict": "biased"}
    told["features"]["verbosity"] = length
    told["self_preference"] = length | {"effect_pp": {"value": 9.0}}
    others = {feature for feature, one in told["features"].items() if one["verdict"] == "biased"}

    sways = deciders.sways(told)

    assert set(sways) == others | {"own_family"}
    assert sways["verbosity"] == Sway(length["effect_pp"]["value"], length["spread"])
    assert sways["own_family"] == Sway(9.0, 1.0)
    assert deciders.sways({}) == {}
