"""The agreement page: groups, time and disagreements by kind, names for managers only, a reviewer's blindness, the file."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions import report_building
from tests import factories
from tests.annotation.views.conftest import HTMX

pytestmark = pytest.mark.django_db
PAGE = "/p/desk/agreement/"
ITEMS = 24


@pytest.fixture
def computed(project):
    """Two queues of twelve items, three people who agree but once, once two who differ, and a judge wrong on two items."""
    people = [factories.person(project, "annotator", username=name) for name in ("ann-x", "ben-x", "cem-x", "dee-x")]
    judge = factories.JudgeFactory(project=project, name="glib")
    queues = [factories.QueueFactory(project=project, name=name) for name in ("Refunds", "Cards")]
    # Eight items on each of three days, whatever the time of day is now.
    items, start = [], timezone.now().replace(hour=0, minute=0) - timedelta(days=20)
    for number in range(ITEMS):
        label = "ab"[number % 2]
        items.append(factories.ItemFactory(queue=queues[number * 2 // ITEMS]))
        said = {2: [label, label, label, "ba"[number % 2]], 3: ["a", "b"], 4: [label]}.get(number, [label] * 3)
        for place, (person, choice) in enumerate(zip(people, said, strict=False)):
            lent = factories.AssignmentFactory(item=items[-1], annotator=person, state="done", place=place)
            factories.AnnotationFactory(assignment=lent, choice=choice, answered_at=start + timedelta(hours=3 * number))
        for first in (0, 1):
            wrong = number in (0, 1, 4) and (first or number)
            factories.VerdictFactory(
                item=items[-1], judge=judge, first=first, label="ba"[number % 2] if wrong else label
            )
    report_building.build(project=project, kind="agreement", now=timezone.now())
    return {"items": items, "people": people}


def listed(page, kind):
    [found] = [one for one in page.context["kinds"] if one["kind"] == kind]
    return found


def test_disagreements_stand_under_whose_doing_they_look_like_with_links(computed, signed_in):
    page = signed_in("manager").get(PAGE)

    items, html = [item.pk for item in computed["items"]], page.content.decode()
    assert {kind: [row["page"] for row in listed(page, kind)["rows"]] for kind in ("judge", "annotator", "ambiguous", "too_few")} == {
        "judge": [items[0], items[1]], "annotator": [items[2]], "ambiguous": [items[3]], "too_few": [items[4]]
    }  # fmt: skip
    assert listed(page, "judge")["rows"][0]["reasons"] == "glib: contradicts itself between both orders"
    assert listed(page, "annotator")["rows"][0]["people"] == "dee-x: B"
    assert all(reverse("item", args=[items[number]]) in html for number in range(5))
    assert listed(page, "judge")["share"]["n"] == ITEMS - 1 and "/methods/#disagreements" in html


def test_agreement_stands_overall_by_queue_and_over_time(computed, signed_in):
    page = signed_in("engineer").get(PAGE)

    html = page.content.decode()
    [queues] = page.context["slices"]
    assert [row["group"] for row in queues["rows"]] == ["Cards", "Cards", "Refunds", "Refunds"]
    assert "people: Krippendorff" in html and "By queue: people, agreement beyond chance" in html
    assert page.context["time"]["unit"] == "day" and len(page.context["time"]["rows"]) == 3
    assert "not compared" in html and "humans beside the rest by queue: Cards, Refunds" in html
    assert "python -m flywheel agreement votes.jsonl --pairs pairs.jsonl" in html


def test_names_are_for_managers_and_a_judge_can_be_looked_at_alone(computed, signed_in):
    engineer = signed_in("engineer")

    html = engineer.get(PAGE).content.decode()
    alone = engineer.get(PAGE, {"judge": "glib"})

    assert "dee-x" not in html and f"annotator-{computed['people'][3].pk}: B" in html
    assert "glib" in html and not listed(alone, "annotator")["rows"] and len(listed(alone, "judge")["rows"]) == 2
    assert not listed(engineer.get(PAGE, {"judge": "nobody"}), "judge")["rows"]


def test_a_reviewer_reads_what_was_said_only_of_items_answered_before(computed, project, signed_in):
    client = signed_in("reviewer", username="rosa")
    rosa = project.members.get(user__username="rosa").user
    seen = computed["items"][0]
    lent = factories.AssignmentFactory(item=seen, annotator=rosa, state="done", place=5)
    factories.AnnotationFactory(assignment=lent, choice="a")

    rows = listed(client.get(PAGE), "judge")["rows"]

    assert [(row["page"], row["humans"]) for row in rows] == [
        (seen.pk, "3 × A"),
        (computed["items"][1].pk, "answer it first"),
    ]
    html = client.get(PAGE).content.decode()
    assert reverse("item", args=[seen.pk]) in html and reverse("item", args=[computed["items"][1].pk]) not in html


def test_the_disagreements_are_a_file_for_those_who_see_the_page(computed, signed_in):
    text = b"".join(signed_in("manager").get(PAGE, {"format": "csv"}).streaming_content).decode()
    covered = b"".join(signed_in("reviewer").get(PAGE, {"format": "csv"}).streaming_content).decode()

    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["kind"] for row in rows] == ["judge", "judge", "annotator", "ambiguous", "too_few"]
    assert rows[2]["people against"] == "dee-x: B" and rows[0]["reasons"].startswith("glib: contradicts")
    assert "dee-x" not in covered and "glib" not in covered
    assert signed_in("annotator").get(PAGE, {"format": "csv"}).status_code == 403


def test_without_a_report_the_page_says_what_it_needs_and_without_answers_why_there_is_nothing(project, signed_in):
    client = signed_in("manager")

    before = client.get(PAGE).content.decode()
    report_building.build(project=project, kind="agreement", now=timezone.now())
    after = client.get(PAGE).content.decode()

    assert "No report yet" in before and reverse("report-compute", args=["desk", "agreement"]) in before
    assert "There are no votes of humans." in after and "None." in after


def test_computing_is_followed_by_the_page(project, signed_in):
    client = signed_in("manager")

    client.post(reverse("report-compute", args=["desk", "agreement"]))
    shown = client.get(PAGE)
    waiting = client.get(f"{PAGE}?seen={shown.context['seen']}", headers=HTMX)

    assert "every 3s" in shown.content.decode() and waiting.status_code == 204
