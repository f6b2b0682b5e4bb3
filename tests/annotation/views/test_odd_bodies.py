"""Whatever a program kept as a draft, or a browser sends: the screen comes up, and the refusal is a sentence."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.actions import annotations, drafts
from annotation.errors import Invalid
from annotation.models import Assignment
from tests.factories import AssignmentFactory, ItemFactory, TraceFactory

pytestmark = pytest.mark.django_db
ENCODED = "application/x-www-form-urlencoded"
MANY_DIGITS = "9" * 5000
DRAFTS: list[dict[str, Any]] = [
    {"correction": {"side": "1", "message": 3, "content": "x", "tool_calls": [{}]}},
    {"correction": {"side": "1", "message": 3, "content": "x", "tool_calls": {"name": "f"}}},
    {"correction": {"side": "1", "message": 3, "content": "x", "tool_calls": [{"name": [], "arguments": 1}]}},
    {"correction": {"side": [], "message": {}, "content": 5}},
    {"ranking": [[[]]]},
    {"ranking": [[{"1": 2}], 3, ["x"]]},
    {"steps": [{"step": [], "value": 1}]},
    {"steps": [{"step": 1, "value": {}, "reason": []}], "first_error": [], "is_clean": {}},
    {"comments": [{"side": [], "quote": {}, "text": 1}]},
    {"criteria": {"tone": []}, "strength": [], "choice": {}, "rationale": [1]},
]
FORMS: list[dict[str, str]] = [
    {"comments": "5"},
    {"comments": "[5]"},
    {"comments": '[{"side": [], "message": [], "start": "x", "quote": 1}]'},
    {"correction_of": f"1:{MANY_DIGITS}", "correction": "x"},
    {"correction_of": f"{MANY_DIGITS}:1", "correction": "x"},
    {f"step_{MANY_DIGITS}": "1", "first_error": ""},
    {"step_1": "1", "step_1_reason": "no such reason", "first_error": ""},
    {"first_error": MANY_DIGITS},
    {"rank_1": MANY_DIGITS, "rank_2": "1", "rank_3": "1"},
    {"strength": MANY_DIGITS, "choice": "1"},
]
MARKS: list[dict[str, Any]] = [
    {"steps": [{"step": 1, "value": -1, "reason": ["x"]}]},
    {"steps": [{"step": 1, "value": [], "reason": ""}]},
    {"steps": [{"step": {}, "value": 1}]},
    {"steps": 5},
    {"first_error": []},
    {"is_clean": True, "comments": 5},
]


def lent(kind: str, sides: int) -> Any:
    item = ItemFactory(queue__kind=kind, queue__sides=max(2, sides), traces=[TraceFactory() for _ in range(sides)])
    return AssignmentFactory(item=item, order=list(range(sides)))


@pytest.mark.parametrize(("kind", "sides"), [("compare", 2), ("compare", 3), ("mark", 1), ("correct", 1)])
def test_a_draft_of_any_shape_opens_the_screen(kind: str, sides: int, client: Client) -> None:
    found: Assignment = lent(kind, sides)
    client.force_login(found.annotator)

    for draft in DRAFTS:
        drafts.save(assignment=found, answer=draft, now=timezone.now())

        assert client.get(reverse("annotate", args=[found.queue_id])).status_code == 200, draft


@pytest.mark.parametrize(("kind", "sides"), [("compare", 3), ("mark", 1)])
def test_an_odd_form_is_refused_with_the_screen(kind: str, sides: int, client: Client) -> None:
    found: Assignment = lent(kind, sides)
    client.force_login(found.annotator)

    for form in FORMS:
        answer = client.post(reverse("assignment-submit", args=[found.pk]), urlencode(form), content_type=ENCODED)

        assert answer.status_code == 422, form


@pytest.mark.parametrize("answer", MARKS)
def test_odd_marks_are_refused_with_a_sentence(answer: dict[str, Any]) -> None:
    found: Assignment = lent("mark", 1)

    with pytest.raises(Invalid):
        annotations.submit(assignment=found, answer=answer, client_key="k", active_seconds=1, now=timezone.now())


@pytest.mark.parametrize("wanted", [f"1:{MANY_DIGITS}", MANY_DIGITS, "²", "1:²"])
def test_an_odd_place_opens_the_editor_all_the_same(wanted: str, client: Client) -> None:
    found: Assignment = lent("compare", 2)
    client.force_login(found.annotator)

    answer = client.get(
        reverse("assignment-editor", args=[found.pk]), {"correct": wanted}, headers={"HX-Request": "true"}
    )

    assert answer.status_code == 200
