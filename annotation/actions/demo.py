"""The demo project: a simulated support desk whose people answer through the real queue. Runs from the command line only."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction

from annotation.actions import (
    annotations,
    assignments,
    demo_queues,
    items,
    judges,
    policies,
    pool,
    preparation,
    projects,
    queues,
    report_building,
    traces,
    verdicts,
)
from annotation.models import Assignment, Item, Policy, Project, Queue, Side, Trace, User
from annotation.models.judges import JudgeProvider
from annotation.queries.report_data import KINDS
from annotation.task_types.tool_calls import calls_of
from flywheel.formats.reading import Line
from flywheel.simulation import annotators
from flywheel.simulation.annotators import Annotator
from flywheel.simulation.desk_world import POLICIES, words
from flywheel.simulation.judges import SimulatedJudge
from flywheel.simulation.people import DEMO_LOGINS, Person
from flywheel.simulation.support_desk import SupportDesk

SLUG = "support-desk"
DESCRIPTION = "A simulated web shop's support agent. Everything here is made up, and a seed repeats it."
GUIDELINES = """\
# What we look for

1. **Right before friendly.** The agent must look things up before it acts, and act on the right order and charge.
2. **No promises it cannot keep.** Dates and amounts must come from a tool or from the policy.
3. **The policy binds.** Refunds outside the window are refused, kindly and with the reason.

