"""Compare two to six traces: pick one or rank all, tie, or both bad; more may come with it."""

from collections.abc import Mapping, Sequence
from typing import Any

from annotation.errors import Invalid
from annotation.task_types.comments import checked_comments, displayed_comments
from annotation.task_types.context import Asked, Messages
from annotation.task_types.corrections import checked_correction, displayed_correction
from annotation.task_types.rankings import LETTERS, Ranking, best, checked_ranking, displayed_ranking
from annotation.task_types.texts import checked_text, displayed_place, undisplayed

TEMPLATE = "assignments/compare.html"
STRENGTHS = {1: "slightly", 2: "clearly", 3: "much"}


def check(answer: Any, *, order: Sequence[int], messages: Messages, asked: Asked) -> dict[str, Any]:
    """The answer as stored: {"choice", "ranking", "strength", "criteria", "rationale", "correction", "comments"}.

    `choice` is "a" to "f", "tie" or "both_bad"; `ranking` holds side indexes, best group first.
    """
    if not isinstance(answer, dict):
        raise Invalid("The answer must be an object with a choice.")
    ranking = checked_ranking(answer.get("ranking"), order)
    choice = checked_choice(answer.get("choice"), ranking, order)
    if ranking is None and asked.asks_ranking and len(order) > 2 and choice in LETTERS:
        raise Invalid("Rank all runs, the best first; runs that are equal may share a place.")
    return {
        "choice": choice,
        "ranking": ranking,
        "strength": checked_strength(answer.get("strength"), choice, is_asked=asked.asks_strength),
        "criteria": checked_criteria(answer.get("criteria"), order, rubric=asked.rubric),
        "rationale": checked_text(answer.get("rationale"), "rationale"),
        "correction": checked_correction(answer.get("correction"), order=order, messages=messages, tools=asked.tools),
        "comments": checked_comments(answer.get("comments"), order=order, messages=messages),
    }


def checked_choice(value: Any, ranking: Ranking | None, order: Sequence[int]) -> str:
    """The choice un-displayed; a ranking has one of its own, and both must agree."""
    if value in (None, ""):
        if ranking is None:
            raise Invalid("Choose first: a run, tie or both bad.")
        return best(ranking)
    choice = value if value in ("tie", "both_bad") else LETTERS[undisplayed(value, order)]
    if ranking is not None and choice != best(ranking):
        raise Invalid("Your choice and your ranking differ; rank the run you choose first, or clear one of the two.")
    return str(choice)


def checked_strength(value: Any, choice: str, *, is_asked: bool) -> int | None:
    """How much better the picked side is; beside a tie it says nothing and is not kept."""
    if value in (None, "") or choice not in LETTERS:
        return None
    if not is_asked:
        raise Invalid("This queue does not ask how much better; leave the strength out.")
    strengths = {str(number): number for number in STRENGTHS}
    if str(value) not in strengths:
        raise Invalid("Say how much better with 1 (slightly), 2 (clearly) or 3 (much).")
    return strengths[str(value)]


def checked_criteria(value: Any, order: Sequence[int], *, rubric: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The verdict on each criterion that was judged: a letter or tie."""
    if not isinstance(value or {}, dict):
        raise Invalid("The criteria must be an object, each with a run or tie.")
    known = {entry["key"] for entry in rubric}
    verdicts = {}
    for key, verdict in (value or {}).items():
        if key not in known:
            raise Invalid(f"The project has no criterion {key!r:.40}; reload the page.")
        if verdict not in (None, ""):
            verdicts[key] = "tie" if verdict == "tie" else LETTERS[undisplayed(verdict, order)]
    return verdicts


def displayed(answer: dict[str, Any], order: Sequence[int]) -> dict[str, Any]:
    """The stored answer as this person's screen shows it; the inverse of `check`. Old answers hold less."""
    return {
        "choice": shown(answer["choice"], order),
        "ranking": displayed_ranking(answer.get("ranking"), order),
        "strength": answer.get("strength"),
        "criteria": {key: shown(verdict, order) for key, verdict in (answer.get("criteria") or {}).items()},
        "rationale": answer["rationale"],
        "correction": displayed_correction(answer, order),
        "comments": displayed_comments(answer, order),
    }


def shown(choice: str, order: Sequence[int]) -> str:
    """A letter as the place where this person sees it; tie and both bad as they are."""
    return displayed_place(LETTERS.index(choice), order) if choice in LETTERS else choice


def label(answer: dict[str, Any]) -> str:
    """The vote in an answer: a to f, tie or both_bad, un-displayed."""
    return str(answer["choice"])
