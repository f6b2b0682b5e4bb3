"""The API's description, its page, the probes and the metrics."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from tests.factories import AnnotationFactory, ItemFactory, ProjectFactory, TokenFactory, TraceFactory, person


def test_the_description_is_complete_and_valid(db, tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", tmp_path / "schema.yml")

    text = (tmp_path / "schema.yml").read_text()
    assert "/api/v1/projects/{slug}/traces:" in text
    assert "ClaimOutput" not in text and "Blinded" in text


def test_the_description_is_served_as_json(client, db):
    client.force_login(person(ProjectFactory(), "engineer"))

    answer = client.get("/api/schema/")

    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.")
    assert set(answer.json()["components"]["securitySchemes"]) == {"token", "session"}


def test_the_docs_page_shows_every_operation(client, db):
    client.force_login(person(ProjectFactory(), "engineer"))

    page = client.get("/api/docs/")

    schema = client.get("/api/schema/").json()
    text = page.content.decode()
    assert page.status_code == 200
    assert all(f'<code class="breaks">{path}</code>' in text for path in schema["paths"])


def test_the_docs_page_sends_strangers_to_the_login(client, db):
    assert client.get("/api/docs/").status_code == 302


def test_the_process_is_alive_without_a_database(client, django_db_blocker):
    with django_db_blocker.block():
        assert client.get("/healthz").json() == {"status": "ok"}


def test_the_process_is_ready_when_every_migration_is_applied(client, db):
    assert client.get("/readyz").status_code == 200

    [newest] = MigrationLoader(connection).graph.leaf_nodes("annotation")
    MigrationRecorder(connection).record_unapplied(*newest)
    late = client.get("/readyz")

    assert (late.status_code, late.json()["type"]) == (503, "not-ready")
    assert "migrate" in late.json()["detail"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_only_answer_to_reading(client, db, path):
    assert client.post(path).status_code == 405


@pytest.fixture
def counted(db):
    """Two projects with something to count."""
    project = ProjectFactory(slug="one")
    TraceFactory.create_batch(2, project=project, state="received")
    AnnotationFactory(assignment__item__queue__project=project)
    ItemFactory(queue__project=ProjectFactory(slug="two"))
    return project


def test_metrics_of_all_projects_are_for_this_machine(client, counted):
    text = client.get("/metrics").content.decode()

    assert 'flywheel_traces{project="one",state="received"} 2.0' in text
    assert 'flywheel_annotations{kind="answer",project="one"} 1.0' in text
    assert 'flywheel_open_places{project="two"' in text
    assert "flywheel_oldest_job_seconds 0.0" in text


@pytest.mark.parametrize(
    "away",
    [{"REMOTE_ADDR": "10.0.0.7"}, {"headers": {"X-Forwarded-For": "8.8.8.8"}}, {"headers": {"Forwarded": "for=x"}}],
)
def test_metrics_are_refused_to_strangers_elsewhere(client, counted, away):
    assert client.get("/metrics", **away).status_code == 401


def test_metrics_of_one_project_are_for_its_token(client, counted):
    TokenFactory(project=counted, secret="fw_one", scopes=["data:read"])
    TokenFactory(project=counted, secret="fw_two", scopes=["queue:work"])

    read = client.get("/metrics", headers={"Authorization": "Bearer fw_one"}, REMOTE_ADDR="10.0.0.7")
    other = client.get("/metrics", headers={"Authorization": "Bearer fw_two"}, REMOTE_ADDR="10.0.0.7")

    assert 'project="one"' in read.content.decode()
    assert 'project="two"' not in read.content.decode()
    assert "flywheel_jobs" not in read.content.decode()
    assert (other.status_code, other.json()["type"]) == (403, "missing-scope")


@pytest.mark.parametrize("role, status", [("manager", 200), ("engineer", 403), ("annotator", 403)])
def test_metrics_are_for_managers_who_are_signed_in(client, counted, role, status):
    client.force_login(person(counted, role))

    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == status
