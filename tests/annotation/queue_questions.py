"""Questions for a storm: every item shows two runs of its own that name it."""

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from annotation.models import Item, Policy, Queue, Side, Trace
from tests.factories import PolicyFactory, TraceFactory


@transaction.atomic
def add(queue: Queue, count: int) -> None:
    """So many more items in the pool; call it from one place at a time."""
    project, now = queue.project, timezone.now()
    policies = list(Policy.objects.filter(project=project)[:2]) or PolicyFactory.create_batch(2, project=project)
    top = Item.objects.filter(queue=queue).aggregate(top=Max("signature"))["top"]
    numbers = range(int(top or 0) + 1, int(top or 0) + 1 + count)
    traces = [
        TraceFactory.build(
            project=project, policy=policies[side], task=f"question {n}", key=f"{queue.pk}-{n}-{side}", steps=[],
            text_hash=f"{n:060d}{side}", messages=[
                {"role": "user", "content": f"question {n}"}, {"role": "assistant", "content": f"Reply {side}."},
            ],
        )
        for n in numbers for side in (0, 1)
    ]  # fmt: skip
    Trace.objects.bulk_create(traces, batch_size=1000)
    made = Item.objects.bulk_create(
        [Item(queue=queue, task=f"question {n}", signature=f"{n:064d}", created_at=now) for n in numbers],
        batch_size=1000,
    )
    Side.objects.bulk_create(
        [Side(item=item, index=side, trace=traces[2 * n + side]) for n, item in enumerate(made) for side in (0, 1)],
        batch_size=1000,
    )
