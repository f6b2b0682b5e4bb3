"""The queue over HTTP while web processes and workers are killed: the quick version, and the full one."""

from pathlib import Path

import pytest

from tests.annotation import queue_chaos
from tests.annotation.queue_clients import Outcome, Plan
from tests.benchmarks import queue

pytestmark = pytest.mark.django_db(transaction=True)


def assert_every_promise_was_kept(plan: Plan, outcome: Outcome) -> None:
    assert outcome.violations == [], outcome.counts
    assert outcome.counts["answers"] == plan.items * plan.overlap
    assert outcome.counts["killed: web"] > 0
    assert outcome.counts["killed: quick"] + outcome.counts["killed: long"] > 0


def test_a_hundred_items_are_filled_three_times_while_processes_are_killed(tmp_path: Path):
    plan = Plan(items=100, batch=100, thinking=0.4)

    outcome = queue_chaos.run(plan, log=tmp_path / "site.log")

    print(outcome.counts, outcome.seconds)
    assert_every_promise_was_kept(plan, outcome)


@pytest.mark.slow
def test_two_thousand_items_are_filled_three_times_while_processes_are_killed(
    tmp_path: Path, request: pytest.FixtureRequest
):
    began = queue.code()

    outcome = queue_chaos.run(queue.FULL, log=tmp_path / "site.log")

    if "slow" in request.config.getoption("markexpr"):
        queue.write(queue.evidence(began, queue.FULL, outcome))
    assert_every_promise_was_kept(queue.FULL, outcome)
