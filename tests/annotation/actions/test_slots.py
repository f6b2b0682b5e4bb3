"""Cursors, sent back to the start of the queue."""

import threading

import pytest
from django.db import connection, transaction

from annotation.actions import slots
from annotation.models import Cursor
from annotation.models.slots import START
from tests.annotation.waiting import until
from tests.factories import QueueFactory, UserFactory

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


def somebody_waits_for_us() -> int:
    with connection.cursor() as sql:
        sql.execute(WAITING)
        return int(sql.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_cursors_are_locked_in_the_order_of_their_ids_wherever_their_rows_lie():
    queue = QueueFactory()
    first, second = (Cursor.objects.create(queue=queue, annotator=UserFactory()) for _ in range(2))
    Cursor.objects.filter(pk=first.pk).update(annotator=UserFactory())  # its row now lies behind the second's

    def lower() -> None:
        try:
            slots.lower_cursors(queue=queue.pk, ord_=START, item=0)
        finally:
            connection.close()

    thread = threading.Thread(target=lower)
    with transaction.atomic():
        Cursor.objects.select_for_update().get(pk=second.pk)
        thread.start()
        until(somebody_waits_for_us, "the other one wants the second cursor")
        free = list(Cursor.objects.select_for_update(skip_locked=True).filter(pk=first.pk))
    thread.join()

    assert free == []
    assert set(Cursor.objects.values_list("ord", flat=True)) == {START}
