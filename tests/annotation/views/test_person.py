"""One person's page, and what the list shows of the newest report: reasons in words, and what is lacking."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest
from django.urls import reverse

from annotation.actions import consensus
from annotation.models import Project, Report, User
from flywheel.stats.annotator_report import annotators_report
from tests import factories
from tests.flywheel.stats.test_people_commands import world

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = ("ann", "ben", "cem", "dot", "eve")  # eve always takes the first side, at once


@cache
def computed() -> str:
    """The report on the planted people, whose names end in a colon that gives way to their numbers."""
    votes, pairs = world()
    told = [vote if vote.gold else replace(vote, rater=f"{vote.rater}:") for vote in votes]
    return json.dumps(annotators_report(told, pairs, rng=np.random.default_rng(1)))


def reported(project: Project) -> dict[str, User]:
    people = {name: factories.person(project, "annotator", username=name) for name in NAMES}
    text = computed()
    for name, user in people.items():
        text = text.replace(f"{name}:", f"annotator-{user.pk}")
    Report.objects.create(
        project=project, kind="people", parameters={"votes": 1200, "items": 240, "texts_hash": "0" * 64}, seed=1,
        data_hash="0" * 64, code_version="1", numbers=json.loads(text), created_at=NOW,
    )  # fmt: skip
    return people


def page(client, who: str) -> str:
    return client.get(reverse("person", args=["desk", who])).content.decode()


def test_the_list_names_flags_in_words_and_the_file_has_them(project, signed_in):
    reported(project)
    client = signed_in("manager")

    shown = client.get(reverse("people", args=["desk"])).content.decode()
    lines = client.get(reverse("people", args=["desk"]), {"format": "csv"})
    told = b"".join(lines.streaming_content).decode().splitlines()

    assert "answers tell little" in shown and "Late in a sitting" in shown and ">annotator-" not in shown
    assert told[0].endswith("informativeness,low,high,flags")
    [eve] = [line for line in told if line.startswith("eve")]
    assert "uninformative" in eve and "straight_lining" in eve


def test_a_persons_page_says_why_and_what_each_figure_means(project, signed_in):
    people = reported(project)
    client = signed_in("manager")

    eve, ann = page(client, "eve"), page(client, str(people["ann"].pk))

    assert "one side again and again" in eve and "swayed by what is shown first" in eve
    assert "Agreement over time" in eve and "longer answers" in eve
    assert "<h1>ann</h1>" in ann and "The newest report asks for none." in ann
    for anchor in ("annotator-quality", "what-sways-a-person", "drift-of-a-person", "consensus"):
        assert f"#{anchor}" in ann


def test_without_a_report_the_page_says_what_is_lacking(project, signed_in):
    factories.person(project, "annotator", username="ann")
    client = signed_in("manager")

    assert "No report on people yet" in page(client, "ann")
    assert "No report on people yet" in client.get(reverse("people", args=["desk"])).content.decode()


def test_a_report_that_could_not_be_computed_says_why(project, signed_in):
    factories.person(project, "annotator", username="ann")
    report = {"not_possible": [{"what": "people", "why": "votes of humans: 0 given, at least 1 needed."}]}
    Report.objects.create(
        project=project, kind="people", parameters={"votes": 0, "items": 0, "texts_hash": ""}, seed=1, data_hash="",
        code_version="1", numbers=report, created_at=NOW,
    )  # fmt: skip
    client = signed_in("manager")

    assert "0 given" in client.get(reverse("people", args=["desk"])).content.decode()
    assert "knows no comparison" in page(client, "ann")


def test_people_of_other_projects_have_no_page_here(project, signed_in):
    stranger = factories.person(factories.ProjectFactory(), "annotator", username="stranger")
    client = signed_in("manager")

    for who in ("stranger", str(stranger.pk), "nobody", "9" * 30):
        assert client.get(reverse("person", args=["desk", who])).status_code == 404


def test_answers_unlike_what_all_came_to_are_listed_with_their_item(project, signed_in):
    queue = factories.QueueFactory(project=project)
    odd, *others = (factories.person(project, "annotator", username=name) for name in NAMES[:4])
    item, alike = factories.ItemFactory(queue=queue), factories.ItemFactory(queue=queue)
    for user in (odd, *others):
        for one, choice in ((item, "b" if user == odd else "a"), (alike, "a")):
            lent = factories.AssignmentFactory(item=one, annotator=user, state="done")
            factories.AnnotationFactory(assignment=lent, choice=choice)
    consensus.weigh(queue=queue, now=NOW)
    client = signed_in("manager")

    shown = page(client, odd.username)

    assert reverse("item", args=[item.pk]) in shown and reverse("item", args=[alike.pk]) not in shown
    assert "No differences" in page(client, others[0].username)


def test_a_manager_withdraws_a_doubt_with_a_reason_that_the_page_keeps(project, signed_in):
    doubt = factories.DoubtFactory(project=project, flags=["uninformative"])
    name, address = doubt.annotator.username, reverse("doubt-withdraw", args=[doubt.pk])
    client = signed_in("manager", username="mia")

    opened = page(client, name)
    empty = client.post(address, {"note": " "})
    done = [client.post(address, {"note": note}) for note in ("The guidelines were unclear.", "Once more.")]
    closed = page(client, name)

    assert "The answers weigh half as much" in opened and address in opened
    assert empty.status_code == 422 and "Say what you found" in empty.content.decode()
    assert [answer.headers["Location"] for answer in done] == [reverse("person", args=["desk", name])] * 2
    assert "The guidelines were unclear." in closed and "mia" in closed and address not in closed
    assert "Once more." not in closed


def test_the_page_says_that_answers_against_the_truth_keep_their_weight(project, signed_in):
    doubt = factories.DoubtFactory(project=project, flags=["adverse"])

    assert "turns answers against the truth round" in page(signed_in("manager"), doubt.annotator.username)
