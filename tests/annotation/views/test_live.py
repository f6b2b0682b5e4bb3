"""Whether work is here: conditional answers, for one queue and for everything of a person."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from annotation.actions import annotations, assignments
from annotation.models import Annotation, Reservation, Slot
from tests import factories as make
from tests.annotation.views.conftest import HTMX

pytestmark = pytest.mark.django_db
URL = "/me/waiting/"
NOW = timezone.now()


@pytest.fixture(autouse=True)
def forgotten():
    cache.clear()


@pytest.fixture
def queue(project):
    return make.QueueFactory(project=project)


def ask(client, queue=None, tag=""):
    return client.get(URL, {"queue": queue.pk} if queue else {}, headers={"If-None-Match": tag})


def finished(client, queue, username):
    """Answer all that is there, through the actions."""
    me = queue.project.members.get(user__username=username).user
    while True:
        try:
            lent = assignments.claim(queue=queue, annotator=me, now=NOW)
        except assignments.NothingLeft:
            return me
        annotations.submit(assignment=lent, answer={"choice": "1"}, client_key=f"k{lent.pk}", active_seconds=1, now=NOW)


def test_nothing_new_is_a_304_and_new_work_a_200(queue, signed_in):
    client = signed_in("annotator", username="ada")
    make.ItemFactory(queue=queue)
    finished(client, queue, "ada")

    first = ask(client, queue)
    same = ask(client, queue, first["ETag"])
    make.ItemFactory(queue=queue)
    news = ask(client, queue, first["ETag"])
    after = ask(client, queue, news["ETag"])

    assert (first.status_code, first.json()) == (200, {"waiting": []})
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", first["ETag"])
    assert (news.status_code, news.json()) == (200, {"waiting": [f"queue-{queue.pk}"]})
    assert after.status_code == 304


def test_what_i_have_answered_waits_for_others_only(queue, signed_in):
    ada, ben = signed_in("annotator", username="ada"), signed_in("annotator", username="ben")
    queue.overlap = 2
    queue.save()
    make.ItemFactory(queue=queue)
    finished(ada, queue, "ada")

    assert Slot.objects.filter(queue=queue).exists()
    assert ask(ada, queue).json() == {"waiting": []}
    assert ask(ben, queue).json() == {"waiting": [f"queue-{queue.pk}"]}


def test_a_place_that_comes_back_is_news_and_a_paused_queue_never_is(
    queue, signed_in, django_capture_on_commit_callbacks
):
    client = signed_in("annotator", username="ada")
    item = make.ItemFactory(queue=queue)
    me = finished(client, queue, "ada")
    other = make.ItemFactory(queue=queue)
    lent = assignments.claim(queue=queue, annotator=make.person(queue.project, "annotator"), now=NOW)
    before = ask(client, queue).json()
    with django_capture_on_commit_callbacks(execute=True):
        assignments.release(assignment=lent, now=NOW)

    freed = ask(client, queue).json()
    queue.paused_at = NOW
    queue.save()

    assert (before, freed) == ({"waiting": []}, {"waiting": [f"queue-{queue.pk}"]})
    assert lent.item_id == other.pk != item.pk and me.pk != lent.annotator_id
    assert ask(client, queue).json() == {"waiting": []}


def test_a_reservation_counts_once_it_is_due(queue, signed_in):
    client = signed_in("annotator", username="ada")
    item = make.ItemFactory(queue=queue)
    me = finished(client, queue, "ada")
    kept = Reservation.objects.create(
        queue=queue, annotator=me, item=item, round=1, due_at=timezone.now() + timedelta(hours=1), created_at=NOW
    )

    early = ask(client, queue).json()
    Reservation.objects.filter(pk=kept.pk).update(due_at=NOW)

    assert early == {"waiting": []} and ask(client, queue).json() == {"waiting": [f"queue-{queue.pk}"]}


def test_everything_of_mine_and_nothing_of_others(queue, project, signed_in):
    make.ItemFactory(queue=queue)
    elsewhere = make.ItemFactory().queue
    disputed = make.ItemFactory(queue=make.QueueFactory(project=project, overlap=2))
    for place, choice in enumerate("ab"):
        lent = make.AssignmentFactory(item=disputed, state="done", place=place)
        make.AnnotationFactory(assignment=lent, choice=choice)

    annotator, reviewer, manager = signed_in("annotator"), signed_in("reviewer"), signed_in("manager")

    assert ask(annotator).json() == {"waiting": [f"queue-{queue.pk}"]}
    assert ask(reviewer).json() == {"waiting": [f"review-{project.pk}"]}
    assert ask(manager).json() == ask(reviewer, queue).json() == ask(annotator, elsewhere).json() == {"waiting": []}
    assert ask(annotator, make.QueueFactory.build(pk=10**30)).json()["waiting"] == [f"queue-{queue.pk}"]


def test_home_and_the_rest_screen_know_what_they_showed(queue, signed_in):
    client = signed_in("annotator", username="ada")
    make.ItemFactory(queue=queue)

    home = client.get(reverse("home")).content.decode()
    tag = ask(client)["ETag"]
    finished(client, queue, "ada")
    rest = client.post(reverse("annotate", args=[queue.pk]), headers=HTMX).content.decode()
    start = client.get(reverse("annotate", args=[queue.pk])).content.decode()

    assert f'data-known="queue-{queue.pk}"' in home and f'data-tag="{tag.replace(chr(34), "&quot;")}"' in home
    assert f'data-url="/me/waiting/?queue={queue.pk}"' in rest
    assert 'id="news"' not in start  # there is a button to begin with
    assert Annotation.objects.count() == 1
