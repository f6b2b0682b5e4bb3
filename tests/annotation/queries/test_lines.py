"""Rows that Postgres sends while they are used."""

import pytest
from django.db import connection, transaction

from annotation.models import Item
from annotation.queries.lines import lines, rows, statement

NUMBERS = "SELECT n::text FROM generate_series(1, %(last)s) n"


@pytest.mark.django_db(transaction=True)
def test_a_stream_that_nobody_reads_to_its_end_leaves_the_connection_usable():
    found = lines(NUMBERS, last=1_000_000)

    with transaction.atomic():
        assert next(found) == "1"
        transaction.set_rollback(True)
        found.close()

    assert list(lines(NUMBERS, last=2)) == ["1", "2"]


@pytest.mark.django_db
def test_a_stream_leaves_the_settings_of_its_transaction_as_they_were():
    assert list(rows("SELECT 1, NULL", (), ("int4", "text"))) == [(1, None)]

    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_sort")
        assert cursor.fetchone() == ("on",)


@pytest.mark.django_db
def test_a_query_that_can_find_nothing_is_a_statement_all_the_same():
    sql, values = statement(Item.objects.filter(pk__in=[]).values("pk"))

    assert list(rows(sql, values, ("int8",))) == []
