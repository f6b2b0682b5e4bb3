"""Answers and verdicts as the statistics see them, streamed."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, QuerySet

from annotation.models import Annotation, Gold, Project, Verdict
from annotation.queries.lines import rows
from annotation.queries.pairs import pair_id
from annotation.task_types.rankings import Ranking, pair_labels
from flywheel.formats import votes as vote_format
from flywheel.records import Vote

STREAM = 2000
GOLD = "gold"  # the rater behind known answers
SITTING_BREAK = 30 * 60  # seconds without an answer that end a sitting
NEWEST = 2**63 - 1

# A sitting counts all answers of a person, also those that are no votes. What has no value is left out of the line.
HUMAN = """
WITH given AS (
    SELECT n.*, CASE WHEN %(names)s THEN u.username ELSE 'annotator-' || u.id END AS rater,
        extract(epoch FROM n.answered_at - lag(n.answered_at) OVER mine) > %(rest)s AS is_rested
    FROM annotation_annotation n
    JOIN annotation_item i ON i.id = n.item_id
    JOIN annotation_queue q ON q.id = i.queue_id AND q.project_id = %(project)s
    JOIN annotation_user u ON u.id = n.annotator_id
    WHERE n.kind = 'answer' AND n.id <= %(upto)s
        AND (SELECT later.id FROM annotation_annotation later
            WHERE later.supersedes_id = n.id AND later.id <= %(upto)s) IS NULL
    WINDOW mine AS (PARTITION BY n.annotator_id ORDER BY n.answered_at, n.id)
), seated AS (
    SELECT given.*, rater || '-' || 1 + count(*) FILTER (WHERE is_rested) OVER mine AS sitting,
        CASE WHEN %(criterion)s::text IS NULL THEN answer->>'choice' ELSE answer->'criteria'->>%(criterion)s END AS said,
        CASE WHEN %(criterion)s::text IS NULL THEN answer->'ranking' END AS ranking
    FROM given WINDOW mine AS (PARTITION BY annotator_id ORDER BY answered_at, id)
)
SELECT json_strip_nulls(row_to_json(vote))::text, "order", said, ranking::text
FROM seated s CROSS JOIN LATERAL (
    SELECT s.item_id::text AS item, s.rater, 'human' AS kind, s.said AS label,
        CASE s."order"[1] WHEN 0 THEN 'a' ELSE 'b' END AS first, s.active_seconds AS seconds, s.answered_at AS at,
        nullif(s.round, 0) AS round, s.sitting, s.propensity
) vote
WHERE vote.label IS NOT NULL ORDER BY s.annotator_id, s.answered_at, s.id
"""


@dataclass(frozen=True, slots=True)
class Cut:
    """The newest rows that count: what came later is left out, and what it replaced counts again."""

    annotation: int = NEWEST
    verdict: int = NEWEST
    gold: int = NEWEST


EVERYTHING = Cut()


def cut_now(project: Project) -> Cut:
    """Everything that is there now; later it gives the same votes again, unless golds or texts were taken away."""
    rows = (Annotation.objects.filter(item__queue__project=project), Verdict.objects.filter(judge__project=project))
    newest = [found.aggregate(last=Max("pk"))["last"] or 0 for found in (*rows, golds(project))]
    return Cut(*newest)


def vote_lines(project: Project, *, names: bool, cut: Cut = EVERYTHING) -> Iterator[str]:
    """The votes in the published format, a JSON object each; without names, raters are annotator-<number>."""
    yield from map(as_line, known_answers(project, cut))
    yield from human_votes(project, names=names, upto=cut.annotation)
    yield from map(as_line, judge_votes(project, cut))


def as_line(vote: Vote) -> str:
    """A vote in the published format."""
    return json.dumps(vote_format.dump(vote), ensure_ascii=False)


def golds(project: Project) -> QuerySet[Gold]:
    """Known answers of a project."""
    return Gold.objects.filter(item__queue__project=project)


def known_answers(project: Project, cut: Cut) -> Iterator[Vote]:
    """Gold, as votes that are marked so."""
    for gold in golds(project).filter(pk__lte=cut.gold).order_by("pk"):
        yield Vote(item=str(gold.item_id), rater=GOLD, kind="human", label=gold.choice, gold=True)


def human_votes(project: Project, *, names: bool, criterion: str | None = None, upto: int = NEWEST) -> Iterator[str]:
    """Lines of votes, in answer order per person; what is said of more than two sides is taken apart into pairs.

    With a criterion of the project's rubric, what people said of that one.
    """
    values = {"project": project.pk, "names": names, "rest": SITTING_BREAK, "criterion": criterion, "upto": upto}
    found = rows(HUMAN, values, ("text", "int4[]", "text", "text"), is_ordered=False)
    for line, order, choice, ranking in found:
        if len(order) == 2:
            yield line
        else:
            yield from votes_on_pairs(json.loads(line), order, choice, json.loads(ranking or "null"))


def votes_on_pairs(vote: dict[str, Any], order: Sequence[int], choice: str, ranking: Ranking | None) -> Iterator[str]:
    """One line for each pair of sides that the answer speaks of; together they weigh as much as one vote."""
    found = list(pair_labels(choice, ranking, len(order)))
    for i, j, label in found:
        first = "a" if order.index(i) < order.index(j) else "b"
        pair = {
            "item": pair_id(vote["item"], i, j, len(order)),
            "label": label,
            "first": first,
            "weight": 1 / len(found),
        }
        yield json.dumps(vote | pair, ensure_ascii=False)


def judge_votes(project: Project, cut: Cut) -> Iterator[Vote]:
    """Votes of judges, one per order."""
    verdicts = Verdict.objects.filter(judge__project=project, pk__lte=cut.verdict).select_related("judge")
    for verdict in verdicts.order_by("pk").iterator(STREAM):
        yield Vote(
            item=str(verdict.item_id),
            rater=verdict.judge.name,
            kind="judge",
            label=verdict.label,
            first="a" if verdict.first == 0 else "b",
            probability=verdict.probability,
            at=verdict.created_at,
            version=verdict.prompt_version or None,
        )
