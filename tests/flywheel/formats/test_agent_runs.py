"""Runs of tau-bench and SWE-agent, and chat logs, as traces: on the published files and on small ones."""

from collections import Counter, defaultdict
from math import comb

import pytest

from flywheel.formats import native, openai_chat, swe_agent, tau_bench
from flywheel.formats.reading import read
from flywheel.records import BadInput, Trace
from tests.real_data import real_data


@pytest.fixture(scope="module")
def runs() -> list[Trace]:
    """All runs of the airline agent."""
    with (real_data("tau_bench") / "gpt-4o-airline.json").open("rb") as stream:
        return [line.found for line in read(stream, "tau-bench")]


def test_all_runs_of_tau_bench_come_in_with_outcome_steps_and_tools(runs):
    assert len(runs) == len({run.id for run in runs}) == 200
    assert Counter(Counter(run.task for run in runs).values()) == {4: 50}
    assert Counter(run.outcome.status for run in runs) == {"success": 84, "failure": 116}
    assert all(run.steps and run.policy == "gpt-4o@1" and run.metadata["tools"] == {"derived": True} for run in runs)
    called = [run for run in runs if any(message.get("tool_calls") for message in run.messages)]
    assert all(bool(run.tools) == (run in called) for run in runs)
    assert len({tool["function"]["name"] for run in runs for tool in run.tools}) == 14
    assert sum(len(message.get("tool_calls") or []) for run in runs for message in run.messages) == 1_164
    assert sum(len(run.messages) for run in runs) == 5_308


def test_outcomes_of_tau_bench_give_the_published_pass_rates(runs):
    successes: defaultdict[str, int] = defaultdict(int)
    for run in runs:
        successes[run.task] += run.outcome.status == "success"

    rates = [sum(comb(n, k) / comb(4, k) for n in successes.values()) / 50 for k in (1, 2, 3, 4)]

    assert [round(rate, 3) for rate in rates] == [0.420, 0.273, 0.220, 0.200]


def test_every_step_points_at_its_assistant_message(runs):
    for run in runs:
        turns = [index for index, message in enumerate(run.messages) if message["role"] == "assistant"]
        assert [step.message for step in run.steps] == turns


def test_real_runs_survive_the_way_out_and_in(runs):
    assert all(native.parse(native.dump(run)) == run and "steps" not in native.dump(run) for run in runs)


def test_derived_tools_name_arguments_and_observed_types():
    call = {"function": {"name": "book", "arguments": '{"seats": 2, "note": null, "price": 1.5}'}}
    again = {"function": {"name": "book", "arguments": '{"seats": "two"}'}}

    (tool,) = tau_bench.derived_tools([{"role": "assistant", "tool_calls": [call, again]}])

    properties = tool["function"]["parameters"]["properties"]
    assert properties["seats"] == {"type": ["integer", "string"]}
    assert properties["note"] == {"type": "null"}
    assert properties["price"] == {"type": "number"}


TRAJECTORIES = {
    "humanevalfix-python-0.traj": (5, {"open_file": "n/a", "working_dir": "/swe-bench__humanevalfix-python"}),
    "marshmallow-1867.function_calling.traj": (11, {"open_file": "/testbed/reproduce.py", "working_dir": "/testbed"}),
    "pydicom-1458.gpt4.traj": (12, {"open_file": "n/a", "working_dir": "/pydicom__pydicom"}),
    "test-repo-i1.gpt4.traj": (5, {"open_file": "n/a", "working_dir": "/klieret__swe-agent-test-repo"}),
}


@pytest.mark.parametrize("name", TRAJECTORIES)
def test_trajectories_of_swe_agent_come_in_whichever_way_their_state_is_written(name):
    with (real_data("swe_agent") / name).open("rb") as stream:
        (line,) = read(stream, "swe-agent")
    trace, (steps, state) = line.found, TRAJECTORIES[name]

    assert len(trace.steps) == steps
    assert trace.steps[0].state == state
    assert all(trace.messages[step.message]["role"] == "assistant" and step.thought for step in trace.steps)
    assert trace.steps[-1].action["tool"] == "submit"
    assert trace.outcome.status == "unknown"
    assert trace.metadata["swe_agent"]["exit_status"] == "submitted"
    assert "diff --git" in trace.metadata["swe_agent"]["submission"]
    assert native.parse(native.dump(trace)) == trace


def test_a_gpt4_trajectory_brings_its_usage_and_commands():
    with (real_data("swe_agent") / "pydicom-1458.gpt4.traj").open("rb") as stream:
        (line,) = read(stream, "swe-agent", policy="gpt-4@1")

    assert (line.found.usage.input_tokens, line.found.usage.output_tokens) == (122_612, 1_369)
    assert line.found.usage.cost == pytest.approx(1.26719)
    assert [step.action["tool"] for step in line.found.steps][:4] == ["create", "edit", "python", "find_file"]
    assert line.found.policy == "gpt-4@1"


def test_a_trajectory_whose_history_does_not_match_is_told_by_its_steps():
    entry = {"action": "ls", "observation": "a.py", "response": "I look.\nls", "state": "plain", "thought": "I look."}
    history = [{"role": "user", "content": "Mend it."}, {"role": "assistant", "content": "demo"}]

    trace = swe_agent.parse({"trajectory": [entry, entry], "history": history, "info": {"exit_status": "exit_cost"}})

    assert [message["role"] for message in trace.messages] == ["user", "assistant", "user", "assistant", "user"]
    assert [step.message for step in trace.steps] == [1, 3]
    assert trace.steps[0].state == "plain"
    assert trace.outcome.status == "error"


def test_a_chat_log_gets_stable_names_where_it_has_none():
    log = {
        "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}],
        "model": "gpt 4o",
    }
    other = {**log, "messages": [log["messages"][0], {"role": "assistant", "content": "hey"}]}

    first, again, second = openai_chat.parse(log), openai_chat.parse(dict(log)), openai_chat.parse(other)

    assert first == again
    assert first.task == second.task and first.id != second.id
    assert first.policy == "gpt-4o@1"
    assert openai_chat.parse({**log, "id": "mine", "policy": "p@2"}).id == "mine"


def test_parts_of_a_message_are_read_as_its_text():
    parts = [
        {"type": "text", "text": "one"},
        {"type": "image_url", "image_url": {"url": "x"}},
        {"type": "text", "text": "two"},
    ]

    trace = openai_chat.parse({"messages": [{"role": "assistant", "content": parts}]})

    assert trace.steps[0].action == {"say": "one\ntwo"}


@pytest.mark.parametrize(
    ("parse", "record", "sentence"),
    [
        (openai_chat.parse, {"messages": []}, "missing or empty"),
        (tau_bench.parse, {"task_id": 1}, "reward, traj, trial missing"),
        (tau_bench.parse, {"task_id": "a", "trial": 0, "reward": 1, "traj": []}, "task_id must be a number"),
        (swe_agent.parse, {"trajectory": []}, "trajectory is missing or empty"),
        (swe_agent.parse, {"trajectory": [{"action": 3}]}, "trajectory/0/action must be text"),
        (swe_agent.parse, {"trajectory": [{"action": "ls", "observation": {}}]}, "observation must be text"),
    ],
)
def test_a_broken_run_is_refused_with_one_sentence(parse, record, sentence):
    with pytest.raises(BadInput, match=sentence):
        parse(record)
