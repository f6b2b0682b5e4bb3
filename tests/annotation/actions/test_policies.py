"""Promoting policies and rolling back."""

from datetime import UTC, datetime

import pytest

from annotation.actions import policies
from annotation.errors import Invalid
from annotation.models import Deployment, Event
from annotation.queries import policies as found
from tests.factories import PolicyFactory, ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def promote(policy, reason="Wins on the gate."):
    return policies.promote(policy=policy, by=UserFactory(), reason=reason, now=NOW)


def roll_back(project):
    return policies.roll_back(project=project, by=UserFactory(), reason="It promised refunds.", now=NOW)


def test_the_newest_promotion_names_the_champion():
    project = ProjectFactory()
    first, second = PolicyFactory.create_batch(2, project=project)
    promote(first)

    deployment = promote(second)

    assert found.champion(project) == second
    assert (deployment.previous, deployment.kind) == (first, "promote")
    assert Event.objects.filter(verb="policy.promoted", subject=second.pk).exists()


def test_rolling_back_twice_goes_back_two_steps_and_adds_history():
    project = ProjectFactory()
    first, second, third = PolicyFactory.create_batch(3, project=project)
    for policy in (first, second, third):
        promote(policy)

    roll_back(project)
    after_one = found.champion(project)
    roll_back(project)

    assert (after_one, found.champion(project)) == (second, first)
    assert [d.kind for d in Deployment.objects.order_by("pk")] == ["promote"] * 3 + ["rollback"] * 2
    with pytest.raises(policies.NothingToRollBackTo):
        roll_back(project)


def test_a_promotion_after_a_roll_back_is_rolled_back_to_what_was_before_it():
    project = ProjectFactory()
    first, second, third = PolicyFactory.create_batch(3, project=project)
    promote(first), promote(second), roll_back(project), promote(third)

    roll_back(project)

    assert found.champion(project) == first


def test_there_is_nothing_to_roll_back_to_before_the_second_promotion():
    project = ProjectFactory()
    with pytest.raises(policies.NothingToRollBackTo):
        roll_back(project)
    promote(PolicyFactory(project=project))

    with pytest.raises(policies.NothingToRollBackTo):
        roll_back(project)


def test_the_champion_is_not_promoted_again():
    policy = PolicyFactory()
    promote(policy)

    with pytest.raises(policies.AlreadyChampion):
        promote(policy)

    assert Deployment.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_promotion_says_why_in_a_few_words(reason):
    with pytest.raises(Invalid):
        promote(PolicyFactory(), reason=reason)


def test_champions_of_other_projects_do_not_count():
    promote(PolicyFactory())

    assert found.champion(ProjectFactory()) is None
