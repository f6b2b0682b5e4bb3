"""Items on which somebody differs, as the newest report on agreement sorts them: whose doing it looks like."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from annotation.models import Annotation, User
from annotation.queries.bias import FEATURES, LABELS, Numbers

SHOWN = 25  # of each kind on the page; the file has all that the report lists
KINDS = {
    "judge": (
        "A judge against people",
        "People clearly agree, and a judge says something else. Look for what the judge was taken in by.",
    ),
    "annotator": (
        "One person against the others",
        "The others clearly agree. Everybody errs now and then: only many such items of one person say something of them.",
    ),
    "ambiguous": (
        "Items that divide people",
        "What people said does not tell which side is better. Ask more people, or make the guidelines clearer here.",
    ),
    "too_few": (
        "A judge against too few people",
        "Everybody asked says the same, and they are too few to be sure. Ask one more person.",
    ),
}
REASONS = {"contradicts_itself": "contradicts itself between both orders"}
COLUMNS = ("kind", "item", "people said", "together", "posterior", "people against", "judges against", "reasons")
HIDDEN = "answer it first"


def layout(numbers: Numbers, hidden: Collection[int], *, judge: str) -> list[dict[str, Any]]:
    """The kinds with their number, share and first rows; of one judge, the items on which it differs."""
    rows, kinds = listed(numbers, hidden, judge=judge), numbers.get("disagreement_kinds") or {}
    found = []
    for kind, (title, meaning) in KINDS.items():
        of_kind = [one for one in rows if one["kind"] == kind]
        told = kinds.get(kind, {"count": 0, "share": None})
        found.append(
            {"kind": kind, "title": title, "meaning": meaning, **told, "rows": of_kind[:SHOWN], "listed": len(of_kind)}
        )
    return found


def judges(numbers: Numbers) -> list[dict[str, Any]]:
    """Every judge with how often it differs from what people clearly agree on."""
    by_judge = (numbers.get("disagreement_kinds") or {}).get("by_judge", {})
    return [{"name": name, **told} for name, told in sorted(by_judge.items())]


def listed(numbers: Numbers, hidden: Collection[int], *, judge: str) -> list[dict[str, Any]]:
    """All rows that the report lists, in words; of `hidden` items not what was said."""
    found = [one for one in numbers.get("disagreements", []) if not judge or judge in one["judges"]]
    return [covered(one) if page(one) in hidden else told(one) for one in found]


def page(found: Numbers) -> int:
    """The item's number; two of several sides are called ITEM:0-1."""
    return int(found["item"].partition(":")[0])


def told(found: Numbers) -> dict[str, Any]:
    """One disagreement in words."""
    return {
        "kind": found["kind"],
        "item": found["item"],
        "page": page(found),
        "humans": ", ".join(f"{count} × {label(said)}" for said, count in found["humans"].items()),
        "together": label(found["consensus"]),
        "posterior": None if found.get("is_known") else found["posterior"],
        "is_known": found.get("is_known", False),
        "people": said_by(found["people"]),
        "judges": said_by(found["judges"]),
        "reasons": "; ".join(reasons(found["reasons"])),
    }


def covered(found: Numbers) -> dict[str, Any]:
    """One disagreement whose answers the reader may not see yet."""
    named = {"kind": found["kind"], "item": found["item"], "page": page(found), "posterior": None, "is_hidden": True}
    return named | dict.fromkeys(("humans", "together", "people", "judges", "reasons"), HIDDEN)


def label(said: str) -> str:
    """A label in words."""
    return LABELS.get(said, said)


def said_by(raters: Mapping[str, str]) -> str:
    """Who said what."""
    return ", ".join(f"{name}: {label(said)}" for name, said in sorted(raters.items()))


def reasons(by_judge: Mapping[str, Sequence[str]]) -> list[str]:
    """What each judge may have been taken in by."""
    named = {name: [REASONS.get(one, FEATURES.get(one, one)) for one in why] for name, why in sorted(by_judge.items())}
    return [f"{name}: {', '.join(why)}" for name, why in named.items() if why]


def unanswered(numbers: Numbers, person: User) -> set[int]:
    """Items of the report that this person has not answered: a reviewer sees what others said only after that."""
    items = {page(found) for found in numbers.get("disagreements", [])}
    mine = Annotation.objects.answers().filter(annotator=person, item__in=items)
    return items - set(mine.values_list("item", flat=True))
