"""The support desk: runs branch where they should, better policies do better, and nothing tells the planted truth."""

import json
from collections import Counter
from itertools import pairwise

import jsonschema
import numpy as np
import pytest

from flywheel.formats import messages as chat
from flywheel.formats import native
from flywheel.records import BadInput
from flywheel.simulation.desk_kinds import KINDS
from flywheel.simulation.desk_tools import SCHEMAS, misuse
from flywheel.simulation.desk_world import pairs_of, shared_prefix, sides
from flywheel.simulation.support_desk import SupportDesk

POLICIES = ("desk-v0@1", "desk-v1@1")
TASKS = 120


@pytest.fixture(scope="module")
def desk():
    return SupportDesk(0)


@pytest.fixture(scope="module")
def traces(desk):
    return list(desk.episodes(TASKS, POLICIES))


def exportable(pair):
    return pair.a[0]["role"] == pair.b[0]["role"] == "assistant"


def success_rate(policy, n=200):
    runs = SupportDesk(11).runs(n, policy)
    return sum(trace.outcome.status == "success" for trace in runs) / n


def test_most_tasks_give_a_step_pair_and_a_few_part_at_the_customers_words(traces):
    parted = Counter(exportable(pair) for pair in pairs_of(traces))

    assert parted[True] >= 100
    assert 2 <= parted[False] <= 0.2 * TASKS


def test_branches_share_a_state_and_part_once_and_for_all(traces):
    for a, b in zip(traces[::2], traces[1::2], strict=True):
        start = shared_prefix(a, b)

        assert a.task == b.task and a.messages[:start] == b.messages[:start]
        assert a.messages[start] != b.messages[start]
        assert a.messages[start]["role"] == b.messages[start]["role"] in {"assistant", "user"}


def test_the_truth_points_at_the_first_message_of_ones_own(desk, traces):
    for pair in pairs_of(traces):
        for trace_id, own in zip(sides(pair.item), (pair.a, pair.b), strict=True):
            truth = desk.truth(trace_id)

            assert truth.branch == len(pair.prompt) + (own[0]["role"] == "user")
            assert truth.expert["role"] == "assistant"


def test_four_branches_of_a_task_all_differ():
    traces = list(SupportDesk(2).episodes(20, POLICIES, branches=4))

    assert len(traces) == 80
    assert len({json.dumps([trace.task, trace.messages]) for trace in traces}) == 80


def test_the_expert_beats_the_second_version_which_beats_the_first():
    weak, middling, expert = (success_rate(policy) for policy in (*POLICIES, "expert@1"))

    assert expert == 1.0
    assert expert - middling >= 0.15
    assert middling - weak >= 0.3


@pytest.mark.parametrize("kind", KINDS)
def test_doing_nothing_and_saying_nothing_is_never_a_success(desk, kind):
    task = next(task for task in map(desk.task, range(400)) if task.kind == kind)

    assert task.reward(task.desk, "Everything is fine.") < 1


def test_a_wrong_refund_is_a_failure_whatever_is_said(desk):
    task = next(task for task in map(desk.task, range(400)) if task.kind == "double_charge")
    state = task.desk.copy()

    reply = state.call("refund", {"charge_id": task.facts["older_charge"], "amount": task.facts["older_price"]})

    assert reply["status"] == "refunded"
    assert task.reward(state, " ".join(task.told)) == 0.0
    assert task.desk.effects == []


def test_the_same_seed_gives_the_same_traces_and_another_seed_others(traces):
    again = list(SupportDesk(0).episodes(TASKS, POLICIES))
    other = list(SupportDesk(1).episodes(TASKS, POLICIES))

    assert again == traces
    assert not {trace.id for trace in other} & {trace.id for trace in traces}


def test_a_task_does_not_depend_on_where_the_run_of_tasks_began(traces):
    later = list(SupportDesk(0).episodes(20, POLICIES, first=100))

    assert later == traces[200:]


