"""A judge's page: every section with its figures, or with what is lacking; names for managers only."""

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions import judges, report_building
from annotation.queries.judge_pages import lacking
from tests import factories
from tests.annotation import judged_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def judge(project):
    """A judge of which the newest report tells everything there is; the first person is ann-x."""
    made = judges.create(
        project=project, actor=factories.UserFactory(), now=timezone.now(), name="desk-judge", provider="endpoint",
        model="m-1", base_url="https://models.example/v1", settings={"rubric": "Look at *what was done*.", "timeout_s": 20},
    )  # fmt: skip
    person = factories.person(project, "annotator", username="ann-x")
    factories.ReportFactory(project=project, numbers=judged_world.numbers(person.pk))
    return made


def test_a_manager_reads_every_section_with_its_figures_and_where_they_are_explained(judge, signed_in):
    page = signed_in("manager").get(reverse("judge", args=[judge.pk]))

    html = page.content.decode()
    assert page.context["found"] and "Nothing to show" not in html and "ann-x" in html
    for anchor in ("agreement", "position-shift-and-swap-consistency", "what-sways-a-judge", "topics", "a-judges-own-family",
                   "calibration-of-a-judge", "may-a-judge-replace-a-person", "the-alarm-over-policy-versions", "versions-of-a-judge"):  # fmt: skip
        assert f"/methods/#{anchor}" in html
    assert "m-1" in html and "<em>what was done</em>" in html
    assert "<title>Probabilities of desk-judge</title>" in html and "<title>Win rate of desk</title>" in html
    assert [row["version"] for row in page.context["own_versions"]] == ["rubric-1", "rubric-2"]
    assert reverse("item", args=[page.context["against"][0]["page"]]) in html


def test_the_answer_on_replacement_is_one_word_with_its_reasons(judge, signed_in):
    page = signed_in("manager").get(reverse("judge", args=[judge.pk]))

    found = page.context["replacement"]
    answer = "<b>Yes.</b>" if found["passes"] else "<b>No.</b>"
    assert f"{answer} It beats {found['beaten']} people" in page.content.decode()
    assert {row["topic"] for row in found["within"]} == {"refunds", "orders"}


def test_favour_that_grows_over_versions_raises_the_alarm(judge, signed_in):
    page = signed_in("manager").get(reverse("judge", args=[judge.pk]))

    [policy] = page.context["versions"]
    assert (policy["name"], policy["opponent"], policy["is_weighted"]) == ("desk", "shop@0", True)
    assert policy["raised"] and "Alarm: " in page.content.decode()


def test_engineers_see_no_annotators_name_and_no_links_they_may_not_follow(judge, signed_in):
    html = signed_in("engineer").get(reverse("judge", args=[judge.pk])).content.decode()

    assert "ann-x" not in html and "annotator-" in html
    assert "/items/" not in html and " by the system" not in html


def test_without_a_report_the_page_says_what_it_takes_and_managers_may_ask_for_one(project, signed_in):
    judge = factories.JudgeFactory(project=project)

    for_managers, for_engineers = (
        signed_in(role).get(reverse("judge", args=[judge.pk])).content.decode() for role in ("manager", "engineer")
    )

    assert "No report was computed yet" in for_managers and "Compute now" in for_managers
    assert "Compute now" not in for_engineers


def test_what_a_report_lacks_is_said_in_the_section_where_it_is_missed(project, signed_in):
    judge = factories.JudgeFactory(project=project, name="shy")
    for item in factories.ItemFactory.create_batch(3, queue=factories.QueueFactory(project=project)):
        factories.VerdictFactory(item=item, judge=judge, label="a")
        factories.AnnotationFactory(assignment__item=item, assignment__state="done", choice="a")
    report_building.build(project=project, kind="bias", now=timezone.now())

    page = signed_in("manager").get(reverse("judge", args=[judge.pk]))

    told = page.context["lacking"]
    sections = (
        "accuracy",
        "position",
        "features",
        "family",
        "topics",
        "calibration",
        "replacement",
        "versions",
        "history",
    )
    assert [section for section in sections if not told[section]] == []
    assert "This cannot be said yet" in page.content.decode() and "two versions of a policy" in page.content.decode()


def test_gaps_of_one_judge_are_not_told_of_another() -> None:
    names = [
        "features of a.b",
        "features of axb",
        "topic x of a.b",
        "ann against a.b",
        "replacement on x by a.b",
        "desk@2 by a.b",
    ]

    told = lacking("a.b", [{"what": name, "why": name} for name in names])

    assert [len(told[section]) for section in ("features", "topics", "replacement", "versions")] == [1, 1, 2, 1]


def test_the_list_leads_to_each_judge_and_shows_their_agreement_side_by_side(judge, project, signed_in):
    factories.JudgeFactory(project=project, name="other")

    html = signed_in("engineer").get(reverse("judges", args=["desk"])).content.decode()

    assert html.count(f'href="{reverse("judge", args=[judge.pk])}"') >= 2
    assert "<title>Agreement with most people" in html


def test_decisions_about_the_judge_are_its_history(judge, project, signed_in):
    client = signed_in("manager", username="mia-x")
    project.judges.filter(pk=judge.pk).update(gate={"sentence": "accepted: right on 30 of 32."})

    client.post(reverse("judge-automatic", args=[judge.pk]), {"on": "1"})
    html = client.get(reverse("judge", args=[judge.pk])).content.decode()

    assert "judge automatic" in html and "judge created" in html and "by mia-x" in html
