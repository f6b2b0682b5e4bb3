"""Answers and verdicts as the statistics see them: votes and pairs, streamed."""

import json
from collections.abc import Iterator, Sequence
from itertools import combinations, islice
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet

from annotation.models import Annotation, Gold, Item, Project, Queue, Verdict
from annotation.queries.lines import rows
from annotation.queries.told import told
from annotation.task_types.rankings import Ranking, pair_labels
from flywheel.differences import shared_prefix
from flywheel.formats import votes as vote_format
from flywheel.records import Pair, Vote

STREAM = 2000
GOLD = "gold"  # the rater behind known answers
SITTING_BREAK = 30 * 60  # seconds without an answer that end a sitting

# A sitting counts all answers of a person, also those that are no votes. What has no value is left out of the line.
HUMAN = """
WITH given AS (
    SELECT n.*, CASE WHEN %(names)s THEN u.username ELSE 'annotator-' || u.id END AS rater,
        extract(epoch FROM n.answered_at - lag(n.answered_at) OVER mine) > %(rest)s AS is_rested
    FROM annotation_annotation n
    JOIN annotation_item i ON i.id = n.item_id
    JOIN annotation_queue q ON q.id = i.queue_id AND q.project_id = %(project)s
    JOIN annotation_user u ON u.id = n.annotator_id
    WHERE n.kind = 'answer'
        AND (SELECT later.id FROM annotation_annotation later WHERE later.supersedes_id = n.id) IS NULL
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
        nullif(s.round, 0) AS round, s.sitting
) vote
WHERE vote.label IS NOT NULL ORDER BY s.annotator_id, s.answered_at, s.id
"""


def votes(project: Project, *, names: bool) -> Iterator[Vote]:
    """Every known answer, current human answer and judge verdict; without names, raters are annotator-<number>."""
    for line in vote_lines(project, names=names):
        yield vote_format.parse(json.loads(line))


def vote_lines(project: Project, *, names: bool) -> Iterator[str]:
    """The votes in the published format, a JSON object each."""
    yield from map(as_line, known_answers(project))
    yield from human_votes(project, names=names)
    yield from map(as_line, judge_votes(project))


def as_line(vote: Vote) -> str:
    """A vote in the published format."""
    return json.dumps(vote_format.dump(vote), ensure_ascii=False)


def pair_id(item: int | str, i: int, j: int, count: int) -> str:
    """What two sides of an item are called: the item itself if it has no others, else ITEM:i-j."""
    return str(item) if count == 2 else f"{item}:{i}-{j}"


def known_answers(project: Project) -> Iterator[Vote]:
    """Gold, as votes that are marked so."""
    for gold in Gold.objects.filter(item__queue__project=project).order_by("pk"):
        yield Vote(item=str(gold.item_id), rater=GOLD, kind="human", label=gold.choice, gold=True)


def human_votes(project: Project, *, names: bool, criterion: str | None = None) -> Iterator[str]:
    """Lines of votes, in answer order per person; what is said of more than two sides is taken apart into pairs.

    With a criterion of the project's rubric, what people said of that one.
    """
    found = rows(HUMAN, project=project.pk, names=names, rest=SITTING_BREAK, criterion=criterion)
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


def judge_votes(project: Project) -> Iterator[Vote]:
    """Votes of judges, one per order."""
    verdicts = Verdict.objects.filter(judge__project=project).select_related("judge").order_by("pk")
    for verdict in verdicts.iterator(STREAM):
        yield Vote(
            item=str(verdict.item_id),
            rater=verdict.judge.name,
            kind="judge",
            label=verdict.label,
            first="a" if verdict.first == 0 else "b",
            probability=verdict.probability,
            at=verdict.created_at,
        )


def pairs(project: Project) -> Iterator[Pair]:
    """Every item's sides, two by two."""
    yield from pairs_of(clusters(project))


def clusters(project: Project) -> QuerySet[Item]:
    """Items that can be voted on; their task is the unit of independence."""
    return Item.objects.filter(queue__project=project, queue__kind=Queue.Kind.COMPARE).order_by("pk")


def clustered(project: Project) -> Iterator[tuple[str, str]]:
    """(pair id, task) of every pair of sides that can be voted on."""
    found = clusters(project).annotate(count=Count("sides")).values_list("pk", "task", "count")
    for item, task, count in found.iterator(STREAM):
        yield from ((pair_id(item, i, j, count), task) for i, j in combinations(range(count), 2))


def judged(project: Project) -> QuerySet[Item]:
    """Items that a judge and a person both spoke of."""
    verdicts = Verdict.objects.filter(item=OuterRef("pk"))
    answers = Annotation.objects.filter(item=OuterRef("pk"), kind=Annotation.Kind.ANSWER)
    return clusters(project).filter(Exists(verdicts), Exists(answers))


def pairs_of(items: QuerySet[Item]) -> Iterator[Pair]:
    """The sides of these items two by two: shared prompt, then what each side went on with."""
    ids = items.order_by("pk").values_list("pk", flat=True).iterator(STREAM)
    while some := list(islice(ids, STREAM // 10)):
        for item, (task, _, sides) in told(some).items():
            for (i, (a, _, policy_a)), (j, (b, _, policy_b)) in combinations(enumerate(sides), 2):
                prefix = shared_prefix(a, b)
                yield Pair(
                    item=pair_id(item, i, j, len(sides)),
                    cluster=task,
                    prompt=a[:prefix],
                    a=a[prefix:],
                    b=b[prefix:],
                    generator_a=policy_a,
                    generator_b=policy_b,
                )
