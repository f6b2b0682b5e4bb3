"""Judges, set up by managers."""

from datetime import UTC, datetime
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from annotation.actions import judges
from annotation.errors import Invalid
from annotation.models import Event, Judge, Project
from tests.factories import ProjectFactory, person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENDPOINT = {"provider": "endpoint", "model": "m", "base_url": "https://judge.example/v1"}


def create(project: Project, **fields: Any) -> Judge:
    return judges.create(
        project=project, actor=person(project, "manager"), now=NOW, **{"name": "strict", **ENDPOINT, **fields}
    )


def test_a_new_judge_starts_on_the_projects_items_once():
    project = ProjectFactory()

    judge = create(project, api_key_env="JUDGE_KEY", settings={"rubric": "Be strict.", "input_price": 0})
    create(project, name="stricter")

    job = ProcrastinateJob.objects.get(task_name="judges.judge")
    assert (job.args, job.queueing_lock, job.lock) == ({"project": project.pk}, *[f"judge-{project.pk}"] * 2)
    assert (judge.is_automatic, judge.gate) == (False, None)
    assert Event.objects.filter(verb="judge.created", subject=judge.pk).exists()


@pytest.mark.parametrize(
    "fields, sentence",
    [
        ({"name": " "}, "name"),
        ({"provider": "oracle"}, "no provider"),
        ({"model": ""}, "model"),
        ({"base_url": "ftp://judge.example"}, "base_url"),
        ({"base_url": "https://"}, "base_url"),
        ({"base_url": "https://me:secret@judge.example/v1"}, "must not hold a name, password"),
        ({"base_url": "https://judge.example/v1?key=secret"}, "must not hold a name, password"),
        ({"api_key_env": "SECRET_KEY"}, "JUDGE_"),
        ({"api_key_env": "JUDGE_KEY\n"}, "JUDGE_"),
        ({"settings": {"colour": 1}}, "no setting called colour"),
        ({"settings": {"attempts": 2.5}}, "whole number"),
        ({"settings": {"attempts": 0}}, "above 0"),
        ({"settings": {"timeout_s": True}}, "number"),
        ({"settings": {"input_price": -1}}, "above 0"),
        ({"settings": {"rubric": "nul \x00"}}, "rubric"),
    ],
)
def test_a_judge_that_could_not_work_is_refused(fields, sentence):
    project = ProjectFactory()

    with pytest.raises(Invalid, match=sentence):
        create(project, **fields)

    assert not Judge.objects.exists()


def test_a_name_is_given_once():
    project = ProjectFactory()
    create(project)

    with pytest.raises(Invalid, match="already"):
        create(project)
