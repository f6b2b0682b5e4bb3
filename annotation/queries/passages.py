"""Where quoted words stand in a message: the screen shows markdown rendered, answers count in the text as it was written."""

import re
from collections.abc import Sequence
from typing import Any

from annotation.models import Assignment
from annotation.queries.corrections import told
from flywheel.formats.messages import content_text

# What may stand between two words in the source and not on the screen: white space and the marks of markdown.
BETWEEN = r"[\s*_`#>|~\[\]()\\-]*"
WORD = re.compile(r"\w+|[^\w\s]")


def located(comments: Sequence[dict[str, Any]], assignment: Assignment) -> list[dict[str, Any]]:
    """The comments with start, end and quote as their messages have them; one that is not found stays as it is."""
    messages = {place: told(assignment, place)[0] for place in {str(one.get("side")) for one in comments}}
    return [placed(one, messages[str(one.get("side"))]) for one in comments]


def placed(comment: dict[str, Any], messages: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One comment at the place in its message that is nearest to where the screen showed the words."""
    number, quote = comment.get("message"), comment.get("quote")
    if not (isinstance(number, int) and 0 <= number < len(messages) and isinstance(quote, str)):
        return comment
    text, start = content_text(messages[number]), comment.get("start")
    start = start if isinstance(start, int) else 0
    if text[start : start + len(quote)] == quote:
        return {**comment, "end": start + len(quote)}
    words = WORD.findall(quote)
    found = re.finditer(BETWEEN.join(map(re.escape, words)), text) if words else ()
    nearest = min(found, key=lambda match: abs(match.start() - start), default=None)
    if nearest is None:
        return comment
    return {**comment, "start": nearest.start(), "end": nearest.end(), "quote": nearest[0]}
