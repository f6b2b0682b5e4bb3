"""The win rate of each policy against all it was compared with, by people and corrected from each judge."""

from collections.abc import Sequence

from flywheel.records import NotEnoughData, Pair, Vote
from flywheel.stats.comparisons import win_rate_report
from flywheel.stats.sections import Section


def policies_report(votes: Sequence[Vote], pairs: Sequence[Pair], *, judge: str | None = None) -> Section:
    """Each generator of the pairs with its opponents and its win rates (see `win_rate_report`), as plain JSON.

    Raises NotEnoughData where no pair has two different generators.
    """
    opponents: dict[str, set[str]] = {}
    for pair in pairs:
        if pair.generator_a and pair.generator_b and pair.generator_a != pair.generator_b:
            opponents.setdefault(pair.generator_a, set()).add(pair.generator_b)
            opponents.setdefault(pair.generator_b, set()).add(pair.generator_a)
    if not opponents:
        raise NotEnoughData("pairs of two different policies", 0, 1)
    found, gaps = {}, []
    for name in sorted(opponents):
        told = win_rate_report(votes, pairs, of=name, judge=judge)
        gaps += [{"what": f"{name}: {gap['what']}", "why": gap["why"]} for gap in told["not_possible"]]
        found[name] = {"against": sorted(opponents[name]), "humans": told["humans"], "judges": told["judges"]}
    return {"policies": found, "not_possible": gaps}
