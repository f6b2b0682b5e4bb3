"""What people said becomes pairs, corrected messages and marked runs to learn from."""

import json
from itertools import combinations
from typing import Any

import pytest

from annotation.models import Assignment, Item, Queue, Round
from annotation.queries import pairs, preferences, releases
from annotation.queries.votes import vote_lines
from flywheel.datasets.rows import PreferenceRow, SftRow, correction_rows
from flywheel.formats.votes import parse as parse_vote
from tests import factories as make

pytestmark = pytest.mark.django_db


def ranked_item(count: int, **rules: Any) -> Item:
    """An item of several runs."""
    queue = make.QueueFactory(sides=count, **rules)
    runs = make.TraceFactory.create_batch(count, project=queue.project, task="refund")
    return make.ItemFactory(queue=queue, task="refund", traces=runs)


def answered(item: Item, answer: dict[str, Any], *, round_: int = 0, order: list[int] | None = None) -> Any:
    """Somebody's answer to the item, as it is stored."""
    order = order or list(range(item.sides.count()))
    lent = make.AssignmentFactory(item=item, round=round_, order=order, state=Assignment.State.DONE)
    return make.AnnotationFactory(assignment=lent, answer={"rationale": "", "correction": None} | answer)


def everything(item: Item) -> Any:
    """The answers that preferences are made of."""
    return preferences.answers(item.queue.project, preferences.Filters())


def test_a_planted_ranking_becomes_its_pairs_and_together_they_weigh_as_one():
    item = ranked_item(4)
    answered(item, {"choice": "c", "ranking": [[2], [0, 3], [1]]}, order=[3, 1, 0, 2])

    found = {pair.pair_id: pair for _, _, pair in preferences.judged_pairs(everything(item))}
    lines = map(json.loads, vote_lines(item.queue.project, names=True))
    said = {vote.item: vote for vote in map(parse_vote, lines)}

    labels = {"0-1": "a", "0-2": "b", "0-3": "tie", "1-2": "b", "1-3": "b", "2-3": "a"}
    firsts = {"0-1": "b", "0-2": "a", "0-3": "b", "1-2": "a", "1-3": "b", "2-3": "b"}
    assert {name: pair.label for name, pair in found.items()} == {f"item-{item.pk}:{s}": x for s, x in labels.items()}
    assert sum(pair.weight for pair in found.values()) == pytest.approx(1)
    assert {name: vote.label for name, vote in said.items()} == {f"{item.pk}:{s}": x for s, x in labels.items()}
    assert {name: vote.first for name, vote in said.items()} == {f"{item.pk}:{s}": x for s, x in firsts.items()}
    assert all(vote.weight == pytest.approx(1 / 6) for vote in said.values())


def test_the_best_of_n_beats_each_other_run_and_says_nothing_of_those():
    item = ranked_item(3, asks_ranking=False)
    answered(item, {"choice": "b", "ranking": None})

    found = [(pair.pair_id, pair.label, pair.weight) for _, _, pair in preferences.judged_pairs(everything(item))]

    assert found == [(f"item-{item.pk}:0-1", "b", 0.5), (f"item-{item.pk}:1-2", "a", 0.5)]


def test_every_two_sides_of_a_ranked_item_are_a_pair_with_a_cluster():
    item = ranked_item(3)

    names = {f"{item.pk}:{i}-{j}" for i, j in combinations(range(3), 2)}
    found = list(pairs.pairs(item.queue.project))

    assert {(pair.item, pair.cluster, pair.queue) for pair in found} == {(n, "refund", item.queue.name) for n in names}


def test_several_rankings_are_counted_pair_by_pair():
    item = ranked_item(3, overlap=3)
    for ranking in ([[0], [1], [2]], [[0], [2], [1]], [[1], [0], [2]]):
        answered(item, {"choice": "abc"[ranking[0][0]], "ranking": ranking})

    found = {pair.pair_id[-3:]: pair for _, _, pair in preferences.judged_pairs(everything(item))}

    assert {name: pair.label for name, pair in found.items()} == {"0-1": "a", "0-2": "a", "1-2": "a"}
    assert found["0-2"].agreement == 1.0
    assert found["0-1"].agreement == pytest.approx(2 / 3)


