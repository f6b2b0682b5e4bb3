"""The settings of a project on a page: what annotators are asked, and the criteria of its rubric."""

import pytest
from django.urls import reverse

from annotation.models import Event, Project

pytestmark = pytest.mark.django_db
SENT = {"name": "Desk", "description": "", "question": "Which is kinder?", "raw_retention_days": "7"}
PAGE = reverse("project-edit", args=["desk"])


def test_criteria_are_written_a_line_each_and_keep_their_keys(project: Project, signed_in) -> None:
    project.rubric = [{"key": "t1", "name": "Tone", "help": "old"}]
    project.save()
    client = signed_in("manager")

    answer = client.post(PAGE, SENT | {"criteria": "tone: is it kind?\n\nSteps taken\n"})

    assert answer.status_code == 302
    project.refresh_from_db()
    assert project.rubric == [
        {"key": "t1", "name": "tone", "help": "is it kind?"},
        {"key": "steps-taken", "name": "Steps taken", "help": ""},
    ]
    assert (project.question, project.raw_retention_days) == ("Which is kinder?", 7)
    assert "tone: is it kind?\nSteps taken" in client.get(PAGE).content.decode()


def test_saving_twice_is_logged_once(project: Project, signed_in) -> None:
    client = signed_in("manager")
    for _ in range(2):
        client.post(PAGE, SENT | {"criteria": "Tone"})

    event = Event.objects.get(verb="project.changed")
    assert "rubric" in event.detail["fields"] and "question" in event.detail["fields"]


@pytest.mark.parametrize(
    ("criteria", "says"),
    [
        ("Tone\ntone: again", "stands twice"),
        ("\n".join(f"Number {n}" for n in range(9)), "9 criteria are more than the 8"),
        (": nothing", "is no name of 1 to 40"),
        ("???", "letters or digits"),
    ],
)
def test_criteria_that_cannot_be_shown_are_refused_in_a_sentence(project: Project, signed_in, criteria, says) -> None:
    answer = signed_in("manager").post(PAGE, SENT | {"criteria": criteria})

    assert answer.status_code == 422 and says in answer.content.decode()
    project.refresh_from_db()
    assert project.rubric == []
