"""Policies: lineage, and changes of champion that are confirmed with a reason."""

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions import report_building
from annotation.models import Deployment, ReleaseRow
from annotation.queries import policies
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def trained(project):
    """A candidate of a run on a release of two answers."""
    run = factories.RunFactory(project=project, state="done")
    ReleaseRow.objects.create(
        release=run.release, kind="preference", key="k", split="train", sha256="0" * 64, annotations=[5, 6]
    )
    return factories.PolicyFactory(
        project=project, name="desk", version="2", origin="trained", run=run, release=run.release
    )


@pytest.fixture
def champion(project):
    return factories.DeploymentFactory(project=project, policy__name="desk", policy__version="1").policy


def test_a_policy_tells_where_it_comes_from(trained, signed_in):
    html = signed_in("engineer").get(reverse("policy", args=[trained.pk])).content.decode()

    assert reverse("run", args=[trained.run_id]) in html and reverse("release", args=[trained.release_id]) in html
    assert "2 answers" in html


@pytest.mark.parametrize("role", ["manager", "engineer"])
def test_a_candidate_is_promoted_after_a_question_and_with_a_reason(trained, champion, project, signed_in, role):
    client, page = signed_in(role), reverse("policy-promote", args=[trained.pk])

    asked = client.get(page).content.decode()
    nameless = client.post(page, {"reason": " "})
    client.post(page, {"reason": "Better on every test pair."})

    assert "It takes the place of desk@1" in asked
    assert nameless.status_code == 422
    assert policies.champion(project) == trained
    assert Deployment.objects.first().reason == "Better on every test pair."


def test_the_champion_cannot_be_promoted_again(champion, signed_in):
    response = signed_in("engineer").post(reverse("policy-promote", args=[champion.pk]), {"reason": "again"})

    assert response.status_code == 422 and "is the champion already" in response.content.decode()


def test_rolling_back_brings_the_champion_before_and_is_in_the_history(trained, champion, project, signed_in):
    factories.DeploymentFactory(project=project, policy=trained)
    client = signed_in("manager")

    asked = client.get(reverse("rollback", args=["desk"])).content.decode()
    html = client.post(
        reverse("rollback", args=["desk"]), {"reason": "It invents dates."}, follow=True
    ).content.decode()

    assert "Roll back to desk@1?" in asked
    assert policies.champion(project) == champion
    assert "rolled back" in html and "It invents dates." in html


def test_without_an_earlier_champion_there_is_nothing_to_go_back_to(champion, signed_in):
    client, page = signed_in("manager"), reverse("rollback", args=["desk"])

    assert "Nothing to go back to" in client.get(page).content.decode()
    assert client.post(page, {"reason": "oops"}).status_code == 422


def test_win_rates_are_shown_by_people_and_corrected_from_a_judge(project, signed_in):
    queue, who = factories.QueueFactory(project=project), factories.person(project, "annotator")
    old, new = (factories.PolicyFactory(project=project, name="desk", version=version) for version in "12")
    judge = factories.JudgeFactory(project=project, name="glib")
    for number in range(40):
        traces = [factories.TraceFactory(project=project, task=f"t{number}", policy=one) for one in (old, new)]
        item = factories.ItemFactory(queue=queue, task=f"t{number}", traces=traces)
        if number < 30:
            factories.AnnotationFactory(
                assignment__item=item,
                assignment__annotator=who,
                assignment__state="done",
                choice="ab"[number % 4 > 0],
            )
        for first in (0, 1):
            factories.VerdictFactory(item=item, judge=judge, first=first, label="ab"[number % 3 > 0])
    page, ask = reverse("policies", args=["desk"]), reverse("report-compute", args=["desk", "win-rate"])

    before = signed_in("engineer").get(page).content.decode()
    report_building.build(project=project, kind="win-rate", now=timezone.now())
    after = signed_in("engineer").get(page)
    asked = signed_in("manager").post(ask)

    rates = {(row["policy"], row["by"]): round(row["value"], 2) for row in after.context["win_rates"]}
    assert "Nobody computed win rates yet" in before and ask not in before
    assert rates == {("desk@1", "glib, corrected by people"): 0.27, ("desk@2", "glib, corrected by people"): 0.73}
    assert "win-rate --votes votes.jsonl" in after.content.decode() and asked.url == page
