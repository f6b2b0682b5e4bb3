"""Test objects. Name only what matters to the test; everything else is plausible and consistent."""

import hashlib
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import factory
from django.db import transaction
from django.utils import timezone
from factory.django import DjangoModelFactory

from annotation import models
from annotation.actions import slots
from annotation.models.tokens import digest
from flywheel.formats import steps

PASSWORD = "correct horse battery"


def person(project: models.Project, *roles: str, **fields: Any) -> models.User:
    """A user with these roles in the project."""
    user = UserFactory(**fields)
    for role in roles:
        MemberFactory(project=project, user=user, role=role)
    return user


class Factory(DjangoModelFactory):
    """What all factories share."""

    class Meta:
        abstract = True
        skip_postgeneration_save = True


class UserFactory(Factory):
    class Meta:
        model = models.User

    username = factory.Sequence(lambda n: f"person-{n}")
    password = factory.django.Password(PASSWORD)


class ProjectFactory(Factory):
    class Meta:
        model = models.Project

    slug = factory.Sequence(lambda n: f"project-{n}")
    name = factory.Sequence(lambda n: f"Project {n}")
    seed = 7
    created_at = factory.LazyFunction(timezone.now)


class MemberFactory(Factory):
    class Meta:
        model = models.Member

    project = factory.SubFactory(ProjectFactory)
    user = factory.SubFactory(UserFactory)
    role = models.Role.ANNOTATOR
    created_at = factory.LazyFunction(timezone.now)


class TokenFactory(Factory):
    """A token with every scope, of an engineer who is also manager and annotator; the secret is `token.secret`."""

    class Meta:
        model = models.Token
        exclude = ["secret", "roles"]

    roles = ("engineer", "manager", "annotator")
    secret = factory.Sequence(lambda n: f"fw_secret-{n}")
    project = factory.SubFactory(ProjectFactory)
    user = factory.LazyAttribute(lambda token: person(token.project, *token.roles))
    name = "a program"
    prefix = factory.LazyAttribute(lambda token: token.secret[:10])
    digest = factory.LazyAttribute(lambda token: digest(token.secret))
    scopes = factory.LazyFunction(lambda: list(models.Scope.values))
    created_at = factory.LazyFunction(timezone.now)


class GuidelineFactory(Factory):
    class Meta:
        model = models.Guideline

    project = factory.SubFactory(ProjectFactory)
    version = factory.Sequence(lambda n: n + 1)
    text = "Prefer the run that **solves** the customer's problem."
    created_at = factory.LazyFunction(timezone.now)


class PolicyFactory(Factory):
    class Meta:
        model = models.Policy

    project = factory.SubFactory(ProjectFactory)
    name = "desk"
    version = factory.Sequence(str)
    created_at = factory.LazyFunction(timezone.now)


def conversation(text: str) -> list[dict[str, Any]]:
    """A short run with one tool call, ending with the agent saying `text`."""
    call = {"id": "call_1", "type": "function", "function": {"name": "find_order", "arguments": '{"order": 4711}'}}
    return [
        {"role": "user", "content": "Where is my order 4711?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": '{"status": "sent on Monday"}'},
        {"role": "assistant", "content": text},
    ]


