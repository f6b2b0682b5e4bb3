"""What the API gives out beside votes and pairs: the history of answers, preferences as of now, figures of a report."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from annotation.models import Project, Report
from annotation.queries import consensus, preferences, raters
from annotation.queries.lines import lines
from flywheel.datasets.rows import PreferenceRow, correction_rows, preference_row

# Undisplayed sides (a, b, …) in `answer` and `policies`; `order` is what this person saw first, second, …
ANSWERS = """
SELECT row_to_json(told)::text FROM (
    SELECT n.id, n.item_id::text AS item, i.queue_id AS queue, i.task,
        CASE WHEN %(names)s THEN u.username ELSE 'annotator-' || u.id END AS annotator,
        n.round, n.kind, n.answer, n.skip_reason, n."order",
        ARRAY(
            SELECT p.name || '@' || p.version
            FROM unnest(n.policies) WITH ORDINALITY AS side (policy, index) JOIN annotation_policy p ON p.id = side.policy
            ORDER BY side.index
        ) AS policies,
        n.batch_id AS batch, n.selected_by, n.propensity, g.version AS guideline, n.is_judge_visible,
        n.supersedes_id AS supersedes,
        (SELECT later.id FROM annotation_annotation later WHERE later.supersedes_id = n.id) IS NULL AS is_current,
        n.shown_at, n.answered_at, n.active_seconds
    FROM annotation_annotation n
    JOIN annotation_item i ON i.id = n.item_id
    JOIN annotation_queue q ON q.id = i.queue_id AND q.project_id = %(project)s
    JOIN annotation_user u ON u.id = n.annotator_id
    LEFT JOIN annotation_guideline g ON g.id = n.guideline_id
    ORDER BY n.id
) told
"""


def answers(project: Project, *, names: bool) -> Iterator[str]:
    """Every answer, skip and withdrawal ever given, oldest first; without names, annotators are annotator-<number>."""
    return lines(ANSWERS, project=project.pk, names=names)


def preference_rows(project: Project) -> Iterator[PreferenceRow]:
    """The rows of preference/*.jsonl that a release without filters would hold now: pairs, then corrections."""
    everything = preferences.answers(project, preferences.Filters())
    weighed = consensus.posteriors(project.queues.all())
    found = chain(
        (preference_row(pair) for _, _, pair in preferences.judged_pairs(everything, posteriors=weighed)),
        (correction_rows(correction)[0] for _, correction in preferences.corrections(everything)),
    )
    return (row for row in found if isinstance(row, PreferenceRow))


def report_numbers(report: Report, *, names: bool) -> dict[str, Any]:
    """The figures of a report; without names, annotators are annotator-<number>."""
    numbers: dict[str, Any] = report.numbers
    return raters.named(numbers, raters.names_of(report.project)) if names else numbers
