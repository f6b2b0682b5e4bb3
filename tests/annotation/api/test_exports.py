"""What goes out: annotations, votes, pairs and preferences as JSON lines; verdicts, reports, judges."""

import json
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from annotation.actions import annotations
from annotation.api.streams import blocks
from annotation.models import Annotation
from flywheel.formats import pairs, votes
from tests.factories import (
    AnnotationFactory,
    AssignmentFactory,
    ItemFactory,
    JudgeFactory,
    QueueFactory,
    ReportFactory,
    TraceFactory,
    VerdictFactory,
    conversation,
    person,
)


def stream(client, what):
    answer = client.get(f"/api/v1/projects/{client.project.slug}/{what}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in b"".join(answer.streaming_content).decode().splitlines()]


@pytest.fixture
def answered(project):
    """An item whose sides differ in the last message, answered by alice and by bob."""
    queue = QueueFactory(project=project, overlap=2)
    traces = [TraceFactory(project=project, messages=conversation(text), policy__version=text) for text in ("1", "2")]
    item = ItemFactory(queue=queue, traces=traces)
    for name, choice in (("alice", "a"), ("bob", "a")):
        lent = AssignmentFactory(item=item, annotator=person(project, "annotator", username=name), state="done")
        AnnotationFactory(assignment=lent, choice=choice)
    return item


def test_annotations_carry_everything_that_was_recorded(manager, answered):
    first, _ = stream(manager, "annotations")

    stored = Annotation.objects.order_by("pk").first()
    assert first["annotator"] == "alice"
    assert first["answer"] == {"choice": "a", "rationale": "", "correction": None}
    assert first["policies"] == ["desk@1", "desk@2"]
    assert (first["item"], first["order"], first["is_current"]) == (str(answered.pk), [0, 1], True)
    assert (first["propensity"], first["batch"], first["selected_by"]) == (0.5, stored.batch_id, "entropy")
    assert datetime.fromisoformat(first["shown_at"]) == stored.shown_at


def test_history_stays_in_the_stream_of_annotations(manager, answered):
    old = Annotation.objects.order_by("pk").first()
    annotations.supersede(
        annotation=old, answer={"choice": "tie"}, client_key="new", active_seconds=1, now=timezone.now()
    )

    told = {row["id"]: row for row in stream(manager, "annotations")}

    newest = max(told)
    assert told[newest]["supersedes"] == old.pk
    assert (told[old.pk]["is_current"], told[newest]["is_current"]) == (False, True)


@pytest.mark.parametrize("what", ["annotations", "votes"])
def test_engineers_see_no_annotators_name(engineer, manager, answered, what):
    for_engineers, for_managers = json.dumps(stream(engineer, what)), json.dumps(stream(manager, what))

    assert "alice" in for_managers and "bob" in for_managers
    assert "alice" not in for_engineers and "bob" not in for_engineers
    assert "annotator-" in for_engineers


def test_a_criterion_of_the_rubric_has_votes_of_its_own(manager, project):
    project.rubric = [{"key": "tone", "name": "Tone", "help": ""}]
    project.save()
    for criteria in ({"tone": "b"}, {}, {"tone": "tie"}):
        given = {"choice": "a", "criteria": criteria, "rationale": "", "correction": None}
        AnnotationFactory(assignment=AssignmentFactory(item__queue__project=project, state="done"), answer=given)

    found = [votes.parse(line) for line in stream(manager, "votes?criterion=tone")]
    unknown = manager.get(f"/api/v1/projects/{project.slug}/votes?criterion=speed")

    assert [vote.label for vote in found] == ["b", "tie"]
    assert (unknown.status_code, unknown.json()["detail"]) == (422, "The project's rubric has no such criterion.")


def test_votes_are_lines_of_the_published_format(manager, answered):
    VerdictFactory(item=answered, judge=JudgeFactory(project=manager.project, name="cheap"), first=1, label="b")

    found = [votes.parse(line) for line in stream(manager, "votes")]

    assert [(vote.rater, vote.kind, vote.label, vote.first) for vote in found] == [
        ("alice", "human", "a", "a"),
        ("bob", "human", "a", "a"),
        ("cheap", "judge", "b", "b"),
    ]


def test_votes_tell_the_chance_of_a_draw_and_the_version_of_a_judge(manager, answered):
    by_rule = AnnotationFactory(assignment=AssignmentFactory(item__queue=answered.queue, state="done"), propensity=None)
    judge = JudgeFactory(project=manager.project)
    for first, version in enumerate(("rubric-2", "")):
        VerdictFactory(item=answered, judge=judge, first=first, prompt_version=version)

    told = stream(manager, "votes")

    found = [votes.parse(line) for line in told]
    assert [(vote.item, vote.propensity) for vote in found if vote.kind == "human"] == [
        (str(answered.pk), 0.5),
        (str(answered.pk), 0.5),
        (str(by_rule.item_id), None),
    ]
    assert [vote.version for vote in found if vote.kind == "judge"] == ["rubric-2", None]
    assert "propensity" not in told[2]


def test_pairs_are_lines_of_the_published_format(engineer, answered):
    [found] = [pairs.parse(line) for line in stream(engineer, "pairs")]

    assert (found.item, found.cluster) == (str(answered.pk), answered.task)
    assert found.prompt == conversation("1")[:3]
    assert [found.a[0]["content"], found.b[0]["content"]] == ["1", "2"]
    assert (found.generator_a, found.generator_b) == ("desk@1", "desk@2")


def test_preferences_are_rows_as_a_release_has_them(engineer, answered):
    [row] = stream(engineer, "preferences")

    assert [message["role"] for message in row["prompt"]] == ["user", "assistant", "tool"]
    assert (row["chosen"][0]["content"], row["rejected"][0]["content"]) == ("1", "2")
    assert (row["n_annotators"], row["agreement"], row["source"]) == (2, 1.0, "comparison")


def test_another_projects_answers_are_in_no_stream(engineer, answered):
    AnnotationFactory()
    VerdictFactory()

    counts = {what: len(stream(engineer, what)) for what in ("annotations", "votes", "pairs", "preferences")}

    assert counts == {"annotations": 2, "votes": 2, "pairs": 1, "preferences": 1}


def test_an_empty_project_streams_nothing(engineer):
    assert stream(engineer, "votes") == stream(engineer, "preferences") == []


@pytest.mark.django_db
def test_lines_leave_while_later_rows_are_still_unread():
    read = []
    rows = ({"n": read.append(n) or n, "text": "x" * 1000} for n in range(1000))

    first = next(blocks(rows))

    assert len(read) < 50
    assert [json.loads(line)["n"] for line in first.splitlines()] == read


@pytest.mark.django_db
def test_the_planner_is_told_that_a_stream_is_read_to_its_end():
    def rows():
        with connection.cursor() as sql:
            sql.execute("SHOW cursor_tuple_fraction")
            yield {"fraction": sql.fetchone()[0]}

    assert list(blocks(rows())) == [b'{"fraction":"1"}\n']


def test_verdicts_are_listed_by_judge(manager, project):
    item = ItemFactory(queue__project=project)
    judge = JudgeFactory(project=project, name="cheap")
    verdicts = [VerdictFactory(item=item, judge=judge, first=first) for first in (0, 1)]
    VerdictFactory(item=item, judge=JudgeFactory(project=project, name="dear"))

    found = manager.get(f"/api/v1/projects/{project.slug}/verdicts?judge=cheap").json()["results"]

    assert [(row["id"], row["first"]) for row in found] == [(verdicts[0].pk, "a"), (verdicts[1].pk, "b")]


def test_a_judge_is_made_and_its_key_is_only_named(manager, project):
    body = {
        "name": "big",
        "provider": "endpoint",
        "model": "m",
        "base_url": "http://vllm:8000/v1",
        "api_key_env": "JUDGE_KEY",
    }

    made = manager.send("POST", f"/api/v1/projects/{project.slug}/judges", body)

    assert made.status_code == 201
    assert made.json()["api_key_env"] == "JUDGE_KEY"


@pytest.mark.parametrize(
    "fields, status",
    [
        ({"provider": "oracle"}, 400),
        ({"provider": "endpoint", "model": "m", "base_url": "http://["}, 400),
        ({"provider": "endpoint", "model": "m", "base_url": "file:///etc/passwd"}, 422),
        ({"provider": "endpoint", "model": "", "base_url": "http://vllm/v1"}, 422),
        ({"provider": "embedding", "api_key_env": "SECRET_KEY"}, 422),
        ({"provider": "embedding", "settings": {"timeout_s": -1}}, 422),
        ({"provider": "embedding", "settings": []}, 400),
        ({"provider": "embedding", "name": "n" * 81}, 400),
        ({"provider": "embedding", "name": "taken"}, 422),
    ],
)
def test_an_impossible_judge_is_refused(manager, project, fields, status):
    JudgeFactory(project=project, name="taken")

    answer = manager.send("POST", f"/api/v1/projects/{project.slug}/judges", {"name": "new", **fields})

    assert answer.status_code == status
    assert project.judges.count() == 1


def test_the_newest_report_of_a_kind_is_shown(manager, project):
    ReportFactory(project=project, numbers={"alpha": 0.1}, created_at=timezone.now() - timedelta(days=1))
    ReportFactory(project=project, numbers={"alpha": 0.2})

    shown = manager.get(f"/api/v1/projects/{project.slug}/reports/bias").json()

    assert shown["numbers"] == {"alpha": 0.2}


def test_a_report_that_nobody_asked_for_is_a_typed_404_and_can_be_asked_for(manager, project):
    path = f"/api/v1/projects/{project.slug}/reports/bias"

    missing, asked, again = manager.get(path), manager.send("POST", path), manager.send("POST", path)

    assert (missing.status_code, missing.json()["type"]) == (404, "no-report")
    assert (asked.status_code, asked.json(), again.json()) == (202, {"is_new": True}, {"is_new": False})
    assert manager.send("POST", path.replace("bias", "horoscope")).status_code == 422