def test_tool_calls_fit_their_schemas_and_get_an_answer(traces):
    schemas = {schema["function"]["name"]: schema["function"]["parameters"] for schema in SCHEMAS}
    for trace in traces:
        for message, reply in pairwise(trace.messages):
            for call in message.get("tool_calls", []):
                arguments = json.loads(call["function"]["arguments"])

                jsonschema.validate(arguments, schemas[call["function"]["name"]])
                assert reply["role"] == "tool" and reply["tool_call_id"] == call["id"]


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("fly", {}, "There is no tool fly."),
        ("refund", {"charge_id": "CH-1"}, "refund needs amount."),
        ("refund", {"charge_id": "CH-1", "amount": "ten"}, "refund: amount must be a number."),
        ("get_order", {"order_id": "LL-1", "fast": "yes"}, "get_order does not take fast."),
        ("search_policy", {"topic": "weather"}, "search_policy: topic must be one of refunds"),
    ],
)
def test_misuse_of_a_tool_is_told_to_the_agent(tool, arguments, sentence):
    assert misuse(tool, arguments).startswith(sentence)


def test_traces_are_valid_in_the_native_format_and_their_steps_follow(traces):
    for trace in traces:
        assert native.parse(json.loads(json.dumps(native.dump(trace)))) == trace
        assert [trace.messages[step.message]["role"] for step in trace.steps] == ["assistant"] * len(trace.steps)


def test_no_trace_tells_the_planted_truth(desk, traces):
    for trace in traces:
        assert set(trace.tags) == {"topic"} and not trace.metadata
        assert {frozenset(message) for message in trace.messages} <= {
            frozenset({"role", "content"}),
            frozenset({"role", "content", "tool_calls"}),
            frozenset({"role", "content", "name", "tool_call_id"}),
        }
        told = json.dumps(native.dump(trace))
        assert "quality" not in told and "utility" not in told and "expert" not in told
        assert f"{desk.truth(trace.id).utility:.3f}" not in told


def test_demonstrations_are_tagged_successes_of_the_expert():
    for trace in SupportDesk(4).demonstrations(30):
        assert trace.policy == "expert@1"
        assert trace.tags["demonstration"] is True
        assert trace.outcome.status == "success"


def test_customers_words_vary_and_hold_what_a_sanitiser_must_find(desk):
    openings = [desk.task(index).opening for index in range(300)]
    text = " ".join(openings)

    assert len(set(openings)) >= 295
    assert "@example." in text and "202-555-01" in text
    assert any(card in text for card in ("4111 1111", "5555 5555", "4242 4242", "4000 0566"))


def test_messages_that_are_better_are_told_apart_by_their_words(desk):
    """A naive Bayes vote over words, fitted on half of the step pairs, knows the better message of the other half."""
    found = [
        (_bag(pair.a[0]), _bag(pair.b[0]), desk.truth(left).utility - desk.truth(right).utility)
        for pair in pairs_of(list(desk.episodes(300, POLICIES)))
        if exportable(pair)
        for left, right in [sides(pair.item)]
    ]
    clear = [(a - b, gap) if gap > 0 else (b - a, -gap) for a, b, gap in found if abs(gap) > 0.3]
    half = len(clear) // 2
    liked = Counter()
    for difference, _ in clear[:half]:
        liked.update({word: np.sign(count) for word, count in difference.items()})

    right = [sum(liked[word] * count for word, count in difference.items()) > 0 for difference, _ in clear[half:]]

    assert len(clear) >= 200
    assert np.mean(right) >= 0.85


class _Bag(Counter):
    def __sub__(self, other):
        return {word: self[word] - other[word] for word in self.keys() | other.keys()}


def _bag(message):
    calls = message.get("tool_calls") or []
    names = [name for call in calls for name in (call["function"]["name"], "<call>")]
    return _Bag(chat.content_text(message).split() + names)


def test_an_unknown_policy_and_an_unknown_trace_are_refused(desk):
    with pytest.raises(BadInput, match="no policy gpt@9"):
        next(desk.episodes(1, ["gpt@9"]))
    with pytest.raises(BadInput, match="iterate its episodes first"):
        desk.truth("desk-0-9999-z")
