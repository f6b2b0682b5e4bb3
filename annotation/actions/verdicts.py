"""Asking judges, checking them on gold, and storing what they said. Runs in workers only."""

import os
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
from django.db import transaction
from django.db.models import QuerySet

from annotation.actions import events
from annotation.actions.embeddings import CachedEmbedder
from annotation.actions.judges import LIMITS
from annotation.models import Charge, Event, Gold, Item, Judge, Project, Queue, Verdict
from annotation.models.judges import JudgeProvider
from annotation.queries.pairs import pairs_of
from flywheel import records
from flywheel.judging import judge as judging
from flywheel.judging.client import EndpointJudge
from flywheel.judging.endpoint import Endpoint
from flywheel.judging.gate import fit_for_automatic_use
from flywheel.judging.judge import JudgeFailed, combine, judge_both_orders
from flywheel.judging.local import EmbeddingJudge, LikelihoodJudge
from flywheel.judging.prompt import Prompt
from flywheel.records import BadInput

PER_JOB = 200
AGAIN_AFTER = timedelta(days=1)  # until a judge is asked again about what it failed on
FAILED = "judge.failed"
LONGEST_REASON = 2000  # characters
MOST_TOKENS = 2**31 - 1  # that a row can hold; a server may claim anything
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
        limits = {key: value for key, value in self.row.settings.items() if key in LIMITS}
        try:
            endpoint = Endpoint(base_url=self.row.base_url, model=self.row.model, api_key=self.key, **limits)
        except BadInput as problem:
            raise JudgeFailed(str(problem), is_temporary=True) from problem
        return EndpointJudge(endpoint, rng=np.random.default_rng(self.row.pk), prompt=self.prompt)

    @property
    def key(self) -> str:
        """The endpoint's key, from the variable that the row names."""
        name = self.row.api_key_env
        if name and not os.environ.get(name):
            raise JudgeFailed(f"The variable {name} is not set where the workers run.", is_temporary=True)
        return os.environ.get(name, "")

    @cached_property
    def prompt(self) -> Prompt:
        """The prompt with the judge's own rubric, if it has one."""
        rubric = self.row.settings.get("rubric")
        return Prompt(rubric=rubric) if rubric else Prompt()

    @property
    def prompt_version(self) -> str:
        """Empty for judges that are asked nothing in words."""
        return self.prompt.version if self.row.provider == JudgeProvider.ENDPOINT else ""


def projects_to_judge(*, now: datetime) -> list[Project]:
    """Projects in which a judge has something to look at."""
    asked = Judge.objects.filter(is_active=True).exclude(provider=JudgeProvider.IMPORTED).select_related("project")
    return list({row.project_id: row.project for row in asked if unjudged(row, now=now).exists()}.values())


def judge_project(*, project: Project, now: datetime) -> int:
    """Let every active judge of the project look at items it has not seen; returns how many pairs are left to ask now."""
    left = 0
    for row in project.judges.filter(is_active=True).exclude(provider=JudgeProvider.IMPORTED):
        items = unjudged(row, now=now)
        waiting = items.count()
        turn = Item.objects.filter(pk__in=list(items.values_list("pk", flat=True)[:PER_JOB]))
        if ask(row, list(pairs_of(turn)), now=now):
            left += max(0, waiting - PER_JOB)
        check_on_gold(judge=row, now=now)
    return left


def unjudged(row: Judge, *, now: datetime) -> QuerySet[Item]:
    """Items of two sides this judge has no verdict on: gold first, then what is being asked, then the pool.

    What it failed on is left alone for a while: asking the same at once would cost the same and fail the same.
    """
    failed = Event.objects.filter(
        project=row.project_id, verb=FAILED, subject=row.pk, created_at__gt=now - AGAIN_AFTER, detail__has_key="item"
    )
    return (
        Item.objects.filter(queue__project=row.project, queue__kind=Queue.Kind.COMPARE, queue__sides=2)
        .exclude(verdicts__judge=row)
        .exclude(pk__in=list(failed.values_list("detail__item", flat=True)))
        .order_by("gold", "batch", "pk")
    )


def ask(row: Judge, pairs: list[records.Pair], *, now: datetime) -> bool:
    """Both orders of each pair; False if the judge cannot be asked at present, and the rest has to wait."""
    if not pairs:
        return True
    bench = Bench(row)
    try:
        if isinstance(bench.judge, LikelihoodJudge):
            bench.judge.prepare(pairs)
        for pair in pairs:
            try:
                both = judge_both_orders(bench.judge, pair)
            except JudgeFailed as failure:
                if failure.is_temporary:
                    raise
                note_failure(row, failure, item=int(pair.item), now=now)
            else:
                store(bench, both, now=now)
    except JudgeFailed as failure:
        note_failure(row, failure, item=None, now=now)
        return False
    return True


@transaction.atomic
def note_failure(row: Judge, failure: JudgeFailed, *, item: int | None, now: datetime) -> None:
    """Say in the log why there is no verdict, and charge what the attempt cost all the same."""
    about = {} if item is None else {"item": item}
    events.record(FAILED, project=row.project_id, actor=None, now=now, subject=row.pk, reason=str(failure), **about)
    charge(row, tokens=failure.input_tokens + failure.output_tokens, cost=failure.cost, detail=about, now=now)


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
                reason=storable(verdict.reason)[:LONGEST_REASON],
                prompt_version=bench.prompt_version,
                input_tokens=min(verdict.input_tokens, MOST_TOKENS),
                output_tokens=min(verdict.output_tokens, MOST_TOKENS),
                latency_ms=verdict.latency_ms,
                cost=verdict.cost,
                created_at=now,
            )
            for verdict in both
        ]
    )
    charge(
        row,
        tokens=sum(verdict.input_tokens + verdict.output_tokens for verdict in both),
        cost=sum(verdict.cost for verdict in both),
        detail={"item": int(both[0].item)},
        now=now,
    )


def charge(row: Judge, *, tokens: int, cost: float, detail: dict[str, int], now: datetime) -> None:
    """A line in the cost ledger, if it cost anything."""
    if cost:
        Charge.objects.create(
            project_id=row.project_id,
            kind="judge",
            quantity=tokens,
            unit="tokens",
            unit_price=cost / tokens if tokens else 0.0,
            amount=cost,
            detail={"judge": row.name, **detail},
            created_at=now,
        )


def storable(text: str) -> str:
    """A model's words as Postgres can hold them: no NUL, no half of a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


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
