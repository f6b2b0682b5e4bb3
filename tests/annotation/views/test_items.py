"""Items: who may read what others said, why an item is asked, and known answers."""

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.models import Gold, Score
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
