"""Queues: rules in people's units, a preview that keeps nothing, progress that follows."""

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.models import Queue
from annotation.queries import queues
from tests import factories
from tests.annotation.views.conftest import HTMX

pytestmark = pytest.mark.django_db
RULES = {
    "name": "Refunds", "kind": "compare", "overlap": "2", "second_share": "12.5", "lease_seconds": "1.5", "batch_size": "20",
    "exploration_share": "15", "gold_share": "5", "repeat_share": "10", "repeat_after_hours": "24", "daily_quota": "",
}  # fmt: skip


def test_a_manager_opens_a_queue_in_per_cent_and_minutes(project, signed_in):
    response = signed_in("manager").post(reverse("queue-new", args=["desk"]), RULES)

    queue = Queue.objects.get()
    assert response.url == reverse("queue", args=[queue.pk])
    assert (queue.second_share, queue.lease_seconds, queue.daily_quota) == (0.125, 90, None)


def test_a_preview_says_what_the_rules_would_ask_and_opens_nothing(project, signed_in):
    client = signed_in("manager")

    page = client.post(reverse("queue-new", args=["desk"]), RULES | {"preview": "1"})
    part = client.post(reverse("queue-new", args=["desk"]), RULES | {"preview": "1"}, headers=HTMX)

    assert "<b>244 answers</b>" in page.content.decode()
    assert "<b>244 answers</b>" in part.content.decode() and "<form" not in part.content.decode()
    assert not Queue.objects.exists()


@pytest.mark.parametrize(
    ("rules", "answers"),
    [
        ({"overlap": 1, "second_share": 0.0, "gold_share": 0.0, "repeat_share": 0.0}, 100),
        ({"overlap": 1, "second_share": 0.25, "gold_share": 0.0, "repeat_share": 0.0}, 125),
        ({"overlap": 3, "second_share": 0.0, "gold_share": 0.5, "repeat_share": 0.1}, 630),
    ],
)
def test_expected_answers_add_up(rules, answers):
    assert queues.expected({**rules, "exploration_share": 0.15})["answers"] == answers


def test_a_name_that_is_taken_is_refused_and_what_was_typed_stays(project, signed_in):
    factories.QueueFactory(project=project, name="Refunds")

    response = signed_in("manager").post(reverse("queue-new", args=["desk"]), RULES)

    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode() and 'value="12.5"' in response.content.decode()


def test_rules_change_but_the_kind_does_not(project, signed_in):
    queue = factories.QueueFactory(project=project)

    signed_in("manager").post(reverse("queue-edit", args=[queue.pk]), RULES | {"kind": "correct"})

    queue.refresh_from_db()
    assert (queue.name, queue.overlap, queue.kind) == ("Refunds", 2, "compare")


def test_pause_and_resume(project, signed_in):
    queue, client = factories.QueueFactory(project=project), signed_in("manager")

    client.post(reverse("queue-pause", args=[queue.pk]))
    paused = client.get(reverse("queue", args=[queue.pk])).content.decode()
    client.post(reverse("queue-resume", args=[queue.pk]))

    queue.refresh_from_db()
    assert "nothing more is lent out" in paused
    assert queue.paused_at is None


def test_only_managers_see_who_answered_how_much(project, signed_in):
    lent = factories.AssignmentFactory(item__queue__project=project, state="done")
    factories.AnnotationFactory(assignment=lent)
    page = reverse("queue", args=[lent.queue_id])

    assert lent.annotator.username in signed_in("manager").get(page).content.decode()
    assert lent.annotator.username not in signed_in("engineer").get(page).content.decode()


def test_the_progress_follows_only_while_something_is_open(project, signed_in):
    item = factories.ItemFactory(queue__project=project)
    client, page = signed_in("manager"), reverse("queue", args=[item.queue_id])

    seen = client.get(page).context["seen"]
    same = client.get(f"{page}?seen={seen}", headers=HTMX)
    factories.AssignmentFactory(item=item, queue=item.queue, state="done")
    other = client.get(f"{page}?seen={seen}", headers=HTMX)

    assert same.status_code == 204
    assert other.status_code == 200 and "hx-trigger" not in other.content.decode()


def test_a_managers_page_has_pace_agreement_latency_and_leases(project, signed_in):
    queue = factories.QueueFactory(project=project, overlap=2, daily_quota=10)
    now = timezone.now()
    item = factories.ItemFactory(queue=queue)
    for place in (0, 1):
        done = factories.AssignmentFactory(item=item, state="done", place=place, closed_at=now)
        factories.AnnotationFactory(assignment=done, active_seconds=20 + place)
    lent = factories.AssignmentFactory(item=factories.ItemFactory(queue=queue))

    page = signed_in("manager").get(reverse("queue", args=[queue.pk]))

    shown = page.context
    assert (shown["agreement"].overall.value, shown["days"][-1][1], shown["end"].remaining) == (1.0, 2, 2)
    assert [one.annotator for one in shown["leases"]] == [lent.annotator]
    assert {(row["answers"], row["left"]) for row in shown["people"]} == {(1, 9)}
    assert "Not enough data yet" in page.content.decode()


def test_the_figures_of_a_large_queue_come_by_themselves(project, signed_in, monkeypatch):
    monkeypatch.setattr(queues, "COUNTED_ALWAYS", 0)
    item = factories.ItemFactory(queue__project=project)
    client, page = signed_in("manager"), reverse("queue", args=[item.queue_id])

    first = client.get(page).content.decode()
    part = client.get(f"{page}?part=figures", headers=HTMX).content.decode()
    whole = client.get(f"{page}?part=figures").content.decode()

    assert "Agreement over time" not in first and f'href="{page}?part=figures"' in first
    assert "Agreement over time" in part and "<html" not in part
    assert "Agreement over time" in whole and "<html" in whole


def test_a_part_that_is_known_already_counts_nobody(project, signed_in, monkeypatch):
    item, client = factories.ItemFactory(queue__project=project), signed_in("manager")
    page = reverse("queue", args=[item.queue_id])
    seen = client.get(page).context["seen"]
    monkeypatch.setattr("annotation.queries.queues.people", None)  # to call it would fail

    answer = client.get(f"{page}?seen={seen}", headers=HTMX)

    assert (answer.status_code, answer.content) == (204, b"")
