"""Part of the report on people: how each one's agreement with the others went as time passed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np

from flywheel.records import NotEnoughData, Vote
from flywheel.stats import drift
from flywheel.stats.candidates import asked
from flywheel.stats.drift import Block, Course, Drift
from flywheel.stats.multiplicity import bh
from flywheel.stats.sections import Section, Setting
from flywheel.stats.votes import VoteTable

FALSE_DISCOVERIES = 0.10
LATEST = datetime.max.replace(microsecond=0, tzinfo=UTC).timestamp()  # rounding must not carry it into the year 10000


def lack(found: Mapping[str, Section], key: str, what: str, why: str, setting: Setting) -> None:
    """Say once of whom a part is lacking."""
    names = [name for name, one in found.items() if one[key] is None]
    if names and not (len(names) == len(found) and any(gap["what"] == what for gap in setting.gaps)):
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        setting.missing(f"{what} of {', '.join(names[:5])}{more}", why)


def courses(
    found: dict[str, Section], table: VoteTable, known: np.ndarray, people: Sequence[Vote], setting: Setting
) -> None:
    """Add each person's `drift` (None where data are lacking) and `timeline`; the votes `people` are those of the table."""
    for one in found.values():
        one["drift"], one["timeline"] = None, []
    course = _course(table, known, people, setting)
    if not len(course.item):
        setting.missing("drift", "Votes do not say when they were given.")
        return
    told: dict[str, Drift] = {}
    for rater, name in enumerate(table.raters):
        agrees = drift.agreement_beside(course, rater)
        found[name]["timeline"] = [_block(block) for block in drift.timeline(course, agrees, rater)]
        try:
            told[name] = drift.drift(course, agrees, rater)
        except NotEnoughData:
            continue
    adjusted = bh(np.array([change.p for change in told.values()]))
    for (name, change), p in zip(told.items(), adjusted, strict=True):
        found[name]["drift"] = asdict(change) | {"p_adjusted": float(p), "is_falling": bool(p <= FALSE_DISCOVERIES)}
    why = (
        f"Fewer than {drift.FEWEST} answers on items that others answered or whose answer is known, or fewer than "
        f"{drift.FEWEST_OF_OTHERS} such answers of the others before and after, or all on one prompt or at one time."
    )
    lack(found, "drift", "drift", why, setting)


def _course(table: VoteTable, known: np.ndarray, people: Sequence[Vote], setting: Setting) -> Course:
    """The votes that say when they were given."""
    when = np.array([np.nan if vote.at is None else vote.at.timestamp() for vote in people])
    prompts = [setting.clusters.get(item, asked(item)) for item in table.items]
    group = np.unique(prompts, return_inverse=True)[1]
    timed = np.isfinite(when)
    item = table.item[timed]
    return Course(item, table.rater[timed], table.label[timed], when[timed], known[item], group[item])


def _block(block: Block) -> Section:
    return asdict(block.agreement) | {
        "others": block.others and asdict(block.others),
        "first": _moment(block.first),
        "last": _moment(block.last),
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(min(seconds, LATEST), UTC).isoformat(timespec="seconds")
