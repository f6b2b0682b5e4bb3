"""From one item to the next: an answer stored and the next item lent in one transaction, where no rule has a say."""

from datetime import datetime
from typing import Any

from annotation import prepared
from annotation.actions import annotations, answers, lending
from annotation.models import Annotation, Assignment, Round


def submit_and_claim(
    *,
    assignment: Assignment,
    answer: dict[str, Any],
    client_key: str,
    active_seconds: float,
    is_shown: bool,
    now: datetime,
) -> tuple[Annotation, Assignment | None]:
    """Store the answer as `annotations.submit` does, and lend its person the next item of the same queue.

    No item where a rule has a say, or nothing was found at once: then a claim of its own finds one, or says why not.
    """
    if not annotations.is_plain(assignment) or assignment.round != Round.NORMAL or assignment.queue.qualify_on:
        alone = annotations.submit(
            assignment=assignment, answer=answer, client_key=client_key, active_seconds=active_seconds, now=now
        )
        return alone, None
    annotations.check_key(client_key)
    sent = answers.Sent(client_key=client_key, active_seconds=active_seconds, now=now)
    checked = annotations.checked(assignment, answer)
    made, storing = answers.submission(assignment, answer=checked, sent=sent, is_locked=False)
    lent, (locking, *taking) = lending.loan(
        queue=assignment.queue, annotator=assignment.annotator, is_shown=is_shown, after=assignment.pk, now=now
    )
    # The cursor is locked first, as everywhere. An assignment that turns out not to be open lends nothing.
    locked, stored, _, *taken = prepared.together(locking, *storing, *taking)
    given = answers.submitted(made, stored) or annotations.submit_with_rules(assignment, answer, sent)
    return given, lending.lent_by(lent, [locked, *taken])
