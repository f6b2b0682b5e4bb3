"""What the annotate form sends, as the plain answer that actions take."""

import math
from datetime import datetime
from typing import Any

from django.http import QueryDict

from annotation.models import Assignment


def typed_answer(form: QueryDict) -> dict[str, Any]:
    """The answer in displayed terms; nothing is judged here."""
    answer: dict[str, Any] = {"rationale": typed_text(form, "rationale"), "correction": None}
    if choice := form.get("choice"):
        answer["choice"] = choice
    if content := typed_text(form, "correction"):
        side, _, message = form.get("correction_of", "").partition(":")
        index = int(message) if message.isascii() and message.isdigit() else None
        answer["correction"] = {"side": side, "message": index, "content": content}
    return answer


def typed_text(form: QueryDict, name: str) -> str:
    """A text with the line ends that its author saw: forms send CRLF, traces have LF."""
    return form.get(name, "").replace("\r\n", "\n").strip()


def active_seconds(form: QueryDict, assignment: Assignment, *, now: datetime) -> float:
    """What the page counted; without scripts, the time since the item was shown."""
    try:
        counted = float(form.get("active_seconds") or "nan")
    except ValueError:
        counted = math.nan
    if math.isfinite(counted):
        return counted
    return (now - (assignment.shown_at or assignment.claimed_at)).total_seconds()
