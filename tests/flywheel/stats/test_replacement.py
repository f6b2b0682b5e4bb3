"""May the judge replace a person: worked by hand, and on judges as good as people, better, and guessing."""

import numpy as np
import pytest

from flywheel.records import NotEnoughData, Vote
from flywheel.stats.replacement import CROWD, SKILLED, replacement


def crowd(
    rng: np.random.Generator, *, items: int = 200, people: int = 4, right: float = 0.8
) -> tuple[list[Vote], np.ndarray]:
    truth = rng.integers(2, size=items)
    said = np.where(rng.random((items, people)) < right, truth[:, None], 1 - truth[:, None])
    votes = [
        Vote(item=str(i), rater=f"person-{k}", kind="human", label="ab"[said[i, k]])
        for i in range(items)
        for k in range(people)
    ]
    return votes, truth


def judge(rng: np.random.Generator, truth: np.ndarray, right: float) -> dict[str, str]:
    said = np.where(rng.random(len(truth)) < right, truth, 1 - truth)
    return {str(i): "ab"[label] for i, label in enumerate(said)}


def test_three_people_and_forty_items_by_hand() -> None:
    # Two people always agree, a third never does; the judge says what the two say.
    labels = {"p": "a", "q": "a", "r": "b"}
    votes = [
        Vote(item=str(i), rater=who, kind="human", label=label) for i in range(40) for who, label in labels.items()
    ]

    found = replacement({str(i): "a" for i in range(40)}, votes, epsilon=CROWD)

    by_person = {one.person: one for one in found.people}
    # Against p and q the judge ties everywhere; r is beaten everywhere.
    assert (by_person["p"].judge_wins, by_person["p"].person_wins) == (1.0, 1.0)
    assert (by_person["r"].judge_wins, by_person["r"].person_wins) == (1.0, 0.0)
    assert found.winning == 1.0 and found.passes and found.advantage.value == 1.0


def test_a_judge_as_good_as_people_passes_and_a_guessing_one_does_not() -> None:
    rng = np.random.default_rng(1)
    votes, truth = crowd(rng)

    assert replacement(judge(rng, truth, 0.85), votes, epsilon=SKILLED).passes
    assert not replacement(judge(rng, truth, 0.5), votes, epsilon=SKILLED).passes


def test_few_shared_items_are_refused_by_person_and_altogether() -> None:
    rng = np.random.default_rng(2)
    votes, truth = crowd(rng, items=100)
    rare = [vote for vote in votes if vote.rater != "person-3" or int(vote.item) < 20]
    verdicts = judge(rng, truth, 0.9)

    assert replacement(verdicts, rare).left_out == {"person-3": 20}
    with pytest.raises(NotEnoughData, match="20 given, at least 30"):
        replacement({item: label for item, label in verdicts.items() if int(item) < 20}, votes)
