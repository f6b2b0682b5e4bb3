"""What judges decide without a person: only what they say in every order, and never by what sways them."""

import math

import pytest

from flywheel.judging.deciding import Decider, Decision, Sway, Undecided, decide
from flywheel.records import Estimate, Pair, Verdict
from flywheel.stats import design
from flywheel.stats.features import before_judge, of_pair

LONG = Sway(effect_pp=10.0, spread=math.log(2))  # ten points for every doubling of words


def judge(name="strict", *, right=0.9, **sways):
    return Decider(name, Estimate(right, right - 0.1, right + 0.05, 40), sways)


def pair(a="one two three", b="four five six", **known):
    return Pair(item="1", cluster="t", prompt="", a=a, b=b, **known)


def both(*said, name="strict"):
    """Verdicts with a shown first, then b; each as (label, probability of a)."""
    return [
        Verdict(item="1", judge=name, first=first, label=label, probability=p)
        for first, (label, p) in zip("ab", said, strict=False)
    ]


def decided(verdicts, *judges, of=None):
    return decide(of or pair(), verdicts, {one.name: one for one in judges or [judge()]})


def test_a_judge_that_says_the_same_in_both_orders_decides_as_surely_as_known_answers_say():
    found = decided(both(("b", 0.3), ("b", 0.1)), judge(right=0.8))

    assert found == Decision("b", pytest.approx(0.2), pytest.approx(0.2), ("strict",))


@pytest.mark.parametrize(
    "said",
    [
        [("a", 0.9), ("b", 0.2)],  # the first shown
        [("tie", 0.5), ("tie", 0.5)],
        [("a", 0.9), ("tie", 0.5)],
        [("a", 0.9), ("a", 0.4)],  # its label and its probability part
        [("both_bad", 0.9), ("both_bad", 0.9)],
    ],
)
def test_a_judge_that_contradicts_itself_or_prefers_neither_decides_nothing(said):
    assert decided(both(*said)).reason == "judge_inconsistent"


def test_judges_that_contradict_each_other_decide_nothing_and_those_who_agree_are_as_wrong_as_the_worst():
    strict, mild = judge(right=0.9), judge("mild", right=0.7)
    says_a = both(("a", 0.9), ("a", 0.7))

    agreed = decided([*says_a, *both(("a", 0.6), ("a", 0.6), name="mild")], strict, mild)
    split = decided([*says_a, *both(("b", 0.4), ("b", 0.4), name="mild")], strict, mild)

    assert agreed == Decision("a", pytest.approx(0.7), pytest.approx(0.3), ("mild", "strict"))
    assert split == Undecided("judge_inconsistent", "mild, strict: a and b")


@pytest.mark.parametrize("words, moved", [(4, False), (5, True)])
def test_a_biased_judge_decides_only_where_the_effect_of_the_difference_is_small(words, moved):
    # Ten points a doubling: (4+1)/(3+1) words are 3.2 points, (5+1)/(3+1) are 5.8.
    found = decided(both(("a", 0.9), ("a", 0.9)), judge(verbosity=LONG), of=pair(a="word " * words))

    assert isinstance(found, Undecided) == moved
    assert not moved or found == Undecided("judge_biased", "strict: verbosity")


def test_who_is_swayed_does_not_count_and_the_others_decide():
    swayed, free = judge("vain", verbosity=LONG), judge()
    verdicts = [*both(("a", 0.9), ("a", 0.9), name="vain"), *both(("b", 0.2), ("b", 0.2))]

    found = decided(verdicts, swayed, free, of=pair(a="word " * 40))

    assert (found.label, found.judges) == ("b", ("strict",))


def test_a_judge_that_favours_its_family_does_not_decide_on_it():
    favours = judge("gpt-4", own_family=Sway(12.0, 1.0))
    verdicts = both(("a", 0.9), ("a", 0.9), name="gpt-4")

    own = decided(verdicts, favours, of=pair(generator_a="gpt-3@1", generator_b="shop@1"))
    other = decided(verdicts, favours, of=pair(generator_a="desk@1", generator_b="shop@1"))

    assert (own.reason, other.label) == ("judge_biased", "a")


def test_one_order_and_judges_that_may_not_decide_say_nothing():
    assert decided(both(("a", 0.9))) is None
    assert decided(both(("a", 0.9), ("a", 0.9), name="stranger")) is None
    assert decided([]) is None


def test_features_are_those_that_the_report_measured():
    pairs = [pair(a="- one\n- two **now**", b="one"), pair(a="I cannot.", b="`code` and more words")]

    names, values = design.table(pairs)

    assert [dict(zip(names, row, strict=True)) for row in values] == [of_pair(one) for one in pairs]
    assert before_judge("gpt-4", pair(generator_a="gpt-3"))["own_family"] == 1.0
