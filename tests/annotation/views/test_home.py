"""Home, log-in, and the frame of every page."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.models import Role, User
from annotation.queries import assignments, golds, queues
from annotation.templatetags.flywheel import PLACES
from tests.factories import (
    PASSWORD,
    AnnotationFactory,
    AssignmentFactory,
    GoldFactory,
    ItemFactory,
    QueueFactory,
    UserFactory,
    person,
)

pytestmark = pytest.mark.django_db


def test_home_shows_my_queues_and_my_recent_answers(client: Client) -> None:
    given = AnnotationFactory(answer={"choice": "b", "rationale": "looked twice", "correction": None})
    ItemFactory()  # of another project
    client.force_login(given.annotator)

    html = client.get(reverse("home")).content.decode()

    assert given.assignment.queue.name in html and "looked twice" in html and "B is better" in html
    assert reverse("assignment", args=[given.assignment_id]) in html
    assert html.count('class="card"') == 1


def test_queues_of_more_priority_stand_first() -> None:
    first = QueueFactory(name="Z", priority=1)
    QueueFactory(name="A", project=first.project)
    me = person(first.project, "annotator")

    [entry] = assignments.desk(me, now=timezone.now())

    assert [line["queue"].name for line in entry["queues"]] == ["Z", "A"]
    assert [row["queue"].name for row in queues.listed(first.project, now=timezone.now())] == ["Z", "A"]


def test_a_share_on_known_answers_has_an_interval_and_waits_for_ten() -> None:
    me = UserFactory()
    queue = ItemFactory().queue
    for n in range(10):
        assert golds.agreement(queue.project_id, me) is None
        gold = GoldFactory(item=ItemFactory(queue=queue, batch=None), choice="a" if n else "b")
        AnnotationFactory(assignment=AssignmentFactory(item=gold.item, annotator=me, state="done"))

    found = golds.agreement(queue.project_id, me)

    # Wilson (1927), 9 of 10 at 95 %: 0.5958 to 0.9821.
    assert found is not None
    assert (found.value, found.n) == (0.9, 10)
    assert found.low == pytest.approx(0.5958, abs=1e-4) and found.high == pytest.approx(0.9821, abs=1e-4)


def test_the_share_on_known_answers_stays_as_it_was_until_ten_more_are_met() -> None:
    me, queue = UserFactory(), ItemFactory().queue
    for n in range(13):
        gold = GoldFactory(item=ItemFactory(queue=queue, batch=None), choice="a" if n < 10 else "b")
        AnnotationFactory(assignment=AssignmentFactory(item=gold.item, annotator=me, state="done"))

    found = golds.agreement(queue.project_id, me)

    assert found is not None and (found.value, found.n) == (1.0, 10)


def test_log_in_and_out(client: Client) -> None:
    user = UserFactory(username="ana")

    page = client.get(reverse("home"), follow=True)
    entered = client.post(reverse("login"), {"username": "ana", "password": PASSWORD, "next": reverse("home")})
    left = client.post(reverse("logout"))

    assert "Log in" in page.content.decode()
    assert entered.headers["Location"] == reverse("home") and left.headers["Location"] == reverse("login")
    assert User.objects.get().pk == user.pk


def test_the_remembered_theme_is_written_into_the_page_and_nothing_else_is(client: Client) -> None:
    client.cookies["theme"] = "dark"
    assert '<html lang="en" data-theme="dark">' in client.get(reverse("login")).content.decode()

    client.cookies["theme"] = '"><script>'
    assert '<html lang="en">' in client.get(reverse("login")).content.decode()


def test_no_page_has_inline_script_or_style(client: Client) -> None:
    lent = AssignmentFactory()
    client.force_login(lent.annotator)

    for path in (reverse("home"), reverse("annotate", args=[lent.queue_id]), "/no-such-page/"):
        answer = client.get(path)
        html = answer.content.decode()
        assert " style=" not in html and "<style" not in html and " onclick" not in html
        assert "<script>" not in html and "unsafe" not in answer["Content-Security-Policy"]


def test_single_keys_are_remembered(client: Client) -> None:
    user = UserFactory()
    client.force_login(user)

    client.post(reverse("single-keys"), {"on": "0"})

    user.refresh_from_db()
    assert not user.has_single_keys


def test_members_read_the_guidelines_and_strangers_do_not(client: Client) -> None:
    project = ItemFactory().queue.project
    client.force_login(person(project, "engineer"))
    assert "no guidelines yet" in client.get(reverse("guidelines", args=[project.slug])).content.decode()

    client.force_login(UserFactory())
    assert client.get(reverse("guidelines", args=[project.slug])).status_code == 404


@pytest.mark.parametrize("role", Role.values)
def test_the_navigation_leads_exactly_where_the_role_may_go(client: Client, role: str) -> None:
    project = ItemFactory().queue.project
    client.force_login(person(project, role))

    shown = client.get(reverse("guidelines", args=[project.slug])).content.decode()

    for name, label, roles in PLACES:
        address = reverse(name, args=[project.slug])
        assert (f'<a href="{address}"' in shown) == (role in roles), label
        if role in roles:
            assert client.get(address).status_code == 200, label
