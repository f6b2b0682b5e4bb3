"""Drafts: what somebody was typing, kept on the server."""

import json
from datetime import datetime
from typing import Any

from django.db import transaction

from annotation.actions.assignments import NotOpen
from annotation.errors import Invalid, Refused
from annotation.models import Assignment, Draft
from flywheel.formats.shape import check_json
from flywheel.records import BadInput

LARGEST = 200_000  # characters of JSON


class Newer(Refused):
    """The draft was saved from elsewhere since this page saw it; `extra` says when."""

    type = "newer-draft"


@transaction.atomic
def save(*, assignment: Assignment, answer: dict[str, Any], now: datetime, seen: str | None = None) -> Draft:
    """Replace the draft of an open assignment; of one that was answered at this moment there is none to keep.

    `seen`: the time of the draft that the sender knows, as text, empty for none; another draft is not overwritten,
    unless it says the same: then the sender's own first try had arrived.
    """
    assignment = Assignment.objects.select_for_update(no_key=True).get(pk=assignment.pk)
    if assignment.state not in (Assignment.State.OPEN, Assignment.State.EXPIRED):
        raise NotOpen("This item is already answered, so there is no draft to keep.", state=assignment.state)
    try:
        check_json(answer)
    except BadInput as problem:
        raise Invalid(f"The draft cannot be kept: {problem}") from problem
    if len(json.dumps(answer, ensure_ascii=False)) > LARGEST:
        raise Invalid(f"The draft cannot be kept: it has more than {LARGEST:,} characters.")
    kept = Draft.objects.filter(assignment=assignment).first() if seen is not None else None
    if kept is not None and kept.saved_at.isoformat() != seen and kept.answer != answer:
        raise Newer(
            "You went on with this item elsewhere; reload to see what you wrote there, or save this page's text over it.",
            saved_at=kept.saved_at.isoformat(),
        )
    draft, _ = Draft.objects.update_or_create(assignment=assignment, defaults={"answer": answer, "saved_at": now})
    return draft
