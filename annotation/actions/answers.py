"""Storing an answer: one row with everything that cannot be added later, and what goes with it."""

import json
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from annotation import prepared
from annotation.models import Annotation, Assignment

COPIED = (
    "id", "policies", "batch_id", "selected_by", "propensity", "guideline_id", "supersedes_id", "shown_at",
    "active_seconds",
)  # fmt: skip
# What it supersedes is the end of the assignment's chain: nothing at first, a withdrawal after an undo.
STORE = """
INSERT INTO annotation_annotation (
    assignment_id, item_id, annotator_id, round, kind, answer, skip_reason, "order", policies, batch_id, selected_by,
    propensity, guideline_id, is_judge_visible, client_key, supersedes_id, shown_at, answered_at, active_seconds)
SELECT a.id, a.item_id, a.annotator_id, a.round, %(kind)s, %(answer)s::jsonb, %(skip_reason)s, a."order",
    ARRAY(SELECT t.policy_id FROM annotation_side s JOIN annotation_trace t ON t.id = s.trace_id
          WHERE s.item_id = a.item_id ORDER BY s.index),
    i.batch_id, i.selected_by, i.propensity,
    (SELECT g.id FROM annotation_guideline g WHERE g.project_id = %(project)s ORDER BY g.version DESC LIMIT 1),
    false, %(client_key)s,
    (SELECT n.id FROM annotation_annotation n WHERE n.assignment_id = a.id
       AND (SELECT 1 FROM annotation_annotation m WHERE m.supersedes_id = n.id) IS NULL ORDER BY n.id DESC LIMIT 1),
    coalesce(a.shown_at, a.claimed_at), %(now)s::timestamptz,
    least(%(active)s::float8,
          greatest(0, extract(epoch FROM %(now)s::timestamptz - coalesce(a.shown_at, a.claimed_at))))
FROM annotation_assignment a JOIN annotation_item i ON i.id = a.item_id
WHERE a.id = %(assignment)s {open}
ON CONFLICT DO NOTHING
RETURNING id, policies, batch_id, selected_by, propensity, guideline_id, supersedes_id, shown_at, active_seconds
"""

STORE_ANY = STORE.format(open="")
# Of an assignment that is open, without having been locked before. What it waits for may end a chain that it began to
# see without that: the table allows one chain an assignment and one successor a row, so then nothing is stored.
STORE_OPEN = STORE.format(open="AND a.state = 'open' FOR NO KEY UPDATE OF a")

# What goes with a submitted answer: the assignment is done, and the log has a line.
SUBMIT = """
WITH stored AS ({store}), done AS (
    UPDATE annotation_assignment a SET state = 'done', closed_at = %(now)s::timestamptz
    FROM stored WHERE a.id = %(assignment)s
), logged AS (
    INSERT INTO annotation_event (project_id, actor_id, verb, subject, detail, created_at)
    SELECT %(project)s, %(me)s, 'annotation.submitted', stored.id, '{{}}', %(now)s::timestamptz FROM stored
)
SELECT * FROM stored
"""
SUBMIT_ANY, SUBMIT_OPEN = SUBMIT.format(store=STORE_ANY), SUBMIT.format(store=STORE_OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a request brings besides the answer itself."""

    client_key: str
    now: datetime
    active_seconds: float = 0.0


# A statement of its own, so that it sees a draft for which the one before had to wait.
SPEND = """
DELETE FROM annotation_draft d USING annotation_assignment a
WHERE d.assignment_id = %(assignment)s AND a.id = d.assignment_id AND a.state = 'done'
"""


def submit(assignment: Assignment, *, answer: dict[str, Any], sent: Sent, is_locked: bool) -> Annotation | None:
    """Store an answer, close its assignment and spend its draft; None if it is not open or its chain went on.

    `is_locked`: the caller holds the assignment and decided that it may be answered, whatever its state.
    """
    made, sending = submission(assignment, answer=answer, sent=sent, is_locked=is_locked)
    # Sent together, they are one transaction even outside of any other.
    stored, _ = prepared.together(*sending)
    return submitted(made, stored)


def submission(
    assignment: Assignment, *, answer: dict[str, Any], sent: Sent, is_locked: bool
) -> tuple[Annotation, list[prepared.Sending]]:
    """A row that is not stored yet, and what stores it: the rows of the first statement are for `submitted`."""
    made = Annotation(kind=Annotation.Kind.ANSWER, answer=answer)
    given = told(made, assignment, sent) | {"me": assignment.annotator_id}
    return made, [(SUBMIT_ANY if is_locked else SUBMIT_OPEN, given), (SPEND, {"assignment": assignment.pk})]


def submitted(made: Annotation, stored: list[tuple[Any, ...]]) -> Annotation | None:
    """The row as it was stored, its assignment done; None if it was not."""
    if not stored:
        return None
    made.assignment.state, made.assignment.closed_at = Assignment.State.DONE, made.answered_at
    return filled(made, stored[0])


def store(
    assignment: Assignment,
    *,
    sent: Sent,
    kind: str = Annotation.Kind.ANSWER,
    answer: dict[str, Any] | None = None,
    skip_reason: str = "",
) -> Annotation | None:
    """Store any row at the end of the chain of a locked assignment; None if this key is taken."""
    made = Annotation(kind=kind, answer=answer or {}, skip_reason=skip_reason)
    found = prepared.row(STORE_ANY, told(made, assignment, sent))
    return None if found is None else filled(made, found)


def told(made: Annotation, assignment: Assignment, sent: Sent) -> dict[str, Any]:
    """Parameters of the statement; what they say is set on the row too. Needs `assignment.queue`."""
    made.assignment, made.item_id, made.annotator_id = assignment, assignment.item_id, assignment.annotator_id
    made.round, made.order = assignment.round, assignment.order
    made.client_key, made.answered_at = sent.client_key, sent.now
    return {
        "assignment": assignment.pk,
        "project": assignment.queue.project_id,
        "kind": str(made.kind),
        "answer": json.dumps(made.answer),
        "skip_reason": made.skip_reason,
        "client_key": sent.client_key,
        "now": sent.now,
        "active": 0.0 if math.isnan(sent.active_seconds) else max(0.0, sent.active_seconds),
    }


def filled(made: Annotation, found: tuple[Any, ...]) -> Annotation:
    """The row with what the database put into it."""
    for field, value in zip(COPIED, found, strict=True):
        setattr(made, field, value)
    made._state.adding, made._state.db = False, "default"
    return made
