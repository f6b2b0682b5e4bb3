"""A reviewer's program: take a disputed item blinded, answer it, change the answer."""

import pytest

from annotation.models import Annotation, Assignment, Round
from tests.annotation.api.conftest import Program
from tests.factories import AnnotationFactory, AssignmentFactory, ItemFactory, QueueFactory, TokenFactory, person


@pytest.fixture
def reviewer(project):
    """A program of somebody who reviews and does not annotate."""
    secret = "fw_reviewer"  # of this test only
    token = TokenFactory(project=project, user=person(project, "reviewer"), scopes=["queue:work"], secret=secret)
    return Program(token, secret)


@pytest.fixture
def disputed(project):
    """An item about which two people disagree, beside one that waits for annotators."""
    queue = QueueFactory(project=project, overlap=2)
    item = ItemFactory(queue=queue)
    for place, choice in enumerate("ab"):
        lent = AssignmentFactory(item=item, state="done", place=place)
        AnnotationFactory(assignment=lent, answer={"choice": choice, "rationale": "it shows", "correction": None})
    ItemFactory(queue=queue)
    return item


def test_a_reviewer_decides_by_program_and_gets_no_annotators_work(reviewer, disputed):
    answer = {"answer": {"choice": "1"}}

    taken = reviewer.send("POST", f"/api/v1/items/{disputed.pk}/adjudicate")
    lent = taken.json()["id"]
    path = f"/api/v1/assignments/{lent}/annotation?next=1"
    given = reviewer.send("POST", path, answer, **{"Idempotency-Key": "k"})
    first = given.json()["annotation"]["id"]
    changed = reviewer.send(
        "POST", f"/api/v1/annotations/{first}/supersede", {"answer": {"choice": "tie"}}, **{"Idempotency-Key": "c"}
    )
    again = reviewer.send("POST", f"/api/v1/items/{disputed.pk}/adjudicate")

    assert [one.status_code for one in (taken, given, changed, again)] == [201, 201, 201, 409]
    assert "it shows" not in taken.content.decode() and given.json()["next"] is None
    assert not Assignment.objects.open().filter(queue=disputed.queue).exists()
    assert Annotation.objects.answers().get(round=Round.ADJUDICATION).answer["choice"] == "tie"
    assert again.json()["type"] == "not-disputed"
