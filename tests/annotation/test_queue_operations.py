"""The queue under generated operations: 32 annotators at once, and one step after the other beside a plain model."""

import pytest

from tests.annotation import queue_storm
from tests.annotation.queue_storm import Plan


@pytest.mark.django_db(transaction=True)
def test_twenty_thousand_operations_of_32_annotators_break_no_promise():
    plan = Plan(operations=20_000, seed=20)

    journal = queue_storm.run(plan)

    print(dict(sorted(journal.counts.items())))
    assert journal.violations == []
    assert queue_storm.operations(journal) >= plan.operations
