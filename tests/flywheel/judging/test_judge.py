"""Two orders put together, and when they may not be."""

import math

import pytest

from flywheel.judging.judge import JudgeFailed, combine, judge_all, logit
from flywheel.records import BadInput, Pair, Verdict


def verdict(first, label, probability, **changed):
    return Verdict(**{"item": "1", "judge": "j", "first": first, "label": label, "probability": probability, **changed})


def test_two_orders_that_agree_keep_their_label_and_show_their_mean_probability():
    both = combine([verdict("a", "a", 0.9), verdict("b", "a", 0.7)])

    assert (both.label, both.consistent, both.leaning) == ("a", True, "a")
    assert both.probability == pytest.approx(0.8)
    assert both.logit == pytest.approx((math.log(9) + math.log(7 / 3)) / 2)


def test_a_judge_that_picks_the_first_each_time_is_inconsistent_and_votes_tie():
    both = combine([verdict("a", "a", 0.8), verdict("b", "b", 0.2)])

    assert (both.label, both.consistent, both.leaning) == ("tie", False, "tie")
    assert both.position_reading == pytest.approx(2 * math.log(4))


def test_the_leaning_survives_a_position_bias_that_swamps_both_bare_picks():
    both = combine([verdict("b", "b", 0.25), verdict("a", "a", 0.80)])

    assert (both.label, both.leaning) == ("tie", "a")
    assert both.logit == pytest.approx((math.log(4) - math.log(3)) / 2)


def test_a_tie_in_one_order_only_is_a_tie_and_two_bad_answers_stay_two_bad_answers():
    assert combine([verdict("a", "a", 0.9), verdict("b", "tie", 0.5)]).label == "tie"
    assert combine([verdict("a", "both_bad", 0.5), verdict("b", "both_bad", 0.5)]).label == "both_bad"


def test_certainty_in_one_order_stays_finite():
    assert logit(1.0) == -logit(0.0) == pytest.approx(math.log(999))


@pytest.mark.parametrize(
    "verdicts",
    [
        [verdict("a", "a", 0.9)],
        [verdict("a", "a", 0.9), verdict("a", "a", 0.8)],
        [verdict("a", "a", 0.9), verdict("b", "a", 0.8, item="2")],
        [verdict("a", "a", 0.9), verdict("b", "a", 0.8, judge="k")],
    ],
)
def test_anything_but_one_verdict_for_each_order_is_refused(verdicts):
    with pytest.raises(BadInput, match="one in each order"):
        combine(verdicts)


def test_a_pair_that_fails_does_not_stop_the_others():
    class Moody:
        name = "moody"

        def ask(self, pair, first):
            if pair.item == "bad":
                raise JudgeFailed("No.", is_temporary=False)
            return verdict(first, "a", 0.9, item=pair.item)

    pairs = [Pair(item=item, cluster="1", prompt="p", a="x", b="y") for item in ("1", "bad", "2")]

    outcomes = [outcome for _, outcome in judge_all(Moody(), pairs)]

    assert [type(outcome) for outcome in outcomes] == [tuple, JudgeFailed, tuple]
