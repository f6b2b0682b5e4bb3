"""Items: who may read what others said, why an item is asked, and known answers."""

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.models import Flag, Gold, Item, Score
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def answered(project):
    """An item with one answer and both verdicts of a judge that the order sways."""
    lent = factories.AssignmentFactory(item__queue__project=project, state="done")
    factories.AnnotationFactory(assignment=lent, answer={"choice": "b", "rationale": "It <looked> it up."})
    judge = factories.JudgeFactory(project=project)
    factories.VerdictFactory(item=lent.item, judge=judge, first=0, label="a", probability=0.8)
    factories.VerdictFactory(item=lent.item, judge=judge, first=1, label="b", probability=0.3)
    Score.objects.create(
        item=lent.item, value=0.91, probability=0.48, entropy=0.99, bald=0.012, judge_probability=0.55,
        judge_uncertainty=0.83, rule="hyb4", scored_at=timezone.now(),
    )  # fmt: skip
    return lent


def test_a_manager_reads_everything_about_an_item(answered, signed_in):
    html = signed_in("manager").get(reverse("item", args=[answered.item_id])).content.decode()

    for told in (
        answered.annotator.username,
        "B is better",
        "It &lt;looked&gt; it up.",
        "the order decides",
        "Why is this asked?",
    ):
        assert told in html
    assert "close to a coin toss" in html and "50.0%" in html  # the propensity


def test_a_reviewer_reads_others_only_after_answering_and_without_names(answered, project, signed_in):
    reviewer = signed_in("reviewer", username="rosa")
    page = reverse("item", args=[answered.item_id])

    before = reviewer.get(page)
    mine = factories.AssignmentFactory(item=answered.item, annotator__username="x", state="done")
    mine.annotator = answered.item.queue.project.members.get(user__username="rosa").user
    mine.save()
    factories.AnnotationFactory(assignment=mine)
    after = reviewer.get(page).content.decode()

    assert before.status_code == 403
    assert f"annotator-{answered.annotator_id}" in after and answered.annotator.username not in after
    assert "Why is this asked?" not in after


def test_an_item_of_the_pool_becomes_gold_once(project, signed_in):
    item, client = factories.ItemFactory(queue__project=project, batch=None), signed_in("manager")
    page = reverse("item", args=[item.pk])
    offered = client.get(page).content.decode()

    client.post(reverse("item-gold", args=[item.pk]), {"choice": "tie", "source": "two experts"})

    assert "Make it gold" in offered and "Make it gold" not in client.get(page).content.decode()
    assert Gold.objects.get().choice == "tie"


def test_an_item_that_is_being_asked_cannot_become_gold(project, signed_in):
    item = factories.ItemFactory(queue__project=project)

    response = signed_in("manager").post(reverse("item-gold", args=[item.pk]), {"choice": "a", "source": "me"})

    assert response.status_code == 422
    assert "already being asked" in response.content.decode()


def test_the_list_tells_where_each_item_stands(project, signed_in):
    queue = factories.QueueFactory(project=project)
    waiting = factories.ItemFactory(queue=queue)
    pooled = factories.ItemFactory(queue=queue, batch=None)
    gold = factories.GoldFactory(item__queue=queue).item
    done = factories.AnnotationFactory(assignment__item__queue=queue, assignment__state="done").item
    client = signed_in("manager")

    def listed(state):
        page = client.get(reverse("items", args=[queue.pk]), {"state": state})
        return {item.pk for item in page.context["page"].rows}

    assert listed("open") == {waiting.pk}
    assert listed("pool") == {pooled.pk}
    assert listed("gold") == {gold.pk}
    assert listed("done") == {done.pk}
    assert listed("") == listed("no such state") == {waiting.pk, pooled.pk, gold.pk, done.pk}


def test_items_on_which_people_disagree_are_found(project, signed_in):
    queue = factories.QueueFactory(project=project, overlap=2)
    torn, agreed = factories.ItemFactory.create_batch(2, queue=queue)
    for item, choices in ((torn, "ab"), (agreed, "aa")):
        for choice in choices:
            given = factories.AnnotationFactory(assignment__item=item, assignment__state="done", choice=choice)
    again = factories.AssignmentFactory(item=agreed, annotator=given.annotator, round=1, state="done")
    factories.AnnotationFactory(assignment=again, choice="b")

    page = signed_in("manager").get(reverse("items", args=[queue.pk]), {"state": "disputed"})

    assert [item.pk for item in page.context["page"].rows] == [torn.pk]


def test_every_filter_narrows_the_list_and_all_of_them_together(project, signed_in):
    queue = factories.QueueFactory(project=project)
    plain = factories.ItemFactory(queue=queue, task="Refund a ticket")
    skipped = factories.AssignmentFactory(item__queue=queue, item__task="Book a room", state="skipped").item
    lent = factories.AssignmentFactory(item__queue=queue, item__selected_by="exploration").item
    boosted = factories.ItemFactory(queue=queue, boost=1)
    flagged = factories.ItemFactory(queue=queue)
    for closed_at in (None, timezone.now()):
        item = flagged if closed_at is None else plain
        Flag.objects.create(item=item, author=factories.UserFactory(), created_at=timezone.now(), closed_at=closed_at)
    client = signed_in("manager")

    def listed(**filters):
        page = client.get(reverse("items", args=[queue.pk]), filters)
        return {item.pk for item in page.context["page"].rows}

    assert listed(state="skipped") == listed(task="book A") == {skipped.pk}
    assert listed(state="lent") == listed(selected_by="exploration") == {lent.pk}
    assert listed(boost="on") == {boosted.pk}
    assert listed(state="flagged") == {flagged.pk}
    assert listed(policy=plain.sides.first().trace.policy_id) == {plain.pk}
    assert listed(policy=10**9) == listed() and listed(state="open", task="refund") == {plain.pk}
    assert listed(state="lent", boost="on") == set()


