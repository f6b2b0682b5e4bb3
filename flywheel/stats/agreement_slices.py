"""Agreement by queue, topic and pair of policies, and over time: among people, and of each judge with most people."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial

import numpy as np

from flywheel.records import Estimate, NotEnoughData, Pair, Vote
from flywheel.stats import against_rest, agreement, intervals
from flywheel.stats import votes as tables
from flywheel.stats.against_rest import Gap
from flywheel.stats.agreement import Metric
from flywheel.stats.coefficients import NEEDED_ITEMS
from flywheel.stats.periods import periods
from flywheel.stats.sections import UNDEFINED, Comparison, Section, Setting
from flywheel.stats.slices import FEWEST, FEWEST_CLUSTERS
from flywheel.stats.votes import MISSING

MOST = 40  # groups of one kind, the largest; more cannot be read, and each costs the others power
KEYS = {"queue": "queue", "topic": "topic", "policies": "generator_a and generator_b"}  # of pairs.jsonl

Gaps = dict[tuple[str, int], Gap]  # by group and place of the raters


@dataclass(frozen=True, slots=True)
class Raters:
    """People among themselves, or a judge beside them, item by item: how far each item agrees (n,), and its prompt (n,).

    `chance_corrected` maps the items to look at (n,) bool to their coefficient, called `coefficient`.
    """

    name: str
    is_judge: bool
    items: Sequence[str]
    agreed: np.ndarray
    groups: np.ndarray
    coefficient: str
    chance_corrected: Callable[[np.ndarray], Estimate | None]

    def raw(self, inside: np.ndarray) -> Estimate:
        """Share of agreeing answers among the items inside."""
        n = int(inside.sum())
        if n < NEEDED_ITEMS:
            raise NotEnoughData("items to agree on", n, NEEDED_ITEMS)
        return intervals.clustered_share(self.agreed[inside], self.groups[inside])


def people(votes: Sequence[Vote], setting: Setting, metric: Metric) -> Raters:
    """People among themselves, on the items that two or more answered; the coefficient is alpha by `metric`."""
    table = tables.tabulate(votes)
    values = None if metric == "nominal" else tables.numbers(table.labels)
    counts = tables.counts(table)
    several = counts.sum(axis=1) >= 2
    counts, items = counts[several], [table.items[k] for k in np.flatnonzero(several)]
    ratings, groups = counts.sum(axis=1), setting.groups(items)

    def alpha(inside: np.ndarray) -> Estimate | None:
        return agreement.krippendorff_alpha(
            counts[inside], metric=metric, values=values, rng=setting.rng, groups=groups[inside], draws=setting.draws
        )

    agreed = (counts * (counts - 1)).sum(axis=1) / np.maximum(1, ratings * (ratings - 1))
    return Raters("humans", False, items, agreed, groups, "alpha", alpha)


def judge(name: str, both: Sequence[Comparison], setting: Setting) -> Raters:
    """A judge beside the majority of people; the coefficient is Cohen's kappa."""
    labels = tables.ordered_labels({label for _, *pair in both for label in pair})
    codes = np.array([[labels.index(human), labels.index(said)] for _, human, said in both], dtype=int).reshape(-1, 2)
    items = [item for item, *_ in both]
    groups = setting.groups(items)

    def kappa(inside: np.ndarray) -> Estimate | None:
        human, said = codes[inside].T
        rng, draws = setting.rng, setting.draws
        return agreement.cohen_kappa(human, said, len(labels), rng=rng, groups=groups[inside], draws=draws)

    return Raters(name, True, items, (codes[:, 0] == codes[:, 1]).astype(float), groups, "kappa", kappa)


def by_slice(raters: Sequence[Raters], pairs: Sequence[Pair], setting: Setting) -> Section:
    """Figures by queue, topic and pair of policies; each group beside all the others of its kind, all tests one family."""
    cuts = [_cut(kind, names, raters) for kind, names in _names(pairs).items()]
    gaps = [_gaps(cut) for cut in cuts]
    against_rest.decide([gap for found in gaps for gap in found.values()])
    told = {}
    for cut, found in zip(cuts, gaps, strict=True):
        told[cut.kind] = {group: _figures(cut, group, found) for group in cut.groups}
        _tell(cut, setting)
    return told


def over_time(raters: Sequence[Raters], votes: Sequence[Vote], setting: Setting) -> Section | None:
    """Figures by the time of each item's last answer: {"unit", "periods": [{"label", "from", "to", "humans", "judges"}]}."""
    last: dict[str, datetime] = {}
    for vote in votes:
        if vote.at is not None:
            last[vote.item] = max(vote.at, last.get(vote.item, vote.at))
    compared = {item for one in raters for item in one.items}
    try:
        unit, found = periods({item: at for item, at in last.items() if item in compared})
    except NotEnoughData as problem:
        return setting.missing("agreement over time", str(problem))
    cut = _cut(unit, {item: one.label for one in found for item in one.items}, raters)
    told = [
        {"label": one.label, "from": one.start.isoformat(), "to": one.end.isoformat(), **_figures(cut, one.label, {})}
        for one in found
        if one.label in cut.groups
    ]
    _tell(cut, setting)
    return {"unit": unit, "periods": told}


