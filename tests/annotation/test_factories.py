"""The factories make objects that the product itself could have made."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotation.actions import annotations, assignments
from annotation.models import Slot
from tests import factories

pytestmark = pytest.mark.django_db


def test_an_item_of_the_factory_can_be_claimed_and_answered():
    item = factories.ItemFactory(queue__overlap=2)
    annotator = factories.person(item.queue.project, "annotator")
    now = timezone.now()

    lent = assignments.claim(queue=item.queue, annotator=annotator, now=now)
    given = annotations.submit(
        assignment=lent,
        answer={"choice": "1", "rationale": "clear", "correction": None},
        client_key="first",
        active_seconds=3.0,
        now=now + timedelta(seconds=5),
    )

    assert given.policies == [side.trace.policy_id for side in item.sides.all()]
    assert Slot.objects.get(item=item).need == 1


@pytest.mark.parametrize(
    "name",
    "Annotation Assignment Batch Deployment Gold Guideline Item Judge Member Policy Project Queue Release Report Run "
    "Token Trace User Verdict".split(),
)
def test_the_database_accepts_what_every_factory_makes_twice(name):
    rows = getattr(factories, f"{name}Factory").create_batch(2)

    assert rows[0].pk != rows[1].pk