def bulk(client, queue, **sent):
    return client.post(reverse("items-bulk", args=[queue.pk]), sent)


def test_the_count_is_said_first_and_only_a_confirmed_deed_changes_anything(project, signed_in):
    queue = factories.QueueFactory(project=project)
    first, second, pooled = (
        *factories.ItemFactory.create_batch(2, queue=queue),
        factories.ItemFactory(queue=queue, batch=None),
    )
    client, ticked = signed_in("manager"), [first.pk, pooled.pk]

    asked = bulk(client, queue, deed="close", item=ticked)
    untouched = Item.objects.filter(target=1).count()
    done = bulk(client, queue, deed="close", item=ticked, confirmed="1")
    listed = client.get(reverse("items", args=[queue.pk]), {"state": "closed"})

    assert "<b>1 item</b> of the 2 chosen" in asked.content.decode()
    assert (untouched, done.status_code) == (2, 302)
    assert [item.pk for item in listed.context["page"].rows] == [first.pk]
    assert Item.objects.get(pk=second.pk).target == 1


def test_all_that_match_means_the_filters_of_the_list_and_they_come_back(project, signed_in):
    queue, other = factories.QueueFactory(project=project), factories.ItemFactory()
    factories.ItemFactory.create_batch(60, queue=queue, task="refund")
    factories.ItemFactory(queue=queue, task="other")
    client = signed_in("manager")

    done = bulk(client, queue, deed="boost", everything="1", filters="task=refund", confirmed="1")

    assert done.url.endswith("?task=refund")
    assert (
        Item.objects.filter(queue=queue, boost=1, task="refund").count() == Item.objects.filter(boost=1).count() == 60
    )
    assert Item.objects.get(pk=other.pk).boost == 0


def test_items_of_another_queue_are_never_changed(project, signed_in):
    queue, foreign = factories.QueueFactory(project=project), factories.ItemFactory()

    bulk(signed_in("manager"), queue, deed="boost", item=[foreign.pk], confirmed="1")

    assert not Item.objects.filter(boost=1).exists()


@pytest.mark.parametrize(
    "sent", [{"deed": "boost"}, {"deed": "melt", "item": [1]}, {"item": [1]}, {"deed": "boost", "item": ["x"]}]
)
def test_a_deed_without_sense_is_refused_with_a_sentence(project, signed_in, sent):
    response = bulk(signed_in("manager"), factories.QueueFactory(project=project), **sent)

    assert response.status_code == 422
    assert "Tick the items" in response.content.decode() or "Choose what to do" in response.content.decode()


def test_known_answers_of_many_items_ask_for_the_answer_and_its_source(project, signed_in):
    queue = factories.QueueFactory(project=project)
    items = factories.ItemFactory.create_batch(2, queue=queue, batch=None)
    client, ticked = signed_in("manager"), [item.pk for item in items]

    asked = bulk(client, queue, deed="gold", item=ticked)
    without = bulk(client, queue, deed="gold", item=ticked, confirmed="1", choice="a", source="")
    bulk(client, queue, deed="gold", item=ticked, confirmed="1", choice="a", source="two experts")

    assert "Who says so" in asked.content.decode()
    assert without.status_code == 422
    assert set(Gold.objects.values_list("choice", "source")) == {("a", "two experts")} and Gold.objects.count() == 2


@pytest.mark.parametrize(
    ("kind", "sides", "answer", "words"),
    [
        ("compare", 3, {"choice": "c", "rationale": ""}, "C is best"),
        ("compare", 3, {"choice": "b", "ranking": [[1], [0, 2]], "rationale": ""}, "B &gt; A = C"),
        ("mark", 1, {"steps": [], "first_error": 2, "is_clean": False}, "first error at step 2"),
        ("correct", 1, {"rationale": "", "correction": None}, "corrected"),
    ],
)
def test_every_kind_of_answer_is_told_by_the_items_own_sides(kind, sides, answer, words, project, signed_in):
    traces = [factories.TraceFactory(project=project) for _ in range(sides)]
    item = factories.ItemFactory(queue__project=project, queue__kind=kind, queue__sides=max(2, sides), traces=traces)
    lent = factories.AssignmentFactory(item=item, state="done", order=list(range(sides))[::-1])
    factories.AnnotationFactory(assignment=lent, answer=answer)

    html = signed_in("manager").get(reverse("item", args=[item.pk])).content.decode()

    assert f"<td>{words}" in html and "rewrote it" not in html


def test_a_rewritten_message_names_its_side(project, signed_in):
    traces = [factories.TraceFactory(project=project) for _ in range(3)]
    item = factories.ItemFactory(queue__project=project, queue__sides=3, traces=traces)
    lent = factories.AssignmentFactory(item=item, state="done", order=[2, 0, 1])
    rewritten = {"side": 2, "message": 3, "content": "Better so."}
    factories.AnnotationFactory(assignment=lent, answer={"choice": "a", "rationale": "", "correction": rewritten})

    html = signed_in("manager").get(reverse("item", args=[item.pk])).content.decode()

    assert "The rewritten message of C" in html


def test_how_an_item_was_drawn_is_said_in_words_and_its_code_is_on_hover(project, signed_in):
    item = factories.ItemFactory(queue__project=project, selected_by="cold-start")
    item.batch.rule = "hyb4"
    item.batch.save()
    client = signed_in("manager")

    listed = client.get(reverse("items", args=[item.queue_id])).content.decode()
    page = client.get(reverse("item", args=[item.pk])).content.decode()

    assert '<span title="cold-start">at the start</span>' in listed
    assert "the doubt of the model and of the judges together" in page and "hyb4" not in page
