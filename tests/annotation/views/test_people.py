"""People: figures with their uncertainty, roles given and taken."""

import pytest
from django.urls import reverse

from annotation.models import Event, Member
from annotation.queries import people
from annotation.queries.golds import wilson
from flywheel.stats import intervals
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("right", "n"), [(0, 1), (7, 10), (10, 10), (480, 1000)])
def test_the_interval_is_that_of_the_statistics(right, n):
    estimate = wilson(right, n)

    assert (estimate.low, estimate.high) == pytest.approx(intervals.wilson(right, n))


def test_answers_gold_and_the_side_shown_first_are_counted(project):
    person = factories.person(project, "annotator")
    queue = factories.QueueFactory(project=project)
    gold = factories.GoldFactory(item__queue=queue, choice="b").item
    for item, choice, order in (
        (factories.ItemFactory(queue=queue), "a", [0, 1]),
        (factories.ItemFactory(queue=queue), "a", [1, 0]),
        (factories.ItemFactory(queue=queue), "tie", [0, 1]),
        (gold, "b", [1, 0]),
    ):
        lent = factories.AssignmentFactory(item=item, annotator=person, order=order, state="done")
        factories.AnnotationFactory(assignment=lent, choice=choice)

    [row] = people.listed(project)

    assert (row["answers"], row["gold_right"], row["gold"].n) == (4, 1, 1)
    assert (row["first"].value, row["first"].n) == (pytest.approx(2 / 3), 3)
    assert row["leaning"] == "too few answers to tell"


def test_three_runs_say_nothing_about_a_lean_to_the_first_of_two(project):
    item = factories.ItemFactory(queue=factories.QueueFactory(project=project, sides=3))
    lent = factories.AssignmentFactory(item=item, order=[2, 0, 1], state="done")
    factories.AnnotationFactory(assignment=lent, choice="b")

    [row] = people.listed(project)

    assert (row["answers"], row["first"], row["leaning"]) == (1, None, "nothing to say yet")


def test_a_role_is_given_and_taken_and_both_are_recorded(project, signed_in):
    ann, client = factories.UserFactory(username="ann"), signed_in("manager")

    client.post(reverse("members", args=["desk"]), {"username": "ann", "role": "annotator"})
    member = Member.objects.get(user=ann)
    client.post(reverse("member-remove", args=[member.pk]))

    assert not Member.objects.filter(user=ann).exists()
    assert list(Event.objects.order_by("pk").values_list("verb", flat=True)) == ["member.added", "member.removed"]


def test_a_name_nobody_has_is_refused_at_its_field(project, signed_in):
    response = signed_in("manager").post(reverse("members", args=["desk"]), {"username": "nobody", "role": "annotator"})

    assert response.status_code == 422 and "check its spelling" in response.content.decode()


def test_the_last_manager_stays(project, signed_in):
    client = signed_in("manager")
    member = Member.objects.get(role="manager")

    response = client.post(reverse("member-remove", args=[member.pk]))

    assert response.status_code == 422 and "last manager" in response.content.decode()
    assert Member.objects.filter(pk=member.pk).exists()


def test_a_manager_gives_an_annotator_skills_and_the_audit_log_has_them(project, signed_in):
    member = factories.MemberFactory(project=project, role="annotator")
    client, page = signed_in("manager"), reverse("member-skills", args=[member.pk])

    client.post(page, {"skills": " German, refunds,, German "})
    client.post(page, {"skills": "German, refunds"})

    member.refresh_from_db()
    assert member.skills == ["German", "refunds"]
    assert [event.detail for event in project.events.filter(verb="member.skills")] == [
        {"skills": ["German", "refunds"]}
    ]
    assert 'value="German, refunds"' in client.get(reverse("members", args=["desk"])).content.decode()


def test_skills_that_are_too_long_or_of_a_manager_are_refused(project, signed_in):
    annotator = factories.MemberFactory(project=project, role="annotator")
    client = signed_in("manager", username="mia")
    manager = project.members.get(user__username="mia")

    long = client.post(reverse("member-skills", args=[annotator.pk]), {"skills": "x" * 41})
    wrong = client.post(reverse("member-skills", args=[manager.pk]), {"skills": "German"})

    assert (long.status_code, wrong.status_code) == (422, 422)
