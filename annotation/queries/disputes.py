"""Disputed items: those that people could not settle among themselves, and that wait for a reviewer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from annotation import prepared
from annotation.models import Annotation, Assignment, Project, Role, Round, User
from annotation.queries import choices
from annotation.task_types.registry import KINDS

MOST = 200  # items that are listed at once
REASONS = {
    "unclear": "The guideline is unclear here",
    "missed": "Somebody missed something",
    "ambiguous": "It is genuinely ambiguous",
    "both": "Both answers are acceptable",
}

# All who were asked have answered, and either no label has more than half of the answers, or people still differ
# though the queue asks no further ones. Of whole orders the same holds for each pair of sides that two people put the
# other way round. First the items about which anybody ever differed, which needs no sorting; only what is left of
# them is counted label by label, and pair by pair.
DISPUTED = """
WITH differing AS MATERIALIZED (
    SELECT n.item_id FROM annotation_annotation n
    JOIN annotation_item i ON i.id = n.item_id AND i.target > 1
    JOIN annotation_queue q ON q.id = i.queue_id AND q.is_adjudicated AND q.kind = 'compare'
    WHERE {which} AND n.round = 0 AND n.kind = 'answer'
    GROUP BY n.item_id
    HAVING min(coalesce(n.answer->>'ranking', n.answer->>'choice') COLLATE "C")
         < max(coalesce(n.answer->>'ranking', n.answer->>'choice') COLLATE "C")
), left_over AS MATERIALIZED (
    SELECT d.item_id FROM differing d
    WHERE NOT EXISTS (SELECT 1 FROM annotation_slot w WHERE w.item_id = d.item_id)
      AND NOT EXISTS (SELECT 1 FROM annotation_gold g WHERE g.item_id = d.item_id)
      AND NOT EXISTS (
        SELECT 1 FROM annotation_assignment a WHERE a.item_id = d.item_id
          AND (a.state = 'open' AND a.round = 0
            OR a.state = 'done' AND (a.round = 2 OR a.annotator_id = %(me)s)
            OR a.state = 'open' AND a.round = 2 AND a.annotator_id <> %(me)s
            OR a.state = 'skipped' AND a.round = 2 AND a.annotator_id = %(me)s))
), given AS (
    SELECT n.id, n.item_id, n.answer, n.answered_at AS at
    FROM left_over l JOIN annotation_annotation n ON n.item_id = l.item_id AND n.round = 0 AND n.kind = 'answer'
    WHERE (SELECT 1 FROM annotation_annotation later WHERE later.supersedes_id = n.id) IS NULL
), said AS (
    SELECT item_id, count(*) AS people, max(at) AS at FROM given GROUP BY item_id, answer->>'choice'
), placed AS (
    SELECT g.id, g.item_id, g.at, side, place FROM given g
    CROSS JOIN LATERAL jsonb_array_elements(nullif(g.answer->'ranking', 'null')) WITH ORDINALITY AS r (sides, place)
    CROSS JOIN LATERAL jsonb_array_elements_text(r.sides) AS side
), pairs AS (
    SELECT a.item_id, count(*) FILTER (WHERE a.place < b.place) AS ahead,
        count(*) FILTER (WHERE a.place > b.place) AS behind, count(*) AS people, max(a.at) AS at
    FROM placed a JOIN placed b ON b.id = a.id AND b.side > a.side GROUP BY a.item_id, a.side, b.side
), split AS (
    SELECT item_id, max(people)::int AS people, max(at) AS at, bool_or(is_even) AS is_even FROM (
        SELECT item_id, sum(people) AS people, max(at) AS at, max(people) * 2 <= sum(people) AS is_even
        FROM said GROUP BY item_id HAVING count(*) > 1
        UNION ALL
        SELECT item_id, people, at, greatest(ahead, behind) * 2 <= people FROM pairs WHERE ahead > 0 AND behind > 0
    ) found GROUP BY item_id
)
SELECT i.id, i.task, q.id, q.name, s.people, s.at, own.state IS NOT NULL, count(*) OVER ()::int
FROM split s
JOIN annotation_item i ON i.id = s.item_id
JOIN annotation_queue q ON q.id = i.queue_id
LEFT JOIN annotation_assignment own
    ON own.item_id = i.id AND own.annotator_id = %(me)s AND own.round = 2 AND own.state = 'open'
WHERE s.is_even OR i.target >= q.most_people
ORDER BY own.state IS NULL, q.priority DESC, s.at, i.id LIMIT %(most)s
"""
IN_PROJECT = DISPUTED.format(which="q.project_id = %(which)s")
THIS_ITEM = DISPUTED.format(which="n.item_id = %(which)s")


@dataclass(frozen=True, slots=True)
class Dispute:
    """A disputed item as a reviewer sees it before judging: how many answered, not what they said."""

    item: int
    task: str
    queue: int
    queue_name: str
    people: int
    at: datetime
    is_open: bool
    total: int


def waiting(project: Project, reviewer: User, *, most: int = MOST) -> list[Dispute]:
    """What this reviewer may judge, their own open one first, then the longest waiting; each knows the `total`.

    Nobody judges an item that they answered themselves, had and passed on, or that another reviewer holds.
    """
    found = prepared.rows(IN_PROJECT, {"which": project.pk, "me": reviewer.pk, "most": most})
    return [Dispute(*row) for row in found]


def count(project: Project, reviewer: User) -> int:
    """How many items wait for this reviewer."""
    first = waiting(project, reviewer, most=1)
    return first[0].total if first else 0


def by_project(reviewer: User) -> list[dict[str, Any]]:
    """Each project where this person reviews and something waits for them: [{project, count}]."""
    projects = Project.objects.filter(members__user=reviewer, members__role=Role.REVIEWER).order_by("name")
    counted = [{"project": project, "count": count(project, reviewer)} for project in projects]
    return [entry for entry in counted if entry["count"]]


def is_waiting(item: int, reviewer: User) -> bool:
    """Whether this very item waits for this reviewer."""
    return prepared.row(THIS_ITEM, {"which": item, "me": reviewer.pk, "most": 1}) is not None


def standing(assignment: Assignment) -> Annotation | None:
    """The decision that stands, if this adjudication has one."""
    return Annotation.objects.answers().filter(assignment=assignment).first()


def said(assignment: Assignment, *, names: bool) -> list[dict[str, Any]]:
    """What everybody said of the item, by the sides as this reviewer saw them; oldest first."""
    task, order = KINDS[assignment.queue.kind], assignment.order
    rows = Annotation.objects.answers().filter(item=assignment.item_id).exclude(round=Round.REPEAT)
    return [
        {
            "who": row.annotator.get_username() if names else f"Person {number}",
            "said": choices.said(task.displayed(row.answer, order), len(order)),
            "rationale": row.answer.get("rationale", ""),
            "is_mine": row.annotator_id == assignment.annotator_id,
            "is_decision": row.round == Round.ADJUDICATION,
        }
        for number, row in enumerate(rows.select_related("annotator").order_by("pk"), start=1)
    ]
