"""Judges: made, and refused to work alone until known answers speak for them."""

import pytest
from django.urls import reverse

from annotation.models import Judge
from tests import factories

pytestmark = pytest.mark.django_db
FIT = {"sentence": "accepted: right on 30 of 32 known answers; it is clearly better than chance."}
UNFIT = {"sentence": "refused: right on 12 of 24 known answers; it is not clearly better than chance."}


def test_a_manager_makes_an_endpoint_judge(project, signed_in):
    given = {
        "name": "strict", "provider": "endpoint", "model": "m", "base_url": "https://models.example/v1",
        "api_key_env": "JUDGE_KEY", "rubric": "Look at what was done.",
    }  # fmt: skip

    signed_in("manager").post(reverse("judge-new", args=["desk"]), given)

    judge = Judge.objects.get()
    assert (judge.provider, judge.settings) == ("endpoint", {"rubric": "Look at what was done."})


def test_a_judge_without_an_address_is_refused_and_what_was_typed_stays(project, signed_in):
    given = {"name": "strict", "provider": "endpoint", "model": "m"}

    response = signed_in("manager").post(reverse("judge-new", args=["desk"]), given)

    assert response.status_code == 422
    assert "base_url" in response.content.decode() and 'value="strict"' in response.content.decode()


def test_a_judge_no_better_than_chance_may_not_work_alone(project, signed_in):
    judge = factories.JudgeFactory(project=project, gate=UNFIT)

    response = signed_in("manager").post(reverse("judge-automatic", args=[judge.pk]), {"on": "1"})

    judge.refresh_from_db()
    assert response.status_code == 409 and "not clearly better than chance" in response.content.decode()
    assert not judge.is_automatic


def test_a_judge_that_passed_is_switched_on_and_off(project, signed_in):
    judge, client = factories.JudgeFactory(project=project, gate=FIT), signed_in("manager")

    client.post(reverse("judge-automatic", args=[judge.pk]), {"on": "1"})
    page = client.get(reverse("judges", args=["desk"])).content.decode()
    client.post(reverse("judge-automatic", args=[judge.pk]), {"on": "0"})

    judge.refresh_from_db()
    assert "decides alone" in page and "Stop deciding alone" in page
    assert not judge.is_automatic


def test_engineers_see_judges_but_no_switch(project, signed_in):
    factories.JudgeFactory(project=project, gate=FIT)

    html = signed_in("engineer").get(reverse("judges", args=["desk"])).content.decode()

    assert "clearly better than chance" in html and "Let it decide alone" not in html


def test_a_judge_that_decides_alone_says_what_that_means_and_where_it_may_not(project, signed_in):
    judge = factories.JudgeFactory(project=project, gate=FIT, is_automatic=True)
    factories.JudgeFactory(project=project, gate=FIT)
    biased = {"verdict": "biased", "effect_pp": {"value": 8.0, "low": 5.0, "high": 11.0, "n": 900}, "spread": 0.5}
    measured = {"features": {"verbosity": biased, "lists": biased | {"verdict": "inconclusive"}}}
    factories.ReportFactory(project=project, numbers={"judges": {judge.name: measured}})

    html = signed_in("manager").get(reverse("judges", args=["desk"])).content.decode()

    assert html.count("Decides alone: a release that asks for it") == 1
    assert "in what it is biased in: longer answers." in html
