"""Tables as CSV: all rows, the page's filters and rights, and no formulas."""

import csv
import io

import pytest
from django.urls import reverse

from annotation.views.tables import blocks, cell
from tests import factories

pytestmark = pytest.mark.django_db


def read(response):
    """The rows of a file by heading."""
    assert response["Content-Type"].startswith("text/csv")
    assert "attachment" in response["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_is_never_a_formula(text):
    assert cell(text) == f"'{text}"


def test_numbers_and_plain_text_stay_as_they_are():
    assert [cell(value) for value in (-1.5, 3, None, "a-b", True)] == [-1.5, 3, None, "a-b", "yes"]


def test_many_rows_come_in_blocks_and_none_is_lost():
    sent = list(blocks(["n"], ([n] for n in range(1000))))

    assert len(sent) == 6
    assert b"".join(sent).decode().split() == ["n", *map(str, range(1000))]


def test_the_items_file_has_every_item_that_matches(project, signed_in):
    queue = factories.QueueFactory(project=project)
    item = factories.ItemFactory(queue=queue, task="=cmd|refund")
    factories.AnnotationFactory(assignment=factories.AssignmentFactory(item=item, state="done"))
    factories.ItemFactory.create_batch(60, queue=queue, batch=None, task="other")
    client, page = signed_in("manager"), reverse("items", args=[queue.pk])

    everything = read(client.get(page, {"format": "csv"}))
    [found] = read(client.get(page, {"format": "csv", "task": "REFUND"}))

    assert len(everything) == 61
    assert (found["item"], found["task"], found["stands"], found["answers"]) == (
        str(item.pk),
        "'=cmd|refund",
        "done",
        "1",
    )


def test_the_people_file_of_a_queue_is_for_managers(project, signed_in):
    lent = factories.AssignmentFactory(item__queue__project=project, state="done")
    factories.AnnotationFactory(assignment=lent, active_seconds=7.5)
    page = reverse("queue", args=[lent.queue_id]) + "?format=csv"

    [row] = read(signed_in("manager").get(page))

    assert (row["person"], row["answers"], row["median seconds"]) == (lent.annotator.username, "1", "7.5")
    assert signed_in("engineer").get(page).status_code == 403


def test_a_reviewers_file_of_answers_has_no_names(project, signed_in):
    lent = factories.AssignmentFactory(item__queue__project=project, state="done")
    factories.AnnotationFactory(assignment=lent)
    page = reverse("item", args=[lent.item_id]) + "?format=csv"
    reviewer = signed_in("reviewer", username="rosa")
    assert reviewer.get(page).status_code == 403
    mine = factories.AssignmentFactory(
        item=lent.item, annotator=project.members.get(user__username="rosa").user, state="done", place=1
    )
    factories.AnnotationFactory(assignment=mine)

    names = [row["who"] for row in read(reviewer.get(page))]

    assert names == [f"annotator-{lent.annotator_id}", f"annotator-{mine.annotator_id}"]


@pytest.mark.parametrize("name", ["people", "members", "traces", "judges", "audit", "cost"])
def test_other_lists_of_a_project_come_as_files_too(project, signed_in, name):
    factories.TraceFactory(project=project, key="@here")
    factories.JudgeFactory(project=project)

    rows = read(signed_in("manager", username="mia").get(reverse(name, args=["desk"]), {"format": "csv"}))

    assert isinstance(rows, list)
    if name == "traces":
        assert rows[0]["trace"] == "'@here"


@pytest.fixture
def everything(project):
    """A row in every list that an engineer, a manager or a reviewer has."""
    lent = factories.AssignmentFactory(item__queue__project=project, item__queue__name="Refunds")
    factories.ReleaseFactory(project=project)
    factories.RunFactory(project=project)
    factories.PolicyFactory(project=project)
    return lent


@pytest.mark.parametrize(
    ("role", "name", "columns"),
    [
        ("manager", "queues", {"queue", "answered", "lent out", "oldest waiting"}),
        ("engineer", "releases", {"release", "state", "preference rows to train", "digest"}),
        ("engineer", "runs", {"run", "state", "release", "right on test pairs"}),
        ("engineer", "policies", {"policy", "champion", "origin"}),
    ],
)
def test_every_list_of_a_project_is_a_file_too(role, name, columns, everything, signed_in):
    client, page = signed_in(role), reverse(name, args=["desk"])

    rows = read(client.get(page, {"format": "csv"}))

    assert rows and columns <= rows[0].keys()
    assert "?format=csv" in client.get(page).content.decode()
    assert signed_in("annotator").get(page, {"format": "csv"}).status_code == 403


def test_the_file_of_tokens_has_no_secret(project, signed_in):
    client = signed_in("engineer", username="eli")
    token = factories.TokenFactory(
        project=project, user=project.members.get(user__username="eli").user, secret="fw_shown_once"
    )

    [row] = read(client.get(reverse("tokens", args=["desk"]), {"format": "csv"}))

    assert row["name"] == token.name
    assert not {"fw_shown_once", token.digest} & {*row.values()}


def test_disputes_are_a_file_for_their_reviewer(project, signed_in):
    item = factories.ItemFactory(queue__project=project, queue__is_adjudicated=True, queue__overlap=2, target=2)
    for place, choice in enumerate("ab"):
        lent = factories.AssignmentFactory(item=item, place=place, state="done")
        factories.AnnotationFactory(assignment=lent, choice=choice)

    rows = read(signed_in("reviewer").get(reverse("review", args=["desk"]), {"format": "csv"}))

    assert [row["people asked"] for row in rows] == ["2"]


def test_each_table_of_a_queue_is_a_file_and_what_names_people_is_for_managers(everything, signed_in):
    page = reverse("queue", args=[everything.queue_id])
    manager, engineer = signed_in("manager"), signed_in("engineer")

    [lease] = read(manager.get(page, {"format": "csv", "table": "leases"}))

    assert (lease["person"], lease["item"]) == (everything.annotator.username, str(everything.item_id))
    assert engineer.get(page, {"format": "csv", "table": "leases"}).status_code == 403
    assert read(engineer.get(page, {"format": "csv", "table": "latency"}))[0]["up to"] == "1 s"
    assert read(engineer.get(page, {"format": "csv", "table": "agreement"})) == []
    assert manager.get(page, {"format": "csv", "table": "secrets"}).status_code == 404
