"""What the annotate screen fetches when it is wanted: further rows, a long text in full, and final answers word by word."""

from typing import Any

from annotation.errors import Invalid
from annotation.models import Assignment
from annotation.queries import cards, comparisons
from annotation.queries.sides import NAMES, displayed_steps
from flywheel.differences import word_diff

GONE = "This address does not belong to the item; open it from the item's own page."


def rows(assignment: Assignment, start: int, stop: int) -> list[dict[str, Any]]:
    """The rows `start` to `stop` as blocks; identical ones are a single card."""
    bodies, _ = comparisons.parted(displayed_steps(assignment))
    wanted = comparisons.rows_of(bodies)[start : min(stop, start + 10 * comparisons.STRETCH)]
    if not wanted:
        raise Invalid(GONE)
    return [
        {"kind": "shared", "cards": [comparisons.shared(bodies, row, is_cut=True)]}
        if row.same
        else comparisons.beside(bodies, row, is_cut=True)
        for row in wanted
    ]


def passage(assignment: Assignment, place: int, number: int, part: str) -> dict[str, Any]:
    """A text that a card left out: whose it is, of which step, and all of it."""
    steps = displayed_steps(assignment)
    if not (1 <= place <= len(steps) and 1 <= number <= len(steps[place - 1])):
        raise Invalid(GONE)
    text = cards.passage(steps[place - 1][number - 1], part)
    if text is None:
        raise Invalid(GONE)
    name = part.partition("-")[0]
    return {"side": NAMES[place - 1], "number": number, "name": name, "text": text, "is_prose": part == "said"}


def words(assignment: Assignment, left: str, right: str) -> dict[str, Any]:
    """Two final answers word by word: [(operation, text)], and who is compared."""
    _, finals = comparisons.parted(displayed_steps(assignment))
    said = {str(n): final.action["say"] for n, final in enumerate(finals, start=1) if final}
    if left not in said or right not in said or left == right:
        raise Invalid(GONE)
    names = {"left": NAMES[int(left) - 1], "right": NAMES[int(right) - 1], "left_place": left, "right_place": right}
    return {**names, "parts": word_diff(said[left], said[right])}
