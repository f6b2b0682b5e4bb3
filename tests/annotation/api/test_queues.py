"""Queues over HTTP: made by managers, seen in part by annotators."""

import pytest

from tests.factories import QueueFactory

pytestmark = pytest.mark.django_db


def test_managers_make_queues_and_annotators_see_less_of_them(manager, annotator, project):
    path = f"/api/v1/projects/{project.slug}/queues"

    made = manager.send("POST", path, {"name": "Refunds", "overlap": 3, "gold_share": 0.1})

    assert made.status_code == 201
    assert (made.json()["overlap"], made.json()["lease_seconds"]) == (3, 600)
    assert manager.get(path).json()["results"] == [made.json()]
    [brief] = annotator.get(path).json()["results"]
    assert brief["name"] == "Refunds"
    assert "gold_share" not in brief


@pytest.mark.parametrize(
    "rules, status",
    [
        ({}, 400),
        ({"name": ""}, 400),
        ({"name": "n" * 121}, 400),
        ({"name": "q", "kind": "guess"}, 400),
        ({"name": "q", "overlap": "three"}, 400),
        ({"name": "q", "overlap": 0}, 422),
        ({"name": "q", "overlap": 10**6}, 400),
        ({"name": "q", "lease_seconds": 1}, 422),
        ({"name": "q", "lease_seconds": 10**12}, 400),
        ({"name": "q", "gold_share": 1.5}, 400),
        ({"name": "q", "gold_share": 10**400}, 400),
        ({"name": "q", "colour": "red"}, 400),
        ({"name": "Taken"}, 422),
    ],
)
def test_a_queue_with_impossible_rules_is_refused(manager, project, rules, status):
    QueueFactory(project=project, name="Taken")

    answer = manager.send("POST", f"/api/v1/projects/{project.slug}/queues", rules)

    assert answer.status_code == status
    assert project.queues.count() == 1