class TraceFactory(Factory):
    """A prepared trace; `text` is the agent's last message."""

    class Meta:
        model = models.Trace
        exclude = ["text"]

    text = factory.Sequence(lambda n: f"Your order left on Monday (answer {n}).")
    project = factory.SubFactory(ProjectFactory)
    policy = factory.SubFactory(PolicyFactory, project=factory.SelfAttribute("..project"))
    key = factory.Sequence(lambda n: f"trace-{n}")
    task = factory.Sequence(lambda n: f"task-{n}")
    messages = factory.LazyAttribute(lambda trace: conversation(trace.text))
    steps = factory.LazyAttribute(lambda trace: [asdict(step) for step in steps.from_messages(tuple(trace.messages))])
    content_hash = factory.LazyAttribute(lambda trace: hashlib.sha256(repr(trace.messages).encode()).hexdigest())
    text_hash = factory.SelfAttribute("content_hash")
    prompt_hash = factory.LazyAttribute(lambda trace: hashlib.sha256(repr(trace.messages[:1]).encode()).hexdigest())
    behaviour_hash = factory.SelfAttribute("content_hash")
    state = models.Trace.State.READY
    outcome = models.Trace.Outcome.SUCCESS
    reward = 1.0
    arrived_at = factory.LazyFunction(timezone.now)
    prepared_at = factory.LazyAttribute(lambda trace: trace.arrived_at if trace.state == "ready" else None)


class QueueFactory(Factory):
    """A queue without surprises: no gold, no repeats, one person an item."""

    class Meta:
        model = models.Queue

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"Queue {n}")
    second_share = 0.0
    gold_share = 0.0
    repeat_share = 0.0
    seed = 7
    created_at = factory.LazyFunction(timezone.now)


class BatchFactory(Factory):
    class Meta:
        model = models.Batch

    queue = factory.SubFactory(QueueFactory)
    number = factory.Sequence(lambda n: n + 1)
    rule = "entropy"
    pool_size = 100
    size = 50
    exploration_share = 0.15
    seed = 7
    drawn_at = factory.LazyFunction(timezone.now)


class ItemFactory(Factory):
    """A drawn item with its sides and its slot. `traces` names the sides; `batch=None` leaves it in the pool."""

    class Meta:
        model = models.Item

    queue = factory.SubFactory(QueueFactory)
    task = factory.Sequence(lambda n: f"task-of-item-{n}")
    signature = factory.Sequence(lambda n: hashlib.sha256(str(n).encode()).hexdigest())
    target = factory.LazyAttribute(lambda item: item.queue.overlap if item.batch else 0)
    batch = factory.SubFactory(BatchFactory, queue=factory.SelfAttribute("..queue"))
    selected_by = "entropy"
    propensity = 0.5
    entered_at = factory.LazyFunction(timezone.now)
    created_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def traces(item: models.Item, create: bool, extracted: list[models.Trace] | None, **_: Any) -> None:
        count = item.queue.sides if item.queue.kind == "compare" else 1
        given = extracted or TraceFactory.create_batch(count, project=item.queue.project, task=item.task)
        for index, trace in enumerate(given):
            models.Side.objects.create(item=item, index=index, trace=trace)

    @factory.post_generation
    def slot_settled(item: models.Item, create: bool, extracted: bool | None, **_: Any) -> None:
        settle(item)


class AssignmentFactory(Factory):
    """An item lent to a fresh annotator, sides in their stored order."""

    class Meta:
        model = models.Assignment

    item = factory.SubFactory(ItemFactory)
    queue = factory.SelfAttribute("item.queue")
    annotator = factory.LazyAttribute(lambda lent: person(lent.queue.project, "annotator"))
    place = 0
    order = factory.LazyAttribute(lambda lent: list(range(lent.item.sides.count())))
    claimed_at = factory.LazyFunction(timezone.now)
    due_at = factory.LazyAttribute(lambda lent: lent.claimed_at + timedelta(seconds=lent.queue.lease_seconds))

    @factory.post_generation
    def slot_settled(lent: models.Assignment, create: bool, extracted: bool | None, **_: Any) -> None:
        settle(lent.item)


