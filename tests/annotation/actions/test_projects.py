"""Projects, their members and their guidelines."""

from datetime import UTC, datetime

import pytest
from django.db.models import ProtectedError

from annotation.actions import events, projects
from annotation.errors import Forbidden, Invalid
from annotation.models import Event, Guideline, Member, Project, Queue, Trace
from annotation.queries import members
from tests.factories import MemberFactory, ProjectFactory, QueueFactory, TraceFactory, UserFactory, person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_owner_of_a_new_project_is_manager_and_engineer():
    owner = UserFactory()

    project = projects.create(slug="desk", name="Desk", owner=owner, now=NOW)

    assert members.roles(owner, project) == {"manager", "engineer"}
    assert list(Project.objects.visible_to(owner)) == [project]


def test_a_role_is_given_once_and_logged_once():
    project = ProjectFactory()
    ada, ben = person(project, "manager"), UserFactory()
    for _ in range(2):
        projects.add_member(project=project, user=ben, role="annotator", actor=ada, now=NOW)

    event = Event.objects.get(verb="member.added")
    assert (event.actor, event.subject, event.detail) == (ada, ben.pk, {"role": "annotator"})


def test_there_are_no_other_roles():
    project = ProjectFactory()

    with pytest.raises(Invalid, match="no role"):
        projects.add_member(project=project, user=UserFactory(), role="boss", actor=None, now=NOW)


def test_a_role_is_taken_away_once():
    project = ProjectFactory()
    ada = person(project, "manager")
    member = MemberFactory(project=project)
    for _ in range(2):
        projects.remove_member(member=Member.objects.get(pk=member.pk) if _ == 0 else member, actor=ada, now=NOW)

    assert not project.members.filter(pk=member.pk).exists()
    assert Event.objects.filter(verb="member.removed").count() == 1
    with pytest.raises(Forbidden):
        members.require(member.user, project, "annotator")


def test_the_last_manager_who_can_log_in_stays():
    project = ProjectFactory()
    ada = person(project, "manager")
    person(project, "manager", is_active=False)

    with pytest.raises(Invalid, match="last manager"):
        projects.remove_member(member=ada.memberships.get(), actor=ada, now=NOW)


def test_guidelines_are_added_never_edited_and_the_same_text_is_no_new_version():
    project = ProjectFactory()
    ada = person(project, "manager")
    first = projects.write_guideline(project=project, text="Be fair.", author=ada, now=NOW)
    again = projects.write_guideline(project=project, text=" Be fair. ", author=ada, now=NOW)
    second = projects.write_guideline(project=project, text="Be fair and quick.", author=ada, now=NOW)

    assert (first, first.version, second.version) == (again, 1, 2)
    assert Guideline.objects.count() == 2
    with pytest.raises(Invalid, match="empty"):
        projects.write_guideline(project=project, text="  ", author=ada, now=NOW)


def test_what_belongs_to_a_project_is_seen_by_its_members_only():
    here, elsewhere = QueueFactory(), QueueFactory()
    TraceFactory(project=elsewhere.project)
    ada = person(here.project, "annotator", "engineer")

    assert list(Queue.objects.visible_to(ada)) == [here]
    assert list(Trace.objects.visible_to(ada)) == []


def test_a_project_with_a_history_cannot_be_deleted():
    project = ProjectFactory()
    events.record("project.created", project=project, actor=None, now=NOW)

    with pytest.raises(ProtectedError):
        project.delete()
