"""Every page of managers and engineers opens, empty and full."""

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.django_db

OF_PROJECT = (
    "project queues queue-new traces traces-upload judges judge-new bias people members guidelines guideline-new "
    "releases release-new runs run-new policies rollback tokens audit cost"
).split()


@pytest.fixture
def project():
    return factories.ProjectFactory()


@pytest.fixture
def everything(project, client: Client) -> Client:
    """Signed in as somebody who is manager and engineer."""
    client.force_login(factories.person(project, "manager", "engineer"))
    return client


@pytest.mark.parametrize("name", OF_PROJECT)
def test_a_page_of_an_empty_project_says_what_to_do(name, project, everything):
    response = everything.get(reverse(name, args=[project.slug]))

    assert response.status_code == 200, response.content
    assert "<h1" in response.content.decode()


@pytest.mark.parametrize("name", OF_PROJECT)
def test_a_page_of_a_full_project_opens(name, project, everything):
    full(project)

    response = everything.get(reverse(name, args=[project.slug]))

    assert response.status_code == 200


@pytest.mark.parametrize(
    "name", ["queue", "queue-edit", "items", "item", "trace", "release", "run", "policy", "policy-promote"]
)
def test_a_page_of_one_thing_opens(name, project, everything):
    made = full(project)

    response = everything.get(reverse(name, args=[made[name].pk]))

    assert response.status_code == 200


def full(project):
    """One of everything."""
    queue = factories.QueueFactory(project=project)
    item = factories.ItemFactory(queue=queue)
    lent = factories.AssignmentFactory(item=item, state="done")
    factories.AnnotationFactory(assignment=lent)
    judge = factories.JudgeFactory(project=project)
    factories.VerdictFactory(item=item, judge=judge)
    trace = item.sides.first().trace
    release = factories.ReleaseFactory(project=project)
    run = factories.RunFactory(project=project, release=release)
    policy = factories.PolicyFactory(project=project, origin="trained", run=run, release=release)
    factories.DeploymentFactory(project=project, policy=trace.policy)
    factories.DeploymentFactory(project=project, policy=policy)
    factories.GuidelineFactory(project=project)
    return {
        "queue": queue, "queue-edit": queue, "items": queue, "item": item, "trace": trace,
        "release": release, "run": run, "policy": policy, "policy-promote": trace.policy,
    }  # fmt: skip