class AnnotationFactory(Factory):
    """A submitted answer: side a is better."""

    class Meta:
        model = models.Annotation
        exclude = ["choice"]

    choice = "a"
    assignment = factory.SubFactory(AssignmentFactory, state=models.Assignment.State.DONE)
    item = factory.SelfAttribute("assignment.item")
    annotator = factory.SelfAttribute("assignment.annotator")
    round = factory.SelfAttribute("assignment.round")
    answer = factory.LazyAttribute(lambda given: {"choice": given.choice, "rationale": "", "correction": None})
    order = factory.SelfAttribute("assignment.order")
    policies = factory.LazyAttribute(
        lambda given: list(given.item.sides.order_by("index").values_list("trace__policy", flat=True))
    )
    batch = factory.SelfAttribute("item.batch")
    selected_by = factory.SelfAttribute("item.selected_by")
    propensity = factory.SelfAttribute("item.propensity")
    client_key = factory.Sequence(lambda n: f"key-{n}")
    shown_at = factory.SelfAttribute("assignment.claimed_at")
    answered_at = factory.LazyFunction(timezone.now)
    active_seconds = 12.0


class FlagFactory(Factory):
    class Meta:
        model = models.Flag

    item = factory.SubFactory(ItemFactory)
    author = factory.LazyAttribute(lambda flag: person(flag.item.queue.project, "annotator"))
    note = "The tool's answer is missing."
    created_at = factory.LazyFunction(timezone.now)


class DoubtFactory(Factory):
    class Meta:
        model = models.Doubt

    project = factory.SubFactory(ProjectFactory)
    annotator = factory.LazyAttribute(lambda doubt: person(doubt.project, "annotator"))
    flags = factory.LazyFunction(lambda: ["uninformative"])
    raised_at = factory.LazyFunction(timezone.now)


class GoldFactory(Factory):
    class Meta:
        model = models.Gold

    item = factory.SubFactory(ItemFactory, batch=None)
    choice = "a"
    source = "agreed by two experts"
    created_at = factory.LazyFunction(timezone.now)


class JudgeFactory(Factory):
    class Meta:
        model = models.Judge

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"judge-{n}")
    provider = models.Judge.Provider.EMBEDDING
    created_at = factory.LazyFunction(timezone.now)


class VerdictFactory(Factory):
    class Meta:
        model = models.Verdict

    item = factory.SubFactory(ItemFactory)
    judge = factory.SubFactory(JudgeFactory, project=factory.SelfAttribute("..item.queue.project"))
    first = 0
    label = "a"
    probability = 0.8
    created_at = factory.LazyFunction(timezone.now)


class ReleaseFactory(Factory):
    class Meta:
        model = models.Release

    project = factory.SubFactory(ProjectFactory)
    number = factory.Sequence(lambda n: n + 1)
    state = models.Release.State.READY
    digest = factory.LazyAttribute(lambda release: hashlib.sha256(str(release.number).encode()).hexdigest())
    created_by = factory.SubFactory(UserFactory)
    created_at = factory.LazyFunction(timezone.now)


class RunFactory(Factory):
    class Meta:
        model = models.Run

    project = factory.SubFactory(ProjectFactory)
    release = factory.SubFactory(ReleaseFactory, project=factory.SelfAttribute("..project"))
    number = factory.Sequence(lambda n: n + 1)
    created_by = factory.SelfAttribute("release.created_by")
    created_at = factory.LazyFunction(timezone.now)


class DeploymentFactory(Factory):
    class Meta:
        model = models.Deployment

    project = factory.SubFactory(ProjectFactory)
    policy = factory.SubFactory(PolicyFactory, project=factory.SelfAttribute("..project"))
    kind = models.Deployment.Kind.PROMOTE
    reason = "Wins on the gate."
    by = factory.SubFactory(UserFactory)
    created_at = factory.LazyFunction(timezone.now)


class ReportFactory(Factory):
    class Meta:
        model = models.Report

    project = factory.SubFactory(ProjectFactory)
    kind = "bias"
    seed = 7
    data_hash = "0" * 64
    code_version = "test"
    numbers = factory.LazyFunction(dict)
    created_at = factory.LazyFunction(timezone.now)


@transaction.atomic
def settle(item: models.Item) -> None:
    """The slot that the item's target and assignments ask for."""
    slots.settle([item.pk])
