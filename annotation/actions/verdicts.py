"""Asking judges, checking them on gold, and storing what they said. Runs in workers only."""

import os
from dataclasses import asdict
from datetime import datetime
from functools import cached_property

import numpy as np
from django.db import transaction
from django.db.models import QuerySet

from annotation.actions import events
from annotation.actions.embeddings import CachedEmbedder
from annotation.models import Charge, Gold, Item, Judge, Project, Queue, Verdict
from annotation.models.judges import JudgeProvider
from annotation.queries import votes
from flywheel import records
from flywheel.judging import judge as judging
from flywheel.judging.client import EndpointJudge
from flywheel.judging.endpoint import Endpoint
from flywheel.judging.gate import fit_for_automatic_use
from flywheel.judging.judge import JudgeFailed, combine, judge_both_orders
from flywheel.judging.local import EmbeddingJudge, LikelihoodJudge
from flywheel.judging.prompt import Prompt

PER_JOB = 200
FIRST = {"a": 0, "b": 1}


class Bench:
    """One judge at work: the core's judge behind a row of ours."""

    def __init__(self, row: Judge) -> None:
        self.row = row

    @cached_property
    def judge(self) -> judging.Judge:
        """The provider's judge, its key read from the variable the row names."""
        if self.row.provider == JudgeProvider.EMBEDDING:
            return EmbeddingJudge(CachedEmbedder())
        if self.row.provider == JudgeProvider.LIKELIHOOD:
            return LikelihoodJudge(self.row.model)
        limits = {key: value for key, value in self.row.settings.items() if key in ENDPOINT_LIMITS}
        endpoint = Endpoint(
            base_url=self.row.base_url, model=self.row.model, api_key=os.environ.get(self.row.api_key_env, ""), **limits
        )
        rng = np.random.default_rng(self.row.pk)
        return EndpointJudge(endpoint, rng=rng, prompt=self.prompt)

    @cached_property
    def prompt(self) -> Prompt:
        """The prompt with the judge's own rubric, if it has one."""
        rubric = self.row.settings.get("rubric")
        return Prompt(rubric=rubric) if rubric else Prompt()

    @property
    def prompt_version(self) -> str:
        """Empty for judges that are asked nothing in words."""
        return self.prompt.version if self.row.provider == JudgeProvider.ENDPOINT else ""


ENDPOINT_LIMITS = ("timeout_s", "total_s", "attempts", "max_tokens", "input_price", "output_price")


def judge_project(*, project: Project, now: datetime) -> int:
    """Let every active judge of the project look at items it has not seen; returns how many verdicts are left to ask."""
    left = 0
    for row in project.judges.filter(is_active=True).exclude(provider=JudgeProvider.IMPORTED):
        items = unjudged(row)
        left += max(0, items.count() - PER_JOB)
        turn = Item.objects.filter(pk__in=list(items.values_list("pk", flat=True)[:PER_JOB]))
        ask(row, list(votes.pairs_of(turn)), now=now)
        check_on_gold(judge=row, now=now)
    return left


def unjudged(row: Judge) -> QuerySet[Item]:
    """Two-sided items this judge has no verdict on: gold first, then what is being asked, then the pool."""
    return (
        Item.objects.filter(queue__project=row.project, queue__kind=Queue.Kind.COMPARE)
        .exclude(verdicts__judge=row)
        .order_by("gold", "batch", "pk")
    )


def ask(row: Judge, pairs: list[records.Pair], *, now: datetime) -> None:
    """Both orders of each pair; a pair the judge fails on is left for the next round."""
    bench = Bench(row)
    for pair in pairs:
        try:
            both = judge_both_orders(bench.judge, pair)
        except JudgeFailed as failure:
            events.record(
                "judge.failed", project=row.project_id, actor=None, now=now, subject=row.pk, reason=str(failure)
            )
            if failure.is_temporary:
                return
            continue
        store(bench, both, now=now)


@transaction.atomic
def store(bench: Bench, both: tuple[records.Verdict, records.Verdict], *, now: datetime) -> None:
    """Both verdicts of a pair and their cost, together and once: the ledger holds what the stored verdicts cost."""
    row = bench.row
    # Locked, so that of two workers with the same pair one stores and charges.
    Judge.objects.select_for_update(no_key=True).get(pk=row.pk)
    if Verdict.objects.filter(judge=row, item=int(both[0].item)).exists():
        return
    Verdict.objects.bulk_create(
        [
            Verdict(
                judge=row,
                item_id=int(verdict.item),
                first=FIRST[verdict.first],
                label=verdict.label,
                probability=verdict.probability,
                reason=verdict.reason[:2000],
                prompt_version=bench.prompt_version,
                input_tokens=verdict.input_tokens,
                output_tokens=verdict.output_tokens,
                latency_ms=verdict.latency_ms,
                cost=verdict.cost,
                created_at=now,
            )
            for verdict in both
        ]
    )
    if cost := sum(verdict.cost for verdict in both):
        tokens = sum(verdict.input_tokens + verdict.output_tokens for verdict in both)
        Charge.objects.create(
            project_id=row.project_id,
            kind="judge",
            quantity=tokens,
            unit="tokens",
            unit_price=cost / tokens if tokens else 0.0,
            amount=cost,
            detail={"judge": row.name, "item": int(both[0].item)},
            created_at=now,
        )


@transaction.atomic
def check_on_gold(*, judge: Judge, now: datetime) -> Judge:
    """Whether the judge may work unattended: clearly better than chance on known answers."""
    known = dict(
        Gold.objects.filter(item__queue__project=judge.project, choice__in=["a", "b"]).values_list("item_id", "choice")
    )
    right = n = 0
    by_item: dict[int, list[Verdict]] = {}
    for verdict in Verdict.objects.filter(judge=judge, item__in=known):
        by_item.setdefault(verdict.item_id, []).append(verdict)
    for item, pair in by_item.items():
        if len(pair) == 2:
            n += 1
            right += combine([as_record(verdict, judge) for verdict in pair]).leaning == known[item]
    result = fit_for_automatic_use(right, n)
    locked = Judge.objects.select_for_update().get(pk=judge.pk)
    locked.gate = {"sentence": result.sentence, "accuracy": asdict(result.accuracy), "checked_at": now.isoformat()}
    if locked.is_automatic and not result.passed:
        locked.is_automatic = False
        events.record(
            "judge.refused", project=judge.project_id, actor=None, now=now, subject=judge.pk, right=right, n=n
        )
    locked.save(update_fields=["gate", "is_automatic"])
    return locked


def as_record(verdict: Verdict, judge: Judge) -> records.Verdict:
    """The row as the core sees it."""
    return records.Verdict(
        item=str(verdict.item_id),
        judge=judge.name,
        first="a" if verdict.first == 0 else "b",
        label=verdict.label,  # type: ignore[arg-type]  # the database allows only the four labels
        probability=verdict.probability,
    )
