"""What somebody was typing."""

from datetime import UTC, datetime

import pytest

from annotation.actions import annotations, drafts
from annotation.actions.assignments import NotOpen
from annotation.errors import Invalid
from annotation.models import Assignment, Draft
from tests.factories import AssignmentFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_draft_is_replaced_by_the_next():
    lent = AssignmentFactory()
    drafts.save(assignment=lent, answer={"rationale": "A lo"}, now=NOW)

    drafts.save(assignment=lent, answer={"rationale": r"A looked at \u0000 first"}, now=NOW)

    assert Draft.objects.get().answer == {"rationale": r"A looked at \u0000 first"}


def test_a_draft_that_comes_after_the_answer_is_refused():
    lent = AssignmentFactory(claimed_at=NOW)
    as_the_page_knows_it = Assignment.objects.get(pk=lent.pk)
    annotations.submit(assignment=lent, answer={"choice": "1"}, client_key="key", active_seconds=1, now=NOW)

    with pytest.raises(NotOpen):
        drafts.save(assignment=as_the_page_knows_it, answer={"rationale": "late"}, now=NOW)

    assert not Draft.objects.exists()


def test_the_same_draft_again_is_no_other_device():
    lent = AssignmentFactory()
    drafts.save(assignment=lent, answer={"rationale": "A"}, seen="", now=NOW)

    again = drafts.save(assignment=lent, answer={"rationale": "A"}, seen="", now=NOW)

    assert again.answer == {"rationale": "A"}
    with pytest.raises(drafts.Newer):
        drafts.save(assignment=lent, answer={"rationale": "B"}, seen="", now=NOW)


def test_a_draft_in_any_script_may_be_as_long():
    text = "語" * (drafts.LARGEST - 100)

    assert drafts.save(assignment=AssignmentFactory(), answer={"rationale": text}, now=NOW).answer["rationale"] == text


@pytest.mark.parametrize("text", ["nul \x00", "half a pair \ud800", "x" * drafts.LARGEST])
def test_a_draft_the_database_cannot_hold_is_refused(text):
    with pytest.raises(Invalid):
        drafts.save(assignment=AssignmentFactory(), answer={"rationale": text}, now=NOW)
