"""What people and programs are told while the database cannot be reached."""

import psycopg
import pytest
from django.db import OperationalError

from annotation import prepared
from tests.factories import QueueFactory, TokenFactory, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def database_goes_away(monkeypatch):
    """From now on each of the busy statements finds the server starting again."""

    def broken(statement, parameters):
        raise OperationalError("the database system is starting up") from psycopg.OperationalError()

    return lambda: monkeypatch.setattr(prepared, "rows", broken)


def test_a_page_says_to_try_again(client, database_goes_away):
    queue = QueueFactory()
    client.force_login(person(queue.project, "annotator"))
    database_goes_away()

    answer = client.get(f"/queues/{queue.pk}/annotate/")

    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "One moment" in answer.content.decode()


def test_a_program_is_told_to_send_it_again(client, database_goes_away):
    token = TokenFactory(secret="fw_abc")
    database_goes_away()

    answer = client.get(f"/api/v1/projects/{token.project.slug}/queues", headers={"Authorization": "Bearer fw_abc"})

    assert (answer.status_code, answer.json()["type"]) == (503, "unavailable")
    assert answer["Retry-After"] == "2"
