"""Judges at work: asked in both orders, charged, checked on gold, and left alone where they fail."""

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from annotation.actions import judges, verdicts
from annotation.models import Charge, Event, Item, Judge, Queue, Verdict
from annotation.models.judges import JudgeProvider
from flywheel.judging.judge import Judge as CoreJudge
from flywheel.judging.judge import JudgeFailed
from flywheel.judging.local import LikelihoodJudge
from tests.factories import GoldFactory, ItemFactory, JudgeFactory, QueueFactory, TraceFactory, VerdictFactory
from tests.fakes import judge_server
from tests.fakes.judge_server import MARKER, JudgeServer, Script, failure

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = "sk-judge-0123456789"


@pytest.fixture
def server(monkeypatch: Any) -> Iterator[JudgeServer]:
    """A judge that finds the answer with the marker better, and its key where workers look for it."""
    monkeypatch.setenv("JUDGE_KEY", KEY)
    with judge_server.serving(Script()) as found:
        yield found


def endpoint(server: JudgeServer, queue: Queue, **settings: Any) -> Judge:
    return JudgeFactory(
        project=queue.project,
        provider=JudgeProvider.ENDPOINT,
        model="scripted",
        base_url=server.base_url,
        api_key_env="JUDGE_KEY",
        settings={"input_price": 2.0, "output_price": 10.0, "attempts": 1, **settings},
    )


def pair(queue: Queue, *, better: int = 0, **fields: Any) -> Item:
    """An item whose better side holds the marker."""
    texts = [f"{MARKER} It left on Monday." if side == better else "No idea." for side in (0, 1)]
    traces = [TraceFactory(project=queue.project, text=text) for text in texts]
    return ItemFactory(queue=queue, traces=traces, **fields)


def known(queue: Queue, count: int) -> None:
    """Gold on which the marker tells the truth."""
    for number in range(count):
        item = pair(queue, better=number % 2, batch=None)
        GoldFactory(item=item, choice="ab"[number % 2])


def test_both_orders_are_asked_stored_and_charged(server):
    queue = QueueFactory()
    first, second = pair(queue, better=0), pair(queue, better=1)
    judge = endpoint(server, queue)

    left = verdicts.judge_project(project=queue.project, now=NOW)

    told = list(Verdict.objects.order_by("item", "first").values_list("item", "first", "label"))
    assert left == 0
    assert told == [(first.pk, 0, "a"), (first.pk, 1, "a"), (second.pk, 0, "b"), (second.pk, 1, "b")]
    assert {seen.headers["Authorization"] for seen in server.seen} == {f"Bearer {KEY}"}
    for verdict in Verdict.objects.all():
        assert verdict.judge == judge
        assert (verdict.probability > 0.9) == (verdict.label == "a")
        assert verdict.cost == pytest.approx((2 * verdict.input_tokens + 10 * verdict.output_tokens) / 1e6)
        assert verdict.prompt_version and verdict.reason == "By the marker."
    charges = list(Charge.objects.order_by("pk"))
    assert [charge.detail["item"] for charge in charges] == [first.pk, second.pk]
    assert sum(c.amount for c in charges) == pytest.approx(sum(v.cost for v in Verdict.objects.all()))
    assert all(c.quantity * c.unit_price == pytest.approx(c.amount) and c.kind == "judge" for c in charges)


def test_judging_again_asks_only_what_is_new(server):
    queue = QueueFactory()
    pair(queue)
    endpoint(server, queue)
    verdicts.judge_project(project=queue.project, now=NOW)
    pair(queue)

    verdicts.judge_project(project=queue.project, now=NOW)

    assert len(server.seen) == 4
    assert Verdict.objects.count() == 4


def test_gold_is_asked_first_and_the_rest_is_left_for_the_next_round(server, monkeypatch):
    monkeypatch.setattr(verdicts, "PER_JOB", 1)
    queue = QueueFactory()
    pair(queue)
    gold = GoldFactory(item=pair(queue, batch=None)).item
    endpoint(server, queue)

    left = verdicts.judge_project(project=queue.project, now=NOW)

    assert left == 1
    assert set(Verdict.objects.values_list("item", flat=True)) == {gold.pk}


def test_an_imported_judge_and_one_switched_off_are_not_asked(server):
    queue = QueueFactory()
    pair(queue)
    JudgeFactory(project=queue.project, provider=JudgeProvider.IMPORTED)
    Judge.objects.filter(pk=endpoint(server, queue).pk).update(is_active=False)

    verdicts.judge_project(project=queue.project, now=NOW)

    assert server.seen == []
    assert verdicts.projects_to_judge(now=NOW) == []


def test_the_embedding_judge_says_the_same_in_both_orders_and_costs_nothing():
    queue = QueueFactory()
    pair(queue)
    JudgeFactory(project=queue.project, provider=JudgeProvider.EMBEDDING)

    verdicts.judge_project(project=queue.project, now=NOW)

    one, other = Verdict.objects.order_by("first")
    assert (one.label, one.probability) == (other.label, other.probability)
    assert not Charge.objects.exists()


def test_all_pairs_are_scored_in_one_go_where_a_model_has_to_be_loaded(monkeypatch):
    prepared = []
    monkeypatch.setattr(LikelihoodJudge, "prepare", lambda self, pairs: prepared.append(len(pairs)))
    monkeypatch.setattr(LikelihoodJudge, "ask", refused_once_and_for_all)
    queue = QueueFactory()
    pair(queue), pair(queue)
    JudgeFactory(project=queue.project, provider=JudgeProvider.LIKELIHOOD, model="small")

    verdicts.judge_project(project=queue.project, now=NOW)

    assert prepared == [2]


