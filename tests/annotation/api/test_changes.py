"""A program that changes an answer: its own, once, with the old one kept."""

import pytest

from annotation.models import Annotation
from tests.factories import AnnotationFactory, AssignmentFactory, QueueFactory

ANSWER = {"answer": {"choice": "1", "rationale": "It finds the order."}, "active_seconds": 4.5}


@pytest.fixture
def queue(project):
    return QueueFactory(project=project)


def test_an_own_answer_can_be_changed_and_the_old_one_stays(annotator, queue):
    lent = AssignmentFactory(item__queue=queue, annotator=annotator.token.user)
    first = annotator.send(
        "POST", f"/api/v1/assignments/{lent.pk}/annotation", ANSWER, **{"Idempotency-Key": "first"}
    ).json()["annotation"]["id"]
    path = f"/api/v1/annotations/{first}/supersede"

    newer = annotator.send("POST", path, {"answer": {"choice": "tie"}}, **{"Idempotency-Key": "change"})
    again = annotator.send("POST", path, {"answer": {"choice": "tie"}}, **{"Idempotency-Key": "change"})
    stale = annotator.send("POST", path, {"answer": {"choice": "2"}}, **{"Idempotency-Key": "other"})

    assert newer.status_code == 201
    assert newer.json() == again.json()
    assert (newer.json()["supersedes"], newer.json()["answer"]["choice"]) == (first, "tie")
    assert stale.status_code == 409
    assert Annotation.objects.count() == 2


def test_somebody_elses_answer_cannot_be_changed(annotator, queue):
    theirs = AnnotationFactory(assignment__item__queue=queue)

    answer = annotator.send("POST", f"/api/v1/annotations/{theirs.pk}/supersede", ANSWER, **{"Idempotency-Key": "x"})

    assert answer.status_code == 404
