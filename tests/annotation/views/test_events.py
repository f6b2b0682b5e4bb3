"""Audit and cost: every decision and every charge, newest first."""

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions import events
from annotation.models import Charge
from tests import factories
from tests.annotation.views.conftest import HTMX

pytestmark = pytest.mark.django_db


def test_the_log_is_paged_and_filtered_and_shows_text_as_text(project, signed_in):
    actor, now = factories.UserFactory(), timezone.now()
    for number in range(60):
        events.record("queue.paused", project=project, actor=actor, now=now, subject=number)
    events.record("policy.promoted", project=project, actor=None, now=now, reason="<b>bold</b>")
    client, page = signed_in("manager"), reverse("audit", args=["desk"])

    first = client.get(page)
    second = client.get(page + first.context["page"].older)
    one = client.get(page, {"verb": "policy.promoted"}, headers=HTMX).content.decode()

    assert [len(answer.context["page"].rows) for answer in (first, second)] == [50, 11]
    assert "&lt;b&gt;bold&lt;/b&gt;" in one and "the system" in one and "queue.paused" not in one


def test_charges_are_summed_by_kind_and_day(project, signed_in):
    for amount in (0.25, 0.5):
        Charge.objects.create(
            project=project, kind="judge", quantity=1000, unit="tokens", unit_price=1e-4, amount=amount, created_at=timezone.now()
        )  # fmt: skip

    html = signed_in("engineer").get(reverse("cost", args=["desk"])).content.decode()

    assert html.count("$0.7500") == 3 and "2000 tokens" in html


def test_a_decision_is_named_in_words_with_its_code_on_hover(project, signed_in):
    events.record("item.retargeted", project=project, actor=None, now=timezone.now())

    html = signed_in("manager").get(reverse("audit", args=["desk"])).content.decode()

    assert '<span title="item.retargeted">item retargeted</span>' in html
    assert '<option value="item.retargeted">item retargeted</option>' in html
