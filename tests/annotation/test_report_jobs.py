"""A report on people, computed by its job, has consequences; other reports have none."""

import random

import pytest

from annotation.jobs import reports
from annotation.models import Doubt
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue():
    """Sixty items: four people who are mostly right, and one who guesses."""
    queue, rng = factories.QueueFactory(overlap=5), random.Random(4)
    people = [factories.person(queue.project, "annotator") for _ in range(5)]
    for item in factories.ItemFactory.create_batch(60, queue=queue):
        truth = rng.choice("ab")
        for place, who in enumerate(people):
            right = rng.random() < (0.5 if place == 4 else 0.95)
            factories.AnnotationFactory(
                assignment__item=item, assignment__annotator=who, assignment__state="done",
                choice=truth if right else "ab"[truth == "a"],
            )  # fmt: skip
    return queue


def test_who_guesses_comes_to_be_in_doubt_by_the_report_on_people_alone(queue):
    reports.build(project=queue.project_id, kind="agreement")
    before = Doubt.objects.count()
    for _ in range(2):
        reports.build(project=queue.project_id, kind="people")

    [doubt] = Doubt.objects.all()
    assert before == 0 and "uninformative" in doubt.flags
    assert doubt.annotator == queue.project.members.order_by("pk").last().user
