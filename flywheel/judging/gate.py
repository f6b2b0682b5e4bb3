"""Whether a judge may work unattended: only if it is clearly better than a coin on questions with known answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flywheel.judging.judge import Judge, JudgeFailed, Outcome, Side, combine, judge_all
from flywheel.records import BadInput, Estimate, Pair
from flywheel.stats.intervals import clopper_pearson

FEWEST = 20
CHANCE = 0.5


@dataclass(frozen=True, slots=True)
class GateResult:
    """The decision, the accuracy it rests on, and a sentence for people."""

    passed: bool
    accuracy: Estimate
    sentence: str


def fit_for_automatic_use(correct: int, n: int) -> GateResult:
    """Pass when the exact (Clopper–Pearson 1934) 95 % interval of `correct` of `n` independent known answers lies
    above one half, and there are at least 20 of them."""
    if not 0 <= correct <= n:
        raise BadInput(f"A judge cannot be right on {correct} of {n} known answers; give 0 to {n}.")
    if n == 0:
        return GateResult(False, Estimate(0.0, 0.0, 1.0, 0), "refused: there are no known answers to try it on.")
    accuracy = Estimate(correct / n, *clopper_pearson(correct, n), n)
    found = (
        f"right on {correct} of {n} known answers (95 % interval {100 * accuracy.low:.0f}–{100 * accuracy.high:.0f} %)"
    )
    if n < FEWEST:
        return GateResult(False, accuracy, f"refused: {found}; at least {FEWEST} known answers are needed.")
    if accuracy.low <= CHANCE:
        return GateResult(False, accuracy, f"refused: {found}; it is not clearly better than chance.")
    return GateResult(True, accuracy, f"accepted: {found}; it is clearly better than chance.")


def examine(judge: Judge, gold: Sequence[tuple[Pair, Side]]) -> tuple[GateResult, list[tuple[Pair, Outcome]]]:
    """Ask the judge each pair with a known answer in both orders: the decision, and what it answered."""
    outcomes = list(judge_all(judge, [pair for pair, _ in gold]))
    return result_on(outcomes, {pair.item: answer for pair, answer in gold}), outcomes


def result_on(outcomes: Iterable[tuple[Pair, Outcome]], known: Mapping[str, Side]) -> GateResult:
    """The decision on what was answered where the right side is known (by item). A judge is right where its debiased
    leaning is that side; a tie and a missing verdict count as wrong."""
    right = [_leaning(outcome) == known[pair.item] for pair, outcome in outcomes if pair.item in known]
    return fit_for_automatic_use(sum(right), len(right))


def _leaning(outcome: Outcome) -> str | None:
    return None if isinstance(outcome, JudgeFailed) else combine(outcome).leaning
