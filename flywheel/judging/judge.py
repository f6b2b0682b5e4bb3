"""What every judge offers, and what two answers of it on one pair, one in each order, amount to."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from flywheel.records import BadInput, Label, Pair, Verdict

Side = Literal["a", "b"]
# Nobody is surer than this: it keeps one overconfident order from outweighing the other in logits.
SUREST = 0.999
LEVEL = 1e-9


class Judge(Protocol):
    """Anything that can say which of two answers is better; `name` stands beside every verdict it gives."""

    @property
    def name(self) -> str:
        """Provider, model and prompt version in one word."""
        ...

    def ask(self, pair: Pair, first: Side) -> Verdict:
        """Judge the pair with side `first` shown first; raises JudgeFailed."""
        ...


class JudgeFailed(Exception):
    """A judge gave no usable verdict; the message is one sentence. `is_temporary` says whether asking again later could
    help; tokens and cost (US dollars) are what the attempt used all the same."""

    def __init__(self, sentence: str, *, is_temporary: bool) -> None:
        super().__init__(sentence)
        self.is_temporary = is_temporary
        self.input_tokens, self.output_tokens, self.cost = 0, 0, 0.0


Outcome = tuple[Verdict, Verdict] | JudgeFailed


@dataclass(frozen=True, slots=True)
class Combined:
    """Both orders of one pair, put together.

    `probability` is the mean of the two P(a is better). `logit` is the debiased score (d(A,B) − d(B,A)) / 2 in nats,
    d being the log-odds of the answer shown first; `leaning` is its sign. `label` is the vote: the label both orders
    agree on, otherwise a tie. `position_reading` = d(A,B) + d(B,A): above 0 the judge favours what it sees first.
    """

    probability: float
    logit: float
    leaning: Literal["a", "b", "tie"]
    consistent: bool
    label: Label
    position_reading: float


def logit(probability: float) -> float:
    """Log-odds in nats; certainty is cut at SUREST so that it stays finite."""
    held = min(max(probability, 1 - SUREST), SUREST)
    return math.log(held / (1 - held))


def sigmoid(score: float) -> float:
    """Probability of a log-odds, without overflow."""
    return 0.5 * (1 + math.tanh(score / 2))


def lean(score: float) -> Literal["a", "b", "tie"]:
    """The side a score (log-odds of a) leans to; a level score is a tie."""
    if abs(score) < LEVEL:
        return "tie"
    return "a" if score > 0 else "b"


def judge_both_orders(judge: Judge, pair: Pair) -> tuple[Verdict, Verdict]:
    """The judge's verdicts with a shown first and with b shown first. Raises JudgeFailed when either is missing; its
    usage then includes the verdict that did come."""
    shown_a = judge.ask(pair, "a")
    try:
        return shown_a, judge.ask(pair, "b")
    except JudgeFailed as failure:
        failure.input_tokens += shown_a.input_tokens
        failure.output_tokens += shown_a.output_tokens
        failure.cost += shown_a.cost
        raise


def judge_all(judge: Judge, pairs: Iterable[Pair]) -> Iterator[tuple[Pair, Outcome]]:
    """Each pair with its two verdicts, or with the reason why there are none: one failure does not stop the rest."""
    for pair in pairs:
        try:
            yield pair, judge_both_orders(judge, pair)
        except JudgeFailed as failure:
            yield pair, failure


def combine(verdicts: Iterable[Verdict]) -> Combined:
    """What the two orders of one pair say together; BadInput unless there is exactly one verdict for each order."""
    given = list(verdicts)
    by_first = {verdict.first: verdict for verdict in given}
    if len(given) != 2 or len(by_first) != 2 or len({(verdict.item, verdict.judge) for verdict in given}) != 1:
        raise BadInput("A pair is combined from two verdicts of one judge on one item, one in each order; give both.")
    shown_a, shown_b = by_first["a"], by_first["b"]
    score_a, score_b = logit(shown_a.probability), logit(shown_b.probability)
    consistent = shown_a.label == shown_b.label
    return Combined(
        probability=(shown_a.probability + shown_b.probability) / 2,
        logit=(score_a + score_b) / 2,
        leaning=lean((score_a + score_b) / 2),
        consistent=consistent,
        label=shown_a.label if consistent else "tie",
        position_reading=score_a - score_b,
    )
