"""The pool and what is drawn from it: re-scored after new answers, drawn when open work runs low. Workers only."""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import transaction
from django.db.models import Count, Max, Q, Sum

from annotation.actions import consensus as weighing
from annotation.actions import eligibility, events, queues, slots
from annotation.actions.retargets import target
from annotation.actions.selection_features import Features, features
from annotation.models import Annotation, Assignment, Batch, Item, Queue, Role, Score, Scoring, Slot
from annotation.queries import consensus, entry
from flywheel.selection import acquisition, batches
from flywheel.selection.acquisition import Scores
from flywheel.selection.batches import COLD, EARLY, BatchDraw, Pool
from flywheel.selection.reward_head import RewardHead, fit_by_cross_validation

WINS = {"a": 1.0, "b": 0.0, "tie": 0.5}
MOSTLY = 0.5  # probability that an item was decided at all, below which it teaches nothing
CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Learned:
    """A reward head, and the digest that names it beside every score."""

    head: RewardHead
    digest: str


def tend(*, now: datetime) -> None:
    """Look after every queue: new answers change the order of open work; low open work calls for a batch."""
    for queue in Queue.objects.filter(paused_at__isnull=True).order_by("pk"):
        weighing.weigh(queue=queue, now=now)
        if eligibility.is_complete(queue):
            queues.stop(queue=queue, now=now)
            continue
        if has_news(queue):
            rescore(queue=queue, now=now)
        if runs_low(queue):
            draw(queue=queue, now=now)


def has_news(queue: Queue) -> bool:
    """Whether people compared anything since the selector last learned from their answers."""
    is_learned_from = queue.kind == Queue.Kind.COMPARE and queue.sides == 2
    return is_learned_from and newest_answer(queue) > (used_so_far(queue) or 0)


def newest_answer(queue: Queue) -> int:
    """The id of the queue's last answer; 0 before the first."""
    answers = Annotation.objects.filter(assignment__queue=queue, kind=Annotation.Kind.ANSWER)
    return answers.aggregate(last=Max("pk"))["last"] or 0


def used_so_far(queue: Queue) -> int | None:
    """The id of the last answer that the selector has learned from."""
    return queue.scorings.order_by("-pk").values_list("last_annotation", flat=True).first()


