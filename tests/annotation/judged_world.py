"""The numbers of a report in which a judge has every section: planted, computed by the core, names of people included."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from flywheel.records import Pair, Vote
from flywheel.stats.reports import bias_report

START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = "the refund is on its way and the order was found in the shop "
ITEMS = 360
PEOPLE = ("annotator-somebody", "annotator-0-1", "annotator-0-2", "annotator-0-3")


def numbers(person: int) -> dict[str, Any]:
    """A judge, desk-judge, that is unlike people on orders and favours each version of a policy more.

    One of the four people is annotator-<person>.
    """
    told: dict[str, Any] = json.loads(computed().replace("annotator-somebody", f"annotator-{person}"))
    return told


@cache
def computed() -> str:
    """The report as JSON, made once."""
    pairs = [pair(number) for number in range(ITEMS)]
    votes = [vote for number in range(ITEMS) for vote in said(number)]
    return json.dumps(bias_report(votes, pairs, rng=np.random.default_rng(1), draws=100))


def pair(number: int) -> Pair:
    """Versions 1 to 3 of a policy against version 0, each on a third of the items."""
    long, short = WORDS * (2 + number % 3), WORDS
    return Pair(
        item=str(number + 1), cluster=f"task-{number}", prompt="", topic=("refunds", "orders")[number % 2],
        a=long if number % 4 < 2 else short, b=short if number % 4 < 2 else long,
        generator_a=f"desk@{1 + number * 3 // ITEMS}", generator_b="shop@0",
    )  # fmt: skip


def said(number: int) -> Iterator[Vote]:
    """What four people and two judges, of which one is of the policy's family, say of an item."""
    rng, item = np.random.default_rng([9, number]), str(number + 1)
    truth, version = int(rng.integers(2)), number * 3 // ITEMS
    for place in range(len(PEOPLE)):
        label = "ab"[truth ^ int(rng.random() > 0.8)]
        first = "ab"[place % 2]
        yield Vote(item=item, rater=PEOPLE[place], kind="human", label=label, first=first, propensity=0.5)
    liked = rng.random() < (0.1 + 0.25 * version if number % 2 else 0.1)
    for first in "ab":
        lean = 0 if liked else truth ^ int(rng.random() > 0.85)
        chance = 0.85 if lean == 0 else 0.2
        moment = START + timedelta(hours=number)
        prompt = "rubric-1" if version == 0 else "rubric-2"
        yield Vote(item=item, rater="desk-judge", kind="judge", label="ab"[lean], first=first, at=moment,
                   probability=chance + 0.1 * float(rng.random() - 0.5), version=prompt)  # fmt: skip
        yield Vote(item=item, rater="other", kind="judge", label="ab"[truth], first=first)
