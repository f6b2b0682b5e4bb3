"""The inspector of the generated work does not accuse the queue of what a crash did to the inspector."""

import pytest
from django.db import OperationalError

from annotation.models import Item
from tests.annotation import queue_invariants
from tests.annotation.queue_invariants import Inspector
from tests.annotation.queue_journal import Journal
from tests.factories import AnnotationFactory, ItemFactory, person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def crowded():
    """An item of three people who were wanted."""
    item = ItemFactory(target=3)
    for _ in range(3):
        who = person(item.queue.project, "annotator")
        AnnotationFactory(assignment__item=item, assignment__annotator=who, assignment__state="done")
    with queue_invariants.watched():
        yield item


def test_a_look_that_was_broken_off_is_made_again_from_where_the_one_before_ended(crowded, monkeypatch):
    journal, whole = Journal(1), queue_invariants.rows
    inspector = Inspector(crowded.queue, journal)
    inspector.look()
    Item.objects.filter(pk=crowded.pk).update(target=1)

    def crash(statement, **parameters):
        if statement == queue_invariants.PLACES:
            raise OperationalError("server closed the connection unexpectedly")
        return whole(statement, **parameters)

    monkeypatch.setattr(queue_invariants, "rows", crash)
    with pytest.raises(OperationalError):
        inspector.look()
    monkeypatch.setattr(queue_invariants, "rows", whole)
    inspector.look()

    assert journal.violations == []


def test_an_item_with_more_people_than_were_ever_wanted_is_told(crowded):
    journal = Journal(1)
    inspector = Inspector(crowded.queue, journal)
    inspector.look()
    who = person(crowded.queue.project, "annotator")
    AnnotationFactory(assignment__item=crowded, assignment__annotator=who, assignment__state="done")

    inspector.look()

    assert len(journal.violations) == 1
    assert "was lent at need 0" in journal.violations[0]
