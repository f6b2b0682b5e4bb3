"""The management commands that start a project without the demo."""

import io

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Project, Trace, User
from tests.factories import ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_person_is_added_with_a_password_that_stands_up(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("long and unusual 93\n"))

    call_command("add_person", "ana", stdout=io.StringIO())

    assert User.objects.get().check_password("long and unusual 93")


@pytest.mark.parametrize("password", ["short", "password12"])
def test_a_weak_password_is_refused(monkeypatch, password):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))

    with pytest.raises(CommandError):
        call_command("add_person", "ana", stdout=io.StringIO())

    assert not User.objects.exists()


def test_a_project_is_made_with_its_manager():
    UserFactory(username="mia")

    call_command("create_project", "desk", "Desk", "--manager", "mia", stdout=io.StringIO())

    project = Project.objects.get()
    assert sorted(project.members.values_list("role", flat=True)) == ["engineer", "manager"]


@pytest.mark.parametrize(
    ("slug", "manager", "sentence"),
    [("no slug", "mia", "is no slug"), ("desk", "nobody", "no person"), ("taken", "mia", "already")],
)
def test_what_is_in_the_way_of_a_project_is_said(slug, manager, sentence):
    UserFactory(username="mia")
    ProjectFactory(slug="taken")

    with pytest.raises(CommandError, match=sentence):
        call_command("create_project", slug, "Desk", "--manager", manager, stdout=io.StringIO())


def test_traces_are_imported_from_files_and_bad_lines_named(tmp_path):
    ProjectFactory(slug="desk")
    file = tmp_path / "traces.jsonl"
    file.write_text(
        '{"id": "1", "task": "t", "policy": "p@1", "messages": [{"role": "user", "content": "hi"},'
        ' {"role": "assistant", "content": "hello"}]}\nnonsense\n'
    )
    said, complained = io.StringIO(), io.StringIO()

    call_command("import_traces", "desk", str(file), stdout=said, stderr=complained)

    assert Trace.objects.count() == 1
    assert "1 created, 0 known already, 1 refused" in said.getvalue()
    assert f"{file}:2:" in complained.getvalue()


def test_a_file_without_a_usable_line_fails(tmp_path):
    ProjectFactory(slug="desk")
    file = tmp_path / "empty.jsonl"
    file.write_text("nonsense\n")

    with pytest.raises(CommandError, match="Nothing usable"):
        call_command("import_traces", "desk", str(file), stdout=io.StringIO(), stderr=io.StringIO())
