"""A program that works on a queue: claim, draft, submit, next, skip."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from annotation.actions import assignments
from annotation.models import Annotation, Assignment, Draft, Slot
from tests.factories import (
    AssignmentFactory,
    GoldFactory,
    GuidelineFactory,
    ItemFactory,
    QueueFactory,
    TraceFactory,
    VerdictFactory,
    person,
)

ANSWER = {"answer": {"choice": "1", "rationale": "It finds the order."}, "active_seconds": 4.5}


@pytest.fixture
def queue(project):
    return QueueFactory(project=project)


def claim(client, queue):
    return client.send("POST", f"/api/v1/queues/{queue.pk}/claim")


def submit(client, lent, body=ANSWER, key="first", query=""):
    return client.send("POST", f"/api/v1/assignments/{lent}/annotation{query}", body, **{"Idempotency-Key": key})


def test_a_claim_lends_an_item_with_its_sides_in_displayed_order(annotator, queue):
    item = ItemFactory(queue=queue)
    GuidelineFactory(project=queue.project, version=3)

    answer = claim(annotator, queue)

    lent = answer.json()
    stored = Assignment.objects.get(pk=lent["id"])
    assert answer.status_code == 201
    assert (lent["queue"], lent["kind"], lent["guideline"], lent["state"]) == (queue.pk, "compare", 3, "open")
    assert [side["name"] for side in lent["sides"]] == ["A", "B"]
    traces = [item.sides.get(index=index).trace for index in stored.order]
    assert [side["messages"] for side in lent["sides"]] == [trace.messages for trace in traces]
    assert [side["steps"] for side in lent["sides"]] == [trace.steps for trace in traces]


def test_a_claim_tells_nothing_that_could_sway_the_answer(annotator, queue):
    traces = [
        TraceFactory(project=queue.project, policy__name=f"secret-policy-{n}", outcome="failure", reward=0.125,
                     metadata={"model": "secret-model"}, tags={"secret-tag": n})
        for n in range(2)
    ]  # fmt: skip
    item = ItemFactory(queue=queue, batch=None, target=0, traces=traces)
    GoldFactory(item=item, source="secret-gold")
    VerdictFactory(item=item, reason="secret-verdict", probability=0.987)
    AssignmentFactory(item=item, state="done", annotator=person(queue.project, "annotator", username="secret-person"))
    queue.gold_share = 1.0
    queue.save()

    answer = claim(annotator, queue)

    assert answer.status_code == 201
    text = answer.content.decode()
    for secret in ("secret", "failure", "0.125", "0.987", "gold", "propensity", "round", "policy", traces[0].key):
        assert secret not in text


def test_claiming_again_gives_the_same_open_item(annotator, queue):
    ItemFactory.create_batch(2, queue=queue)

    first, second = claim(annotator, queue).json(), claim(annotator, queue).json()

    assert first["id"] == second["id"]


@pytest.mark.parametrize("reason", ["finished", "lent-out", "paused", "quota"])
def test_nothing_left_says_which_kind_of_nothing(annotator, queue, reason):
    if reason == "lent-out":
        claim_of_another = ItemFactory(queue=queue)
        AssignmentFactory(item=claim_of_another)
    if reason == "paused":
        queue.paused_at = timezone.now()
    if reason == "quota":
        queue.daily_quota = 0
    queue.save()

    answer = claim(annotator, queue)

    assert answer.status_code == 409
    assert (answer.json()["type"], answer.json()["reason"]) == ("nothing-left", reason)
    assert (answer.json()["until"] is not None) == (reason in {"lent-out", "quota"})
    assert answer.json()["errors"] == []


def test_a_submit_brings_the_next_item(annotator, queue):
    ItemFactory.create_batch(2, queue=queue)
    lent = claim(annotator, queue).json()["id"]

    answer = submit(annotator, lent, query="?next=1")

    assert answer.status_code == 201
    found = answer.json()
    assert found["annotation"]["answer"]["choice"] == "1"
    assert found["annotation"]["active_seconds"] <= 4.5
    assert found["next"]["id"] not in (None, lent)
    assert "nothing_left" not in found


def test_the_last_submit_says_that_nothing_is_left(annotator, queue):
    ItemFactory(queue=queue)
    lent = claim(annotator, queue).json()["id"]

    found = submit(annotator, lent, query="?next=1").json()

    assert found["next"] is None
    assert found["nothing_left"]["reason"] == "finished"
    assert Annotation.objects.count() == 1


def test_the_same_submit_again_returns_the_first_answer(annotator, queue):
    ItemFactory(queue=queue)
    lent = claim(annotator, queue).json()["id"]

    first, again = submit(annotator, lent), submit(annotator, lent)

    assert first.json() == again.json()
    assert again.status_code == 201
    assert Annotation.objects.count() == 1
    assert submit(annotator, lent, key="second").status_code == 409


@pytest.mark.parametrize("key", [None, "", "k" * 81, "a\tb", "\x7f"])
def test_a_submit_needs_a_usable_key(annotator, queue, key):
    ItemFactory(queue=queue)
    lent = claim(annotator, queue).json()["id"]
    headers = {} if key is None else {"Idempotency-Key": key}

    answer = annotator.send("POST", f"/api/v1/assignments/{lent}/annotation", ANSWER, **headers)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


def test_answers_come_in_displayed_terms_and_are_stored_undisplayed(annotator, queue):
    lent = AssignmentFactory(item__queue=queue, annotator=annotator.token.user, order=[1, 0])

    shown = submit(annotator, lent.pk).json()["annotation"]

    assert shown["answer"]["choice"] == "1"
    assert Annotation.objects.get().answer["choice"] == "b"


@pytest.mark.parametrize(
    "answer, status",
    [
        ({}, 422),
        ({"choice": None}, 422),
        ({"choice": "3"}, 422),
        ({"choice": ["1"]}, 422),
        ({"choice": "1", "rationale": 5}, 422),
        ({"choice": "1", "correction": {"side": "1"}}, 422),
        ({"choice": "1", "correction": {"side": "1", "message": 0, "content": "x"}}, 422),
        ({"choice": "1", "correction": {"side": "1", "message": 10**15, "content": "x"}}, 422),
        ({"choice": "1", "correction": [1]}, 422),
        ("1", 400),
        ([], 400),
        (None, 400),
    ],
)
def test_an_answer_of_the_wrong_shape_is_refused_and_the_item_kept(annotator, queue, answer, status):
    lent = AssignmentFactory(item__queue=queue, annotator=annotator.token.user)

    refused = submit(annotator, lent.pk, {"answer": answer})

    assert refused.status_code == status
    assert refused.json()["detail"]
    lent.refresh_from_db()
    assert lent.state == "open"


@pytest.mark.parametrize("seconds", [-1, "many", None, True, 1e400, [1]])
def test_seconds_must_be_a_number_that_is_not_negative(annotator, queue, seconds):
    lent = AssignmentFactory(item__queue=queue, annotator=annotator.token.user)
    body = json.dumps({**ANSWER, "active_seconds": seconds}).replace("Infinity", "1e400").encode()

    refused = submit(annotator, lent.pk, body)

    assert refused.status_code == (201 if seconds is True else 400)


def test_a_submit_after_expiry_counts_if_the_place_is_free(annotator, queue):
    lent = AssignmentFactory(item__queue=queue, annotator=annotator.token.user)
    assignments.expire_overdue(now=timezone.now() + timedelta(hours=1))

    assert submit(annotator, lent.pk).status_code == 201


def test_a_submit_after_expiry_is_refused_if_somebody_else_has_the_place(annotator, queue):
    lent = AssignmentFactory(item__queue=queue, annotator=annotator.token.user)
    assignments.expire_overdue(now=timezone.now() + timedelta(hours=1))
    AssignmentFactory(item=lent.item)

    late = submit(annotator, lent.pk)

    assert late.status_code == 409
    assert late.json()["type"] == "not-open"


def test_somebody_elses_assignment_does_not_exist(annotator, queue):
    other = AssignmentFactory(item__queue=queue)

    answers = [
        submit(annotator, other.pk),
        annotator.send("POST", f"/api/v1/assignments/{other.pk}/heartbeat"),
        annotator.send("POST", f"/api/v1/assignments/{other.pk}/release"),
        annotator.send("POST", f"/api/v1/assignments/{other.pk}/skip", {"reason": "no"}),
        annotator.send("PUT", f"/api/v1/assignments/{other.pk}/draft", {"answer": {}}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert not Annotation.objects.exists()


def test_a_heartbeat_extends_the_lease(annotator, queue):
    lent = AssignmentFactory(
        item__queue=queue, annotator=annotator.token.user, claimed_at=timezone.now() - timedelta(minutes=9)
    )

    answer = annotator.send("POST", f"/api/v1/assignments/{lent.pk}/heartbeat")

    before = lent.due_at
    lent.refresh_from_db()
    assert answer.status_code == 200
    assert lent.due_at - before > timedelta(minutes=8)


def test_an_item_that_is_released_goes_back_into_the_queue(annotator, queue):
    lent = AssignmentFactory(item__queue=queue, annotator=annotator.token.user)

    answers = [annotator.send("POST", f"/api/v1/assignments/{lent.pk}/release") for _ in range(2)]

    assert [answer.json()["state"] for answer in answers] == ["released", "released"]
    assert Slot.objects.get(item=lent.item).need == 1
    assert annotator.send("POST", f"/api/v1/assignments/{lent.pk}/heartbeat").status_code == 409


def test_a_draft_comes_back_with_the_next_claim(annotator, queue):
    lent = AssignmentFactory(item__queue=queue, annotator=annotator.token.user)
    draft = {"choice": "2", "rationale": "not sure", "anything": [1, {"half": "done"}]}

    answer = annotator.send("PUT", f"/api/v1/assignments/{lent.pk}/draft", {"answer": draft})

    assert answer.status_code == 200
    assert Draft.objects.get().answer == draft
    assert claim(annotator, queue).json()["draft"] == draft


def test_a_skip_needs_a_reason_and_passes_the_item_on(annotator, queue):
    lent = AssignmentFactory(item__queue=queue, annotator=annotator.token.user)
    path = f"/api/v1/assignments/{lent.pk}/skip"

    assert annotator.send("POST", path, {}).status_code == 400
    assert annotator.send("POST", path, {"reason": "x" * 301}).status_code == 400
    done = annotator.send("POST", path, {"reason": "I know this customer"}, **{"Idempotency-Key": "s"})
    again = annotator.send("POST", path, {"reason": "I know this customer"}, **{"Idempotency-Key": "s"})

    assert done.status_code == 201
    assert done.json() == again.json()
    assert (done.json()["kind"], done.json()["skip_reason"]) == ("skip", "I know this customer")
    assert Slot.objects.get(item=lent.item).need == 1