def _names(pairs: Sequence[Pair]) -> dict[str, dict[str, str]]:
    """Of each kind of slice the group that each item is in; an item whose pair does not name it is in none."""
    policies = {pair.item: (pair.generator_a, pair.generator_b) for pair in pairs}
    return {
        "queue": {pair.item: pair.queue for pair in pairs if pair.queue},
        "topic": {pair.item: pair.topic for pair in pairs if pair.topic},
        "policies": {item: " / ".join(sorted((a, b))) for item, (a, b) in policies.items() if a and b},
    }


@dataclass(frozen=True, slots=True)
class _Cut:
    """Items cut into groups of one kind: the groups to tell of out of all, and of each rater the items' groups (n,).

    `lacks` holds by what is lacking and why the groups that lack it, so that it is told once.
    """

    kind: str
    all: list[str]
    groups: list[str]
    raters: Sequence[Raters]
    codes: list[np.ndarray]
    lacks: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def members(self, group: str, place: int) -> np.ndarray:
        """(n,) bool: which items of the raters at this place are in the group."""
        inside: np.ndarray = self.codes[place] == self.all.index(group)
        return inside

    def lack(self, what: str, why: str, group: str) -> None:
        """Remember what a group lacks."""
        self.lacks.setdefault((what, why), []).append(group)


def _cut(kind: str, names: Mapping[str, str], raters: Sequence[Raters]) -> _Cut:
    """The items of all raters in groups; groups too small to tell anything of, and those beyond the 40 largest, are left out."""
    everything = sorted(set(names.values()))
    code = {group: place for place, group in enumerate(everything)}
    codes = [np.array([code.get(names.get(item, ""), MISSING) for item in one.items], dtype=int) for one in raters]
    sizes = [np.bincount(of[of != MISSING], minlength=len(everything)) for of in codes]
    largest = np.max(sizes, axis=0, initial=0)
    kept = sorted(np.flatnonzero(largest >= NEEDED_ITEMS), key=lambda place: -largest[place])[:MOST]
    return _Cut(kind, everything, [everything[place] for place in sorted(kept)], raters, codes)


def _gaps(cut: _Cut) -> Gaps:
    """The test of each group beside the items in all other groups, for each rater."""
    found = {}
    for group in cut.groups:
        for place, one in enumerate(cut.raters):
            named, inside = cut.codes[place] != MISSING, cut.members(group, place)
            try:
                found[group, place] = against_rest.against_rest(one.agreed[named], inside[named], one.groups[named])
            except NotEnoughData:
                why = f"{FEWEST} items of {FEWEST_CLUSTERS} prompts are needed inside the group and outside it."
                cut.lack(f"{one.name} beside the rest by {cut.kind}", why, group)
    return found


def _figures(cut: _Cut, group: str, gaps: Gaps) -> Section:
    """One group: {"humans": {items, alpha, raw, against_rest}, "judges": {NAME: {items, kappa, raw, against_rest}}}."""
    told: Section = {"humans": None, "judges": {}}
    for place, one in enumerate(cut.raters):
        inside, gap = cut.members(group, place), gaps.get((group, place))
        found = {
            "items": int(inside.sum()),
            one.coefficient: _figure(
                cut, group, f"{one.coefficient} of {one.name}", partial(one.chance_corrected, inside)
            ),
            "raw": _figure(cut, group, f"raw agreement of {one.name}", partial(one.raw, inside)),
            "against_rest": gap and gap.told(),
        }
        if one.is_judge:
            told["judges"][one.name] = found
        else:
            told["humans"] = found
    return told


def _figure(cut: _Cut, group: str, what: str, compute: Callable[[], Estimate | None]) -> Section | None:
    """The figure as JSON, or None with a note where data are missing or it is undefined."""
    try:
        found = compute()
    except NotEnoughData as problem:
        cut.lack(f"{what} by {cut.kind}", f"{problem.what}: at least {problem.needed} needed.", group)
        return None
    if found is None:
        cut.lack(f"{what} by {cut.kind}", UNDEFINED, group)
        return None
    return asdict(found)


def _tell(cut: _Cut, setting: Setting) -> None:
    """Note in the report what the groups lack, and which are not told of."""
    if not cut.all:
        setting.missing(f"agreement by {cut.kind}", f"The pairs do not name it; add {KEYS[cut.kind]} to pairs.jsonl.")
    elif left := len(cut.all) - len(cut.groups):
        why = f"They have fewer than {NEEDED_ITEMS} items to agree on, or are not among the {MOST} largest."
        setting.missing(f"agreement by {cut.kind}: {left} of {len(cut.all)} groups", why)
    for (what, why), groups in cut.lacks.items():
        setting.missing(f"{what}: {', '.join(groups)}", why)
