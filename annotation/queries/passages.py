"""Where quoted words stand in a message: the screen shows markdown rendered, answers count in the text as it was written."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from annotation.models import Assignment
from annotation.queries.corrections import told
from annotation.task_types.comments import MOST
from flywheel.formats.messages import content_text

MARKS = frozenset(
    "*_`#>|~[]()\\-"
)  # of markdown: they may stand in the source and not on the screen, as white space may


def located(comments: Any, assignment: Assignment) -> Any:
    """The comments with start, end and quote as their messages have them; what is not found stays as it is.

    So does what is no list of at most MOST objects: it is refused when the answer is checked.
    """
    if not isinstance(comments, list) or len(comments) > MOST or not all(isinstance(one, dict) for one in comments):
        return comments
    messages = {place: told(assignment, place)[0] for place in {str(one.get("side")) for one in comments}}
    shown = cache(lambda place, number: Passage(content_text(messages[place][number])))
    return [
        placed(one, shown(str(one.get("side")), number))
        if is_index(number := one.get("message"), messages[str(one.get("side"))])
        else one
        for one in comments
    ]


def is_index(number: Any, messages: Sequence[Any]) -> bool:
    """Whether it is the number of one of the messages."""
    return isinstance(number, int) and 0 <= number < len(messages)


def placed(comment: dict[str, Any], message: "Passage") -> dict[str, Any]:
    """One comment at the place in its message that is nearest to where the screen showed the words."""
    quote, start = comment.get("quote"), comment.get("start")
    if not isinstance(quote, str):
        return comment
    start = start if isinstance(start, int) else 0
    if message.text[start : start + len(quote)] == quote:
        return {**comment, "end": start + len(quote)}
    nearest = min(message.places(quote), key=lambda place: abs(place[0] - start), default=None)
    if nearest is None:
        return comment
    first, end = nearest
    return {**comment, "start": first, "end": end, "quote": message.text[first:end]}


class Passage:
    """A text that is searched without its marks and white space."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.kept = [index for index, letter in enumerate(text) if is_kept(letter)]
        self.bare = "".join(text[index] for index in self.kept)

    def places(self, quote: str) -> Iterator[tuple[int, int]]:
        """From where to where the quote stands in the text; each search goes on behind the last, so it stays linear."""
        wanted = "".join(filter(is_kept, quote))
        found = self.bare.find(wanted) if wanted else -1
        while found >= 0:
            behind = found + len(wanted)
            yield self.kept[found], self.kept[behind - 1] + 1
            found = self.bare.find(wanted, behind)


def is_kept(letter: str) -> bool:
    """Whether the screen shows the letter wherever it stands."""
    return letter not in MARKS and not letter.isspace()
