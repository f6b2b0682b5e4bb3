"""Storing an answer: one row with everything that cannot be added later. The caller holds the assignment's lock."""

import json
import math
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
WHERE a.id = %(assignment)s
ON CONFLICT DO NOTHING
RETURNING id, policies, batch_id, selected_by, propensity, guideline_id, supersedes_id, shown_at, active_seconds
"""

# The same, and what goes with a submitted answer: the assignment is done, its draft is spent, the log has a line.
SUBMIT = f"""
WITH stored AS ({STORE}), done AS (
    UPDATE annotation_assignment a SET state = 'done', closed_at = %(now)s::timestamptz
    FROM stored WHERE a.id = %(assignment)s
), spent AS (
    DELETE FROM annotation_draft d USING stored WHERE d.assignment_id = %(assignment)s
), logged AS (
    INSERT INTO annotation_event (project_id, actor_id, verb, subject, detail, created_at)
    SELECT %(project)s, %(me)s, 'annotation.submitted', stored.id, '{{}}', %(now)s::timestamptz FROM stored
)
SELECT * FROM stored
"""  # noqa: S608  # made of constants


def store(
    assignment: Assignment,
    *,
    client_key: str,
    now: datetime,
    kind: str = Annotation.Kind.ANSWER,
    answer: dict[str, Any] | None = None,
    skip_reason: str = "",
    active_seconds: float = 0.0,
    is_submit: bool = False,
) -> Annotation | None:
    """The stored row, at the end of the assignment's chain; None if this key or this place in the chain is taken.

    Needs `assignment.queue`. A submit also closes the assignment, in the same statement.
    """
    given = {
        "assignment": assignment.pk,
        "project": assignment.queue.project_id,
        "me": assignment.annotator_id,
        "kind": str(kind),
        "answer": json.dumps(answer or {}),
        "skip_reason": skip_reason,
        "client_key": client_key,
        "now": now,
        "active": 0.0 if math.isnan(active_seconds) else max(0.0, active_seconds),
    }
    if not is_submit:
        del given["me"]
    found = prepared.row(SUBMIT if is_submit else STORE, given)
    if found is None:
        return None
    if is_submit:
        assignment.state, assignment.closed_at = Assignment.State.DONE, now
    copied = dict(zip(COPIED, found, strict=True))
    return Annotation(
        assignment=assignment,
        item_id=assignment.item_id,
        annotator_id=assignment.annotator_id,
        round=assignment.round,
        kind=kind,
        answer=answer or {},
        skip_reason=skip_reason,
        order=assignment.order,
        client_key=client_key,
        answered_at=now,
        **copied,
    )