def runs_low(queue: Queue) -> bool:
    """Whether less than half a batch is open, for all or for one of the annotators, while the pool holds something."""
    enough = max(1, queue.batch_size // 2)
    waiting = Slot.objects.filter(queue=queue).aggregate(places=Sum("need"), items=Count("pk"))
    is_low = (waiting["places"] or 0) < enough or waiting["items"] - most_met(queue) < enough
    return is_low and entry.entering(queue).exists()


def most_met(queue: Queue) -> int:
    """How many of the open items one annotator has had already, at most: what is left of those is for others."""
    annotating = Q(annotator__memberships__project=queue.project_id, annotator__memberships__role=Role.ANNOTATOR)
    met = Assignment.objects.filter(annotating, queue=queue, round=0, item__slot__isnull=False)
    counts = met.values("annotator").annotate(items=Count("pk")).order_by("-items").values_list("items", flat=True)
    return counts.first() or 0


def rescore(*, queue: Queue, now: datetime) -> int:
    """Score everything that could still be asked, and put open work in the new order; returns how many items.

    No transaction around it all: claims go on while features are computed, and slots are held for moments only.
    """
    last_answer = newest_answer(queue)  # before the answers are read: later ones are not claimed to be used
    weighing.weigh(queue=queue, now=now)
    waiting = list(Item.objects.filter(queue=queue).in_pool().values_list("pk", flat=True))
    waiting += Slot.objects.filter(queue=queue).values_list("pk", flat=True)
    known_wins = wins(queue)
    if not waiting or len(known_wins) < COLD:
        return 0
    found = features(queue, extra=waiting)
    learned = learn(queue, found, known_wins)
    if learned is None:
        return 0
    part = found.of(waiting)
    scores = acquisition.score(learned.head, part.z, part.judge_probability, part.inconsistent)
    store(waiting, scores, learned, now=now)
    slots.reorder(queue=queue.pk)
    Scoring.objects.create(
        queue=queue, head=learned.digest, labels=learned.head.n, last_annotation=last_answer, scored_at=now
    )
    return len(waiting)


def wins(queue: Queue) -> dict[int, float]:
    """item → the chance that side a wins by what its people came to, a tie being half a win; both bad is left out.

    Items of more than two sides are drawn without a head: it learns from pairs, and has no one chance to give them.
    """
    chances = {}
    for (item, _, _), posterior in consensus.posteriors([queue]).items():
        told = sum(posterior.get(label, 0.0) for label in WINS)
        if told > MOSTLY:
            chances[item] = sum(posterior.get(label, 0.0) * win for label, win in WINS.items()) / told
    return chances


def learn(queue: Queue, found: Features, known_wins: dict[int, float]) -> Learned | None:
    """The reward head of these answers; none below the number that a head can be trusted with."""
    labels = {item: win for item, win in known_wins.items() if item in found.place}
    if len(labels) < COLD:
        return None
    part = found.of(list(labels))
    won = np.array(list(labels.values()))
    head = fit_by_cross_validation(part.z, won, part.tasks, rng=np.random.default_rng([queue.seed, len(labels)]))
    return Learned(head, hashlib.sha256(head.to_bytes()).hexdigest())


def store(items: list[int], scores: Scores, learned: Learned, *, now: datetime) -> None:
    """Replace the items' scores."""
    rows = [
        Score(
            item_id=item,
            value=float(scores.value[row]),
            probability=float(scores.probability[row]),
            entropy=float(scores.entropy[row]),
            bald=float(scores.bald[row]),
            judge_probability=known(scores.judge_probability[row]),
            judge_uncertainty=known(scores.judge_uncertainty[row]),
            rule="hyb4",
            head=learned.digest,
            scored_at=now,
        )
        for row, item in enumerate(items)
    ]
    fields = [field.name for field in Score._meta.fields if field.name != "item"]
    Score.objects.bulk_create(
        rows, batch_size=CHUNK, update_conflicts=True, unique_fields=["item"], update_fields=fields
    )


def known(number: float) -> float | None:
    """NaN is how arrays say that nobody asked."""
    return None if math.isnan(number) else float(number)


@transaction.atomic
def draw(*, queue: Queue, now: datetime) -> Batch | None:
    """Draw the next batch and open its places; None if enough is open, or the pool is empty."""
    locked = Queue.objects.select_for_update(no_key=True).select_related("project").get(pk=queue.pk)
    if not runs_low(locked):
        return None
    waiting = list(entry.entering(locked).order_by("pk").values_list("pk", flat=True))
    if not waiting:
        return None
    weighing.weigh(queue=locked, now=now)
    number = (locked.batches.aggregate(top=Max("number"))["top"] or 0) + 1
    seed = [locked.seed, number]
    found = features(locked, extra=waiting)
    learned = learn(locked, found, wins(locked))
    labels = learned.head.n if learned else 0
    share = max(locked.exploration_share, 0.01 if labels >= EARLY else batches.exploration_share(labels))
    part = found.of(waiting)
    drawn = batches.draw_batch(
        Pool(part.z, part.points, part.strata, part.judge_probability, part.inconsistent),
        locked.batch_size,
        head=learned.head if learned else None,
        rng=np.random.default_rng(seed),
        exploration=share,
    )
    if learned and drawn.scores is not None:
        store(waiting, drawn.scores, learned, now=now)
    return enter(locked, number, waiting, drawn, head=learned.digest if learned else "", now=now)


def enter(queue: Queue, number: int, pool: list[int], drawn: BatchDraw, *, head: str, now: datetime) -> Batch:
    """Record the batch and every item's way into it, and open the places."""
    batch = Batch.objects.create(
        queue=queue,
        number=number,
        rule=drawn.rule,
        head=head,
        pool_size=len(pool),
        size=len(drawn.draws),
        exploration_share=drawn.exploration,
        seed=queue.seed,
        drawn_at=now,
    )
    chosen = {pool[one.index]: one for one in drawn.draws}
    items = list(Item.objects.filter(pk__in=chosen))
    for item in items:
        item.batch, item.entered_at = batch, now
        item.selected_by, item.propensity = chosen[item.pk].selected_by, chosen[item.pk].propensity
        item.target = target(queue, item.pk)
    Item.objects.bulk_update(items, ["batch", "entered_at", "selected_by", "propensity", "target"], batch_size=CHUNK)
    slots.settle(chosen)
    events.record(
        "batch.drawn", project=queue.project_id, actor=None, now=now, subject=batch.pk, size=batch.size, rule=batch.rule
    )
    return batch
