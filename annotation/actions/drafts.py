"""Drafts: what somebody was typing, kept on the server."""

import json
from datetime import datetime
from typing import Any

from django.db import transaction

from annotation.actions.assignments import NotOpen
from annotation.errors import Invalid
from annotation.models import Assignment, Draft
from flywheel.formats.shape import check_json
from flywheel.records import BadInput

LARGEST = 200_000  # bytes of JSON


@transaction.atomic
def save(*, assignment: Assignment, answer: dict[str, Any], now: datetime) -> Draft:
    """Replace the draft of an open assignment; of one that was answered at this moment there is none to keep."""
    assignment = Assignment.objects.select_for_update(no_key=True).get(pk=assignment.pk)
    if assignment.state not in (Assignment.State.OPEN, Assignment.State.EXPIRED):
        raise NotOpen("This item is already answered, so there is no draft to keep.", state=assignment.state)
    try:
        check_json(answer)
    except BadInput as problem:
        raise Invalid(f"The draft cannot be kept: {problem}") from problem
    if len(json.dumps(answer)) > LARGEST:
        raise Invalid(f"The draft cannot be kept: it is larger than {LARGEST // 1000} kB.")
    draft, _ = Draft.objects.update_or_create(assignment=assignment, defaults={"answer": answer, "saved_at": now})
    return draft
