"""The answers to one question, counted, and what they come to together."""

from dataclasses import dataclass, field
from operator import itemgetter
from typing import TypedDict, cast

from flywheel.records import Label

ADJUDICATION = "adjudication"


class Told(TypedDict):
    """The fields of a judged pair that its votes fill."""

    label: Label
    n_annotators: int
    agreement: float
    flip_prob: float | None
    source: str
    annotation_ids: tuple[str, ...]


@dataclass(slots=True)
class Majority:
    """The votes on one question, counted; `decided` is what a reviewer said of it, and counts alone.

    `weighed` is what they come to when everybody's reliability counts, where that is known.
    """

    counts: dict[str, int] = field(default_factory=dict)
    annotations: list[int] = field(default_factory=list)
    decided: str = ""
    weighed: dict[str, float] | None = None

    @property
    def n(self) -> int:
        """How many people answered."""
        return len(self.annotations)

    @property
    def label(self) -> str:
        """The likeliest label, or that of the most people; equal shares for two labels are a tie."""
        if self.decided:
            return self.decided
        if self.weighed:
            return max(self.weighed.items(), key=itemgetter(1))[0]
        if len(self.counts) == 1:
            return next(iter(self.counts))
        most = max(self.counts.values())
        first, *others = (label for label, count in self.counts.items() if count == most)
        return "tie" if others else first

    @property
    def agreement(self) -> float:
        """Share of the people behind the label, or behind the most frequent one."""
        told = self.counts.get(self.label, 0) if self.decided or self.weighed else max(self.counts.values())
        return told / self.n

    @property
    def posterior(self) -> dict[str, float]:
        """How likely each label is, or vote shares."""
        return self.weighed or {label: count / self.n for label, count in sorted(self.counts.items())}

    @property
    def flip_prob(self) -> float | None:
        """The chance that the winner is the loser; None where nothing speaks of it."""
        if self.decided:
            return None
        if self.weighed and self.label in ("a", "b"):
            return 1 - self.weighed[self.label] / (self.weighed.get("a", 0.0) + self.weighed.get("b", 0.0))
        return 1 - self.agreement if self.n > 1 else None

    @property
    def source(self) -> str:
        """What decided, where it was not the majority."""
        return ADJUDICATION if self.decided else ""

    def told(self) -> Told:
        """What a judged pair says of its votes."""
        return {
            "label": cast(Label, self.label),  # of two sides: these have only its four
            "n_annotators": self.n,
            "agreement": self.agreement,
            "flip_prob": self.flip_prob,
            "source": self.source or "comparison",
            "annotation_ids": tuple(str(pk) for pk in self.annotations),
        }

    def add(self, answer: int, label: str, *, is_adjudication: bool) -> None:
        """One more answer."""
        self.counts[label] = self.counts.get(label, 0) + 1
        self.annotations.append(answer)
        if is_adjudication:
            self.decided = label


@dataclass(slots=True)
class Counted:
    """The answers to one item: of the whole, and of each two of its sides."""

    whole: Majority = field(default_factory=Majority)
    pairs: dict[tuple[int, int], Majority] = field(default_factory=dict)

    def settled(self) -> dict[tuple[int, int], Majority]:
        """The pairs that count, in order: those that the reviewer told apart, if there was one."""
        is_decided = bool(self.whole.decided)
        return {sides: votes for sides, votes in sorted(self.pairs.items()) if bool(votes.decided) == is_decided}