def test_a_reviewers_decision_stands_against_the_majority_and_passes_every_filter():
    item = make.ItemFactory(queue__overlap=2)
    for choice in ("b", "b"):
        answered(item, {"choice": choice})
    answered(item, {"choice": "a"}, round_=Round.ADJUDICATION)
    filters = releases.parsed({"min_annotators": 5, "min_agreement": 0.9, "kinds": ["preference"]})

    rows = releases.collected(filters, preferences.taken(item.queue.project, filters), {}).rows.preference

    first = item.sides.get(index=0).trace
    assert [row.source for row in rows] == ["adjudication"]
    assert rows[0].chosen[0]["content"] == first.messages[-1]["content"]
    assert (rows[0].n_annotators, len(rows[0].annotation_ids), rows[0].flip_prob) == (3, 3, None)


def test_an_adjudicated_ranking_replaces_all_pairs_of_the_item():
    item = ranked_item(3)
    answered(item, {"choice": "a", "ranking": [[0], [1], [2]]})
    answered(item, {"choice": "c", "ranking": None}, round_=Round.ADJUDICATION)

    found = [(pair.pair_id[-3:], pair.label, pair.source) for _, _, pair in preferences.judged_pairs(everything(item))]

    assert found == [("0-2", "b", "adjudication"), ("1-2", "b", "adjudication")]


def test_a_corrected_tool_call_becomes_a_row_to_imitate_and_a_pair_with_the_prefix_before_it():
    item = make.ItemFactory()
    call = {"name": "find_order", "arguments": {"order": 4712}}
    correction = {"side": 1, "message": 1, "content": "", "tool_calls": [call]}
    answered(item, {"choice": "b", "correction": correction})

    ((_, found),) = preferences.corrections(everything(item))
    pair, imitated = correction_rows(found)

    told = item.sides.get(index=1).trace.messages
    assert isinstance(pair, PreferenceRow)
    assert isinstance(imitated, SftRow)
    assert [message["content"] for message in pair.prompt] == [told[0]["content"]]
    assert pair.chosen == imitated.completion
    assert pair.chosen[0]["tool_calls"][0]["function"] == call
    assert pair.rejected[0]["tool_calls"][0]["function"]["arguments"] == {"order": 4711}


def test_rewritten_words_leave_the_calls_of_the_message_as_they_were():
    item = make.ItemFactory()
    answered(item, {"choice": "a", "correction": {"side": 0, "message": 1, "content": "I look it up."}})

    ((_, found),) = preferences.corrections(everything(item))

    original = item.sides.get(index=0).trace.messages[1]
    assert found.corrected["content"] == "I look it up."
    assert found.corrected["tool_calls"] == original["tool_calls"]


MARKED = {"steps": [], "first_error": None, "is_clean": False, "rationale": "", "correction": None, "comments": []}


@pytest.mark.parametrize(
    ("marks", "labels"),
    [
        ({"first_error": 2}, (True, False)),
        ({"is_clean": True}, (True, True)),
        ({"steps": [{"step": 2, "value": 1, "reason": ""}]}, (True,)),
        ({"steps": [{"step": 1, "value": 0, "reason": ""}, {"step": 2, "value": -1, "reason": "other"}]}, (False, False)),
    ],
)  # fmt: skip
def test_marks_become_stepwise_rows(marks, labels):
    item = make.ItemFactory(queue__kind=Queue.Kind.MARK, traces=make.TraceFactory.create_batch(1))
    given = answered(item, MARKED | marks)

    filters = releases.parsed({"kinds": ["stepwise"]})
    rows = releases.collected(filters, preferences.taken(item.queue.project, filters), {}).rows

    assert [(row.row_id, row.labels) for row in rows.stepwise] == [(f"answer-{given.pk}", labels)]
    assert (rows.preference, rows.sft) == ([], [])
    assert releases.preview(project=item.queue.project, filters={}).stepwise == 1
    assert not list(vote_lines(item.queue.project, names=True))


def test_a_reviewers_marks_stand_for_the_item():
    item = make.ItemFactory(queue__kind=Queue.Kind.MARK, traces=make.TraceFactory.create_batch(1))
    answered(item, MARKED | {"is_clean": True})
    decided = answered(item, MARKED | {"first_error": 1}, round_=Round.ADJUDICATION)

    found = [(annotation.pk, marking.source) for annotation, marking in preferences.markings(everything(item))]

    assert found == [(decided.pk, "adjudication")]