Judge *what was done* where the two runs part, not only how it was said. Use **tie** when you would accept either,
**both bad** when you would accept neither. If you know what the agent should have written, press `C` and write it.
"""
GOLD = 24
GOLD_GAP = 1.0  # known answers are clear ones
THREES = 6  # tasks with three runs, to rank
DAYS = 3
RANKERS = ("ada", "chen")
TENDED_EVERY = 10  # answers; a live queue is tended every five seconds

Say = Callable[[str], None]


def seed(*, tasks: int, seed: int, now: datetime, say: Say) -> Project:
    """Make the demo project, or return the one that is there; the same seed gives the same content."""
    if existing := Project.objects.filter(slug=SLUG).first():
        say("the demo project is there already")
        return existing
    return Demo(tasks=tasks, seed=seed, now=now, say=say).make()


class Demo:
    """One demo in the making: its simulated world, its project, and the time that passes in it."""

    def __init__(self, *, tasks: int, seed: int, now: datetime, say: Say) -> None:
        self.tasks, self.now, self.say = tasks, now, say
        self.clock = now - timedelta(days=DAYS)
        self.desk = SupportDesk(seed)
        self.rng = np.random.default_rng([seed, 11])
        self.seed = seed

    @transaction.atomic
    def make(self) -> Project:
        """All of it, or nothing."""
        self.people()
        self.say(f"simulating {self.tasks} tasks of two policies, and the expert's demonstrations")
        self.runs()
        self.gold()
        self.say("asking the judges")
        self.judges()
        self.say("letting the annotators work through the queue")
        self.answers()
        self.smaller_queues()
        self.history()
        self.say("computing the reports")
        for kind in KINDS:
            report_building.build(project=self.project, kind=kind, now=self.now)
        return self.project

    def people(self) -> None:
        """Logins, the project, its members, guidelines and queue."""
        self.users = {person.username: login(person) for person in DEMO_LOGINS}
        mia, eli = self.users["mia"], self.users["eli"]
        self.project = projects.create(
            slug=SLUG, name="Support desk", owner=mia, now=self.clock, description=DESCRIPTION, seed=self.seed
        )
        self.project.members.filter(user=mia, role="engineer").delete()
        for person in DEMO_LOGINS:
            user = self.users[person.username]
            projects.add_member(project=self.project, user=user, role=person.role, actor=mia, now=self.clock)
        projects.write_guideline(project=self.project, text=GUIDELINES, author=mia, now=self.clock)
        self.queue = queues.create(
            project=self.project, actor=mia, now=self.clock, name="Refund desk", second_share=0.35, batch_size=40
        )
        Queue.objects.filter(pk=self.queue.pk).update(seed=self.seed)
        self.queue.refresh_from_db()
        self.manager, self.engineer = mia, eli

    def runs(self) -> None:
        """Traces through the real intake and sanitiser, and the questions they give."""
        found = [
            *self.desk.episodes(self.tasks, POLICIES),
            *self.desk.demonstrations(self.tasks // 4, first=self.tasks),
            *self.desk.episodes(THREES, POLICIES, branches=3, first=self.tasks + self.tasks // 4),
        ]
        lines = (Line(number, trace, b"") for number, trace in enumerate(found, start=1))
        traces.ingest(project=self.project, lines=lines, now=self.clock)
        waiting = list(Trace.objects.filter(project=self.project).order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(waiting), traces.CHUNK):
            chunk = waiting[start : start + traces.CHUNK]
            preparation.prepare(traces=chunk, now=self.clock)
            self.say(f"sanitised and embedded {start + len(chunk)} of {len(waiting)} runs")
        items.pair_up(project=self.project, now=self.clock)

    def sides(self, item: Item) -> list[tuple[str, float, int]]:
        """(trace id, true utility, words) of an item's sides."""
        told = Side.objects.filter(item=item).order_by("index").values_list("trace__key", "trace__messages")
        return [(key, self.desk.truth(key).utility, words(messages)) for key, messages in told]

    def gold(self) -> None:
        """Known answers on clear pairs."""
        made = 0
        for item in Item.objects.filter(queue=self.queue).order_by("signature"):
            (_, a, _), (_, b, _) = self.sides(item)
            if made < GOLD and abs(a - b) >= GOLD_GAP:
                choice = "a" if a > b else "b"
                items.make_gold(item=item, choice=choice, source="planted truth", author=self.manager, now=self.clock)
                made += 1

    def judges(self) -> None:
        """A judge with known biases, and the embedding judge at work on the gold."""
        glib = judges.create(
            project=self.project, actor=self.manager, now=self.clock, name="glib-judge", provider=JudgeProvider.IMPORTED
        )
        simulated = SimulatedJudge(name=glib.name, sharpness=1.8, position=0.7, length=0.8, confidence=1.4)
        bench = verdicts.Bench(glib)
        for item in Item.objects.filter(queue=self.queue).order_by("pk"):
            (_, a, length_a), (_, b, length_b) = self.sides(item)
            both = simulated.verdicts(str(item.pk), a - b, (length_a, length_b), self.rng)
            verdicts.store(bench, both, now=self.clock)
        verdicts.check_on_gold(judge=glib, now=self.clock)
        judges.create(
            project=self.project,
            actor=self.manager,
            now=self.clock,
            name="topic-judge",
            provider=JudgeProvider.EMBEDDING,
        )

    def answers(self) -> None:
        """Everybody works a few sittings; the queue draws its batches meanwhile, as it would in life."""
        people = [(self.users[p.username], p.annotator) for p in DEMO_LOGINS if p.annotator and p.role == "annotator"]
        quota = max(4, self.tasks // 4)
        for sitting in range(DAYS):
            for number, (user, habits) in enumerate(people):
                clock = self.now - timedelta(days=DAYS - sitting) + number * timedelta(hours=1)
                self.sitting(user, habits, clock, quota // DAYS)

    def sitting(self, user: User, habits: Annotator, clock: datetime, quota: int) -> None:
        """One person answers about `quota` items without a break."""
        for number in range(quota):
            if number % TENDED_EVERY == 0:
                pool.tend(now=clock)
            try:
                lent = assignments.claim(queue=self.queue, annotator=user, now=clock)
            except assignments.NothingLeft:
                return
            assignments.show(assignment=lent, now=clock)
            answer, seconds = self.answer(lent, habits)
            clock += timedelta(seconds=seconds + 2)
            annotations.submit(
                assignment=lent, answer=answer, client_key=f"demo-{lent.pk}", active_seconds=seconds, now=clock
            )

    def answer(self, lent: Assignment, habits: Annotator) -> tuple[dict, float]:
        """What this person says of what they see, in displayed terms, and the seconds it takes."""
        told = self.sides(lent.item)
        (_, a, length_a), (_, b, length_b) = told
        first: annotators.Side = "a" if lent.order[0] == 0 else "b"
        label, seconds = habits.answer((a, b), (length_a, length_b), first, self.rng)
        choice = {"a": "1" if first == "a" else "2", "b": "1" if first == "b" else "2"}.get(label, label)
        weaker = 0 if a < b else 1
        truth = self.desk.truth(told[weaker][0])
        rewritten = habits.correction(truth.utility, truth.expert, self.rng)
        answer: dict = {"choice": choice, "rationale": ""}
        if rewritten and (better := self.correction(lent, weaker, truth.branch, rewritten)):
            answer["correction"] = better
        return answer, seconds

    def correction(self, lent: Assignment, side: int, message: int, rewritten: Mapping[str, Any]) -> dict | None:
        """What somebody writes in a message's place, in displayed terms; None if the agent wrote the same."""
        original = Side.objects.get(item=lent.item_id, index=side).trace.messages[message]
        content, calls = rewritten.get("content") or "", calls_of(rewritten)
        if (content, calls) == (original.get("content") or "", calls_of(original)):
            return None
        place = str(list(lent.order).index(side) + 1)
        return {"side": place, "message": message, "content": content, "tool_calls": calls}

    def smaller_queues(self) -> None:
        """Three runs to rank, and failed runs to mark, some of them answered."""
        people = {self.users[p.username]: p.annotator for p in DEMO_LOGINS if p.annotator and p.username in RANKERS}
        now = self.now - timedelta(hours=1)
        demo_queues.work(
            project=self.project, manager=self.manager, people=people, desk=self.desk, rng=self.rng, now=now
        )

    def history(self) -> None:
        """Which policy ran when."""
        for name, reason in zip(POLICIES, ("First version in production", "Verifies before it acts"), strict=True):
            base, _, version = name.rpartition("@")
            policy = Policy.objects.get(project=self.project, name=base, version=version)
            policies.promote(policy=policy, by=self.manager, reason=reason, now=self.clock)


def login(person: Person) -> User:
    """The demo's user; an existing one keeps its password."""
    user = User.objects.filter(username=person.username).first()
    if user is None:
        first, _, last = person.name.partition(" ")
        user = User.objects.create_user(person.username, password=person.password, first_name=first, last_name=last)
    return user
