"""What people together say of each item, weighed by how reliable each of them is. Workers only."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter

import numpy as np
from django.db import transaction
from django.db.models import Max, QuerySet
from django.db.models.fields.json import KT

from annotation.models import Annotation, Consensus, Gold, Queue, Round, Weighing
from annotation.queries import doubts
from annotation.queries.consensus import Posterior, Sides
from annotation.queries.majorities import ADJUDICATION
from annotation.task_types.rankings import pair_labels
from flywheel.records import Vote
from flywheel.stats import aggregation

MOVED = 0.005  # of a probability, from which on a posterior is stored again
CHUNK = 1000
LESS = 0.5  # of a vote, while its person is in doubt


@dataclass(frozen=True, slots=True)
class Weighed:
    """Posteriors and numbers of votes by sides of an item, and how often each annotator (by id) is right."""

    method: str = "none"
    posteriors: dict[Sides, Posterior] = field(default_factory=dict)
    votes: dict[Sides, int] = field(default_factory=dict)
    people: dict[str, float] = field(default_factory=dict)


def weighed(
    answers: QuerySet[Annotation], gold: Mapping[int, str] | None = None, doubted: Collection[int] = ()
) -> Weighed:
    """Aggregate these answers of normal work: Dawid–Skene, with one accuracy a person where answers are few.

    `gold` (item → label) tells how reliable people are, and stays as it is; answers of annotators in `doubted` weigh half.
    """
    votes = pair_votes(answers, doubted)
    if not votes:
        return Weighed()
    known = {f"{item}:0:1": label for item, label in (gold or {}).items()}
    reached = aggregation.weighed(votes, known)
    method, table, found = reached.method, reached.table, reached.found
    right = np.einsum("k,rkk->r", found.posterior.mean(axis=0), found.confusion)
    asked, keys = np.bincount(table.item, minlength=len(table.items)), [sides(item) for item in table.items]
    return Weighed(
        method,
        {
            key: {label: round(float(p), 4) for label, p in zip(table.labels, row, strict=True)}
            for key, row in zip(keys, found.posterior, strict=True)
        },
        dict(zip(keys, map(int, asked), strict=True)),
        {rater: round(float(share), 4) for rater, share in zip(table.raters, right, strict=True)},
    )


def pair_votes(answers: QuerySet[Annotation], doubted: Collection[int] = ()) -> list[Vote]:
    """Each answer as votes on two sides at a time; those of normal work that compare."""
    less = frozenset(doubted)
    rows = answers.filter(round=Round.NORMAL, item__queue__kind=Queue.Kind.COMPARE).order_by("pk")
    fields = ("item_id", "annotator_id", "order", KT("answer__choice"), "answer__ranking")
    return [
        Vote(
            item=f"{item}:{i}:{j}",
            rater=str(annotator),
            kind="human",
            label=label,
            weight=LESS if annotator in less else 1.0,
        )
        for item, annotator, order, choice, ranking in rows.values_list(*fields).iterator(2000)
        for i, j, label in pair_labels(choice, ranking, len(order))
    ]


def sides(name: str) -> Sides:
    """The item and its two sides out of the name that `pair_votes` gave them."""
    item, i, j = map(int, name.split(":"))
    return item, i, j


@transaction.atomic
def weigh(*, queue: Queue, now: datetime) -> bool:
    """Weigh a queue's answers anew and store what changed; False if since the last time nothing was answered, and the
    same people are in doubt.
    """
    everything = Annotation.objects.filter(assignment__queue=queue)
    newest = everything.aggregate(last=Max("pk"))["last"] or 0
    last = Weighing.objects.filter(queue=queue).first()
    is_compared = queue.kind == Queue.Kind.COMPARE and queue.sides == 2
    doubted = doubts.weighing_less(queue.project_id)
    seen = (last.last_annotation, frozenset(last.doubted)) if last else (0, doubted)
    if not is_compared or (newest, doubted) == seen:
        return False
    answers = everything.answers()
    gold = dict(Gold.objects.filter(item__queue=queue).values_list("item_id", "choice"))
    found = weighed(answers, gold, doubted)
    decided = answers.filter(round=Round.ADJUDICATION).order_by("pk").values_list("item_id", KT("answer__choice"))
    run, by_reviewer = last.run if last else uuid.uuid4(), dict(decided)
    rows = [row(run, key, found, by_reviewer.get(key[0]), now=now) for key in found.posteriors if key[0] not in gold]
    store(run, rows)
    fresh = {
        "run": run,
        "last_annotation": newest,
        "method": found.method,
        "people": found.people,
        "doubted": sorted(doubted),
        "weighed_at": now,
    }
    Weighing.objects.update_or_create(queue=queue, defaults=fresh)
    return True


def row(run: uuid.UUID, key: Sides, found: Weighed, decided: str | None, *, now: datetime) -> Consensus:
    """One item's row; what a reviewer `decided` is certain."""
    posterior = {decided: 1.0} if decided else found.posteriors[key]
    return Consensus(
        run=run,
        item_id=key[0],
        method=ADJUDICATION if decided else found.method,
        label=max(posterior.items(), key=itemgetter(1))[0],
        posterior=posterior,
        n=found.votes[key],
        created_at=now,
    )


def store(run: uuid.UUID, rows: list[Consensus]) -> None:
    """Bring the stored rows of a run in line with these; what hardly moved stays as it is."""
    kept = {one.item_id: one for one in Consensus.objects.filter(run=run)}
    moved = [one for one in rows if one.item_id not in kept or has_moved(kept.pop(one.item_id), one)]
    Consensus.objects.filter(run=run, item__in=kept).delete()  # taken back by everybody
    Consensus.objects.bulk_create(
        moved,
        batch_size=CHUNK,
        update_conflicts=True,
        unique_fields=["run", "item"],
        update_fields=["method", "label", "posterior", "n", "created_at"],
    )


def has_moved(old: Consensus, new: Consensus) -> bool:
    """Whether the votes on an item, or what they come to, changed so that it matters."""
    labels = {*old.posterior, *new.posterior}
    shift = max(abs(old.posterior.get(label, 0.0) - new.posterior.get(label, 0.0)) for label in labels)
    return (old.n, old.method, old.label) != (new.n, new.method, new.label) or shift > MOVED