def refused_once_and_for_all(self: CoreJudge, pair: Any, first: str) -> Any:
    raise JudgeFailed("No.", is_temporary=False)


def test_a_judge_clearly_better_than_chance_may_work_alone(server):
    queue = QueueFactory()
    known(queue, 20)
    judge = endpoint(server, queue)
    verdicts.judge_project(project=queue.project, now=NOW)
    judge.refresh_from_db()

    allowed = judges.set_automatic(judge=judge, is_automatic=True, actor=judge_owner(judge), now=NOW)

    assert judge.gate["accuracy"]["n"] == 20
    assert judge.gate["sentence"].startswith("accepted: right on 20 of 20")
    assert allowed.is_automatic


def judge_owner(judge: Judge) -> Any:
    return judge.project.queues.get().items.first().gold.author


def test_a_judge_that_only_looks_at_the_order_is_refused(server):
    server.script = Script(sharpness=0.0, position_bias=3.0)
    queue = QueueFactory()
    known(queue, 20)
    judge = endpoint(server, queue)
    verdicts.judge_project(project=queue.project, now=NOW)
    judge.refresh_from_db()

    with pytest.raises(judges.NotFit, match="not clearly better than chance"):
        judges.set_automatic(judge=judge, is_automatic=True, actor=judge_owner(judge), now=NOW)

    assert {v.label for v in Verdict.objects.filter(first=0)} == {"a"}
    assert {v.label for v in Verdict.objects.filter(first=1)} == {"b"}


def test_a_judge_that_was_never_tried_is_refused():
    judge = JudgeFactory()

    with pytest.raises(judges.NotFit, match="not tried on known answers"):
        judges.set_automatic(judge=judge, is_automatic=True, actor=None, now=NOW)


def test_a_judge_that_becomes_wrong_loses_its_right_to_work_alone():
    queue = QueueFactory()
    judge = JudgeFactory(project=queue.project, is_automatic=True)
    for _ in range(20):
        item = GoldFactory(item__queue=queue, choice="b").item
        for first in (0, 1):
            VerdictFactory(item=item, judge=judge, first=first, label="a", probability=0.9)

    checked = verdicts.check_on_gold(judge=judge, now=NOW)

    assert not checked.is_automatic
    assert Event.objects.get(verb="judge.refused").detail == {"right": 0, "n": 20}


def test_what_a_judge_failed_on_is_charged_and_left_alone_for_a_day(server):
    server.script.malformed_rate = 1.0
    queue = QueueFactory()
    item = pair(queue)
    judge = endpoint(server, queue)

    verdicts.judge_project(project=queue.project, now=NOW)
    asked = len(server.seen)
    verdicts.judge_project(project=queue.project, now=NOW + timedelta(hours=1))
    asked_soon = len(server.seen)
    server.script.malformed_rate = 0.0
    verdicts.judge_project(project=queue.project, now=NOW + timedelta(days=1))

    event = Event.objects.get(verb="judge.failed")
    assert (asked, asked_soon, len(server.seen)) == (2, 2, 4)
    assert (event.subject, event.detail["item"]) == (judge.pk, item.pk)
    assert Charge.objects.order_by("pk").first().amount > 0
    assert Verdict.objects.count() == 2


def test_a_judge_that_is_out_of_reach_ends_its_round_and_is_asked_again_later(server):
    server.script.failures = deque([failure(503)])
    queue = QueueFactory()
    pair(queue), pair(queue)
    endpoint(server, queue)

    left = verdicts.judge_project(project=queue.project, now=NOW)

    assert left == 0
    assert len(server.seen) == 1
    assert "item" not in Event.objects.get(verb="judge.failed").detail
    assert verdicts.projects_to_judge(now=NOW) == [queue.project]


def test_a_key_that_is_not_set_is_said_and_nothing_is_sent(server, monkeypatch):
    monkeypatch.delenv("JUDGE_KEY")
    queue = QueueFactory()
    pair(queue)
    endpoint(server, queue)

    verdicts.judge_project(project=queue.project, now=NOW)

    assert server.seen == []
    assert "JUDGE_KEY is not set" in Event.objects.get(verb="judge.failed").detail["reason"]


def test_a_key_that_a_server_quotes_does_not_reach_the_log(server):
    server.script.echoes_key = True
    queue = QueueFactory()
    pair(queue)
    endpoint(server, queue)

    verdicts.judge_project(project=queue.project, now=NOW)

    reason = Event.objects.get(verb="judge.failed").detail["reason"]
    assert "401" in reason and KEY not in reason


def test_one_judge_out_of_order_does_not_stop_the_others(server):
    queue = QueueFactory()
    pair(queue)
    endpoint(server, queue, attempts=0)
    good = endpoint(server, queue)

    verdicts.judge_project(project=queue.project, now=NOW)

    assert set(Verdict.objects.values_list("judge", flat=True)) == {good.pk}


@pytest.mark.parametrize(
    "said, kept", [("nul \x00 here", "nul  here"), ("half \ud83d a pair", "half ? a pair"), ("x" * 3000, "x" * 2000)]
)
def test_a_reason_is_kept_as_far_as_the_database_can_hold_it(said, kept):
    assert verdicts.storable(said)[: verdicts.LONGEST_REASON] == kept
