"""The rules form: every rule in people's units, a preview that equals what then happens, and refusals at their field."""

import pytest
from django.urls import reverse

from annotation.actions import assignments, queues, retargets
from annotation.models import Member, Queue, Slot
from annotation.queries import entry
from tests import factories
from tests.annotation.views.conftest import HTMX

pytestmark = pytest.mark.django_db
RULES = {
    "name": "Refunds", "kind": "compare", "sides": "3", "asks_ranking": "on", "overlap": "2",
    "second_share": "12.5", "most_people": "4", "lease_seconds": "1.5", "batch_size": "20", "exploration_share": "15",
    "gold_share": "5", "repeat_share": "10", "repeat_after_hours": "24", "daily_quota": "", "total_quota": "500",
    "skills": "German, refunds", "qualify_on": "5", "qualify_share": "80", "skip_back_minutes": "60", "skip_closes_after": "3",
    "stop_after": "1000", "due_on": "2030-01-31", "priority": "2", "is_adjudicated": "on", "outcomes": ["failure", "error"],
    "tool_failed": "on", "reward_below": "0.5", "score_above": "60", "share": "50",
}  # fmt: skip


def test_every_rule_that_can_be_set_has_a_field_and_comes_back_as_it_was_saved(project, signed_in):
    client = signed_in("manager")
    named = factories.person(project, "annotator")

    made = client.post(reverse("queue-new", args=["desk"]), {**RULES, "named_people": [named.pk]})
    queue = Queue.objects.get()
    form = client.get(reverse("queue-edit", args=[queue.pk])).context["form"]

    assert made.url == reverse("queue", args=[queue.pk])
    assert {*queues.SETTABLE} - {"enqueue"} <= {*form.fields}
    assert {entry_rule if entry_rule != "has_error" else "tool_failed" for entry_rule in entry.RULES} <= {*form.fields}
    assert queue.enqueue == {
        "outcomes": ["failure", "error"], "reward_below": 0.5, "has_error": True, "score_above": 0.6, "share": 0.5,
    }  # fmt: skip
    assert (queue.skills, queue.qualify_share, queue.stop_after, str(queue.due_on)) == (
        ["German", "refunds"], 0.8, 1000, "2030-01-31",
    )  # fmt: skip
    assert list(queue.named_people.all()) == [named]
    shown = {name: form[name].value() for name in RULES if name != "name"}
    assert shown["share"] == "50" and shown["skills"] == "German, refunds" and shown["outcomes"] == ["failure", "error"]


def test_saving_what_is_shown_changes_nothing(project, signed_in):
    client = signed_in("manager")
    client.post(reverse("queue-new", args=["desk"]), RULES)
    queue = Queue.objects.get()
    before = {rule: getattr(queue, rule) for rule in queues.SETTABLE}

    client.post(
        reverse("queue-edit", args=[queue.pk]), {name: value for name, value in RULES.items() if name != "kind"}
    )

    queue.refresh_from_db()
    assert {rule: getattr(queue, rule) for rule in queues.SETTABLE} == before
    assert not project.events.filter(verb="queue.changed").exists()


def test_the_preview_names_who_would_get_no_work_and_why(project, signed_in):
    able, other = factories.person(project, "annotator"), factories.person(project, "annotator")
    Member.objects.filter(user=able).update(skills=["German", "refunds"])

    part = signed_in("manager").post(reverse("queue-new", args=["desk"]), RULES | {"preview": "1"}, headers=HTMX)

    assert [one.person for one in part.context["preview"].asked] == [able]
    assert f"{other.username} lacks German, refunds" in part.content.decode()
    assert not Queue.objects.exists()


def test_the_preview_says_which_places_open_and_then_they_do(project, signed_in):
    queue = factories.QueueFactory(project=project, **{"overlap": 1})
    factories.ItemFactory.create_batch(3, queue=queue)
    plain = {**RULES, "outcomes": [], "second_share": "0", "overlap": "3"}
    client, page = signed_in("manager"), reverse("queue-edit", args=[queue.pk])

    told = client.post(page, plain | {"preview": "1", "is_applied": "on"}, headers=HTMX)
    client.post(page, plain | {"is_applied": "on"})
    queue.refresh_from_db()
    retargets.follow(queue=queue, now=queue.created_at)  # what the job that was deferred does

    shift = told.context["shift"]
    assert "+6 / −0" in told.content.decode() and (shift.opened, shift.closed) == (6, 0)
    assert sum(Slot.objects.filter(queue=queue).values_list("need", flat=True)) == 3 + shift.opened


def test_without_the_tick_drawn_items_keep_their_people(project, signed_in):
    queue = factories.QueueFactory(project=project)
    item = factories.ItemFactory(queue=queue)

    signed_in("manager").post(reverse("queue-edit", args=[queue.pk]), {**RULES, "sides": "2"})

    item.refresh_from_db()
    assert item.target == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"most_people": "1"}, "most_people"),
        ({"score_above": "101"}, "score_above"),
        ({"skills": "x" * 41}, "skills"),
        ({"outcomes": ["melted"]}, "outcomes"),
        ({"sides": "7"}, "sides"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_folded_parts_open(project, signed_in, wrong, field):
    response = signed_in("manager").post(reverse("queue-new", args=["desk"]), RULES | wrong)

    assert response.status_code == 422
    assert response.context["form"].errors[field]
    assert not Queue.objects.exists()


def test_people_of_other_projects_cannot_be_named(project, signed_in):
    stranger = factories.MemberFactory(role="annotator").user

    response = signed_in("manager").post(reverse("queue-new", args=["desk"]), {**RULES, "named_people": [stranger.pk]})

    assert response.context["form"].errors["named_people"]


def test_a_queue_whose_named_person_left_stays_closed_when_its_rules_are_saved(project, signed_in):
    queue = factories.QueueFactory(project=project, **{"sides": 3})
    factories.ItemFactory(queue=queue)
    zelda, other = (factories.person(project, "annotator", username=name) for name in ("zelda", "other"))
    queue.named_people.add(zelda)
    Member.objects.filter(user=zelda).delete()
    client, edit = signed_in("manager"), reverse("queue-edit", args=[queue.pk])

    form = client.get(edit)
    client.post(edit, {**RULES, "skills": "", "named_people": form.context["form"]["named_people"].value()})

    assert "zelda (no longer annotates here)" in form.content.decode()
    assert list(queue.named_people.all()) == [zelda]
    assert "it gives work to nobody" in client.get(reverse("queue", args=[queue.pk])).content.decode()
    with pytest.raises(assignments.NothingLeft, match="named people"):
        assignments.claim(queue=queue, annotator=other, now=queue.created_at)


def test_engineers_read_the_rules_without_the_names_of_people(project, signed_in):
    queue = factories.QueueFactory(project=project)
    named = factories.person(project, "annotator", username="zelda")
    queue.named_people.add(named)
    page = reverse("queue", args=[queue.pk])

    assert "zelda" in signed_in("manager").get(page).content.decode()
    assert "zelda" not in signed_in("engineer").get(page).content.decode()


def test_a_whole_order_and_how_much_better_are_not_asked_together(project, signed_in):
    page = reverse("queue-new", args=["desk"])

    refused = signed_in("manager").post(page, {**RULES, "asks_strength": "on"})

    assert refused.status_code == 422 and not Queue.objects.exists()
    assert "cannot ask how much better" in refused.content.decode()
