"""The annotate screen as its HTML: what it shows, and what it must never show before an answer."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.models import Assignment, Draft, Queue, User
from tests.factories import (
    AnnotationFactory,
    AssignmentFactory,
    ItemFactory,
    JudgeFactory,
    PolicyFactory,
    QueueFactory,
    TraceFactory,
    VerdictFactory,
    person,
)

pytestmark = pytest.mark.django_db


def signed_in(client: Client, queue: Queue, *roles: str) -> User:
    user = person(queue.project, *(roles or ("annotator",)))
    client.force_login(user)
    return user


def test_looking_at_a_queue_claims_nothing(client: Client) -> None:
    item = ItemFactory()
    signed_in(client, item.queue)

    page = client.get(reverse("annotate", args=[item.queue_id]))

    assert page.status_code == 200
    assert "Start" in page.content.decode()
    assert not Assignment.objects.exists()


def test_start_lends_an_item_and_notes_when_it_was_shown(client: Client) -> None:
    item = ItemFactory()
    signed_in(client, item.queue)

    page = client.post(reverse("annotate", args=[item.queue_id]), follow=True)

    lent = Assignment.objects.get()
    assert lent.shown_at is not None
    assert f'action="{reverse("assignment-submit", args=[lent.pk])}"' in page.content.decode()


def test_the_screen_is_blind(client: Client) -> None:
    queue = QueueFactory()
    policy = PolicyFactory(project=queue.project, name="secret-policy", version="9.1")
    rival = PolicyFactory(project=queue.project, name="rival-policy", version="4.2")
    told = {"tags": {"model": "gpt-tag"}, "metadata": {"origin": "leaky-meta"}}
    traces = [
        TraceFactory(project=queue.project, policy=policy, key="key-of-a", outcome="failure", reward=0.12345, **told),
        TraceFactory(project=queue.project, policy=rival, key="key-of-b", reward=0.98765, **told),
    ]
    item = ItemFactory(queue=queue, traces=traces, selected_by="why-entropy")
    judge = JudgeFactory(project=queue.project, name="secret-judge")
    VerdictFactory(item=item, judge=judge, probability=0.77777)
    other = AssignmentFactory(item=item, state="done", place=1)
    AnnotationFactory(
        assignment=other, answer={"choice": "b", "rationale": "what another person thinks", "correction": None}
    )
    me = signed_in(client, queue)
    AssignmentFactory(item=item, annotator=me)

    html = client.get(reverse("annotate", args=[queue.pk])).content.decode()

    assert "Your order left on Monday" in html
    for secret in (
        "secret-policy", "rival-policy", "9.1", "secret-judge", "0.777", "0.123", "0.987", "failure", "success", "reward",
        "gpt-tag", "leaky-meta", "key-of-a", "what another person thinks", "why-entropy", other.annotator.username,
    ):  # fmt: skip
        assert secret not in html, secret


def test_sides_stand_in_the_order_of_the_assignment(client: Client) -> None:
    traces = [TraceFactory(text="the undisplayed first"), TraceFactory(text="the undisplayed second")]
    item = ItemFactory(traces=traces)
    me = signed_in(client, item.queue)
    AssignmentFactory(item=item, annotator=me, order=[1, 0])

    html = client.get(reverse("annotate", args=[item.queue_id])).content.decode()

    assert html.index("the undisplayed second") < html.index("the undisplayed first")


def test_text_of_a_run_is_shown_as_text_and_fetches_nothing(client: Client) -> None:
    evil = "<script>alert(1)</script> ![pixel](https://evil.example/p.png) [here](https://evil.example/go)"
    item = ItemFactory(traces=[TraceFactory(text=evil), TraceFactory(text='"><img src=x onerror=alert(2)>')])
    me = signed_in(client, item.queue)
    AssignmentFactory(item=item, annotator=me)

    html = client.get(reverse("annotate", args=[item.queue_id])).content.decode()

    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html and "<img" not in html
    assert 'href="https://evil.example' not in html and 'src="https://evil.example' not in html
    assert "(https://evil.example/go)" in html


def test_a_draft_comes_back(client: Client) -> None:
    lent = AssignmentFactory()
    client.force_login(lent.annotator)

    saved = client.post(reverse("assignment-draft", args=[lent.pk]), {"choice": "2", "rationale": "half a th"})
    html = client.get(reverse("annotate", args=[lent.queue_id])).content.decode()

    assert saved.json()["saved_at"]
    assert Draft.objects.get().answer == {"choice": "2", "rationale": "half a th", "correction": None}
    assert 'value="2" checked' in html and "half a th" in html


def test_a_heartbeat_lengthens_the_lease(client: Client) -> None:
    lent = AssignmentFactory(claimed_at=timezone.now() - timedelta(seconds=500))
    client.force_login(lent.annotator)

    answer = client.post(reverse("assignment-heartbeat", args=[lent.pk]))

    assert answer.json()["seconds_left"] >= lent.queue.lease_seconds - 2


@pytest.mark.parametrize(
    "name", ["assignment", "assignment-draft", "assignment-heartbeat", "assignment-submit", "assignment-skip"]
)
def test_an_assignment_exists_for_its_annotator_only(client: Client, name: str) -> None:
    lent = AssignmentFactory()
    signed_in(client, lent.queue)
    address = reverse(name, args=[lent.pk])

    answer = client.get(address) if name == "assignment" else client.post(address, {"choice": "1", "client_key": "k"})

    assert answer.status_code == 404


def test_a_member_who_does_not_annotate_is_refused(client: Client) -> None:
    item = ItemFactory()
    signed_in(client, item.queue, "engineer")

    answer = client.post(reverse("annotate", args=[item.queue_id]))

    assert answer.status_code == 403
    assert "annotator" in answer.content.decode()


def test_nothing_left_says_which_nothing_and_until_when(client: Client) -> None:
    lent = AssignmentFactory()
    signed_in(client, lent.queue)

    answer = client.post(reverse("annotate", args=[lent.queue_id]), headers={"HX-Request": "true"})

    html = answer.content.decode()
    assert html.lstrip().startswith('<div id="work"')
    assert "Nothing free right now" in html and f'datetime="{lent.due_at.isoformat()}"' in html


def test_a_run_to_correct_starts_from_its_final_answer(client: Client) -> None:
    item = ItemFactory(queue=QueueFactory(kind="correct"), traces=[TraceFactory(text="A final\nanswer")])
    me = signed_in(client, item.queue)
    AssignmentFactory(item=item, annotator=me)

    html = client.get(reverse("annotate", args=[item.queue_id])).content.decode()

    assert '<option value="1:3"' in html
    assert ">\nA final\nanswer</textarea>" in html
    assert 'name="choice"' not in html
