"""The gate: who may judge unattended."""

import numpy as np
import pytest

from flywheel.judging.client import EndpointJudge
from flywheel.judging.endpoint import Endpoint
from flywheel.judging.gate import examine, fit_for_automatic_use
from flywheel.judging.judge import JudgeFailed
from flywheel.records import BadInput, Pair
from tests.fakes.judge_server import MARKER, Script, failure, serving


def gold_pairs(n):
    """n pairs whose right answer holds the marker, on side a and b in turn."""
    right, wrong = f"Right. {MARKER}", "Wrong."
    return [
        (
            Pair(
                item=str(i),
                cluster=str(i),
                prompt=f"What is {i} + {i}?",
                a=(right, wrong)[i % 2],
                b=(wrong, right)[i % 2],
            ),
            "ab"[i % 2],
        )
        for i in range(n)
    ]


def examined(script, n=40):
    with serving(script) as server:
        endpoint = Endpoint(base_url=server.base_url, model="scripted", timeout_s=5, total_s=10, attempts=1)
        with EndpointJudge(endpoint, rng=np.random.default_rng(0)) as judge:
            return examine(judge, gold_pairs(n)), len(server.seen)


def test_eleven_of_twenty_is_refused_in_a_sentence_with_its_interval():
    result = fit_for_automatic_use(11, 20)

    assert not result.passed
    assert result.sentence == (
        "refused: right on 11 of 20 known answers (95 % interval 32–77 %); it is not clearly better than chance."
    )


# Exact two-sided binomial tests against one half: 15 of 20 has p = 0.041, 14 of 20 p = 0.115, 59 of 100 p = 0.089,
# 61 of 100 p = 0.035.
@pytest.mark.parametrize(
    ("correct", "n", "passed"), [(15, 20, True), (14, 20, False), (61, 100, True), (59, 100, False), (0, 50, False)]
)
def test_the_line_is_that_of_the_exact_binomial_test(correct, n, passed):
    assert fit_for_automatic_use(correct, n).passed is passed


def test_a_flawless_record_on_too_few_questions_is_refused():
    assert "at least 20" in fit_for_automatic_use(19, 19).sentence
    assert not fit_for_automatic_use(19, 19).passed
    assert "no known answers" in fit_for_automatic_use(0, 0).sentence


@pytest.mark.parametrize(("correct", "n"), [(5, 4), (-1, 4)])
def test_impossible_counts_are_refused(correct, n):
    with pytest.raises(BadInput, match=f"right on {correct} of {n}"):
        fit_for_automatic_use(correct, n)


def test_a_chance_judge_passes_in_at_most_one_case_of_forty():
    rng = np.random.default_rng(1)

    passed = np.mean([fit_for_automatic_use(int(k), 40).passed for k in rng.binomial(40, 0.5, size=2000)])

    assert passed <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / 2000)


def test_a_good_judge_is_accepted_after_being_asked_everything_in_both_orders():
    (result, outcomes), asked = examined(Script(sharpness=3.0, noise=0.5, position_bias=1.0))

    assert result.passed and result.accuracy.n == 40
    assert asked == 80
    assert all({one.first, two.first} == {"a", "b"} for _, (one, two) in outcomes)


def test_a_judge_at_chance_is_refused():
    (result, _), _ = examined(Script(sharpness=0.0, noise=1.0))

    assert not result.passed and 0.2 < result.accuracy.value < 0.75


@pytest.mark.parametrize("logprobs", [True, False])
def test_a_judge_that_only_likes_what_it_sees_first_is_refused(logprobs):
    (result, _), _ = examined(Script(sharpness=0.0, position_bias=2.0, logprobs=logprobs))

    assert not result.passed
    assert result.accuracy.value == 0.0


def test_a_heavily_biased_judge_with_a_signal_below_it_is_accepted_once_debiased():
    (result, outcomes), _ = examined(Script(sharpness=0.2, position_bias=2.0))

    assert all(one.label != two.label for _, (one, two) in outcomes)
    assert result.passed


def test_verdicts_that_never_came_count_as_wrong():
    script = Script()
    script.failures.extend(failure(500) for _ in range(5))
    (result, outcomes), _ = examined(script, n=20)

    assert sum(isinstance(outcome, JudgeFailed) for _, outcome in outcomes) == 5
    assert result.accuracy.value == 0.75
