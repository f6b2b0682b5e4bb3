"""From a figure on a page back to it: the files of a report and the command give the stored numbers, also later."""

import hashlib
import json
import os
import shlex
import subprocess
import sys

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from annotation.actions import report_building
from annotation.models import Annotation, Report
from annotation.queries.report_data import FILES, KINDS
from tests import factories

pytestmark = pytest.mark.django_db
WORDS = ("Your refund is on its way.", "I looked it up: **no refund** after 30 days, as the policy says.", "Done.")


@pytest.fixture
def queue(project):
    """Three people and a judge on forty tasks with runs that say different things."""
    queue = factories.QueueFactory(project=project, overlap=3)
    people = [factories.person(project, "annotator") for _ in range(3)]
    judge = factories.JudgeFactory(project=project, name="glib")
    for number in range(40):
        traces = [
            factories.TraceFactory(
                project=project,
                task=f"t{number}",
                tags={"topic": f"topic {number % 2}"},
                messages=[
                    {"role": "user", "content": "Hello"},
                    {"role": "assistant", "content": words * (number % 4 + 1)},
                ],
            )
            for words in (WORDS[number % 3], WORDS[(number + 1) % 3])
        ]
        item = factories.ItemFactory(queue=queue, task=f"t{number}", traces=traces)
        for place, who in enumerate(people):
            factories.AnnotationFactory(
                assignment__item=item,
                assignment__annotator=who,
                assignment__state="done",
                choice="ab"[(number * 7 + place * (number % 5 == 0)) % 2],
            )
        for first in (0, 1):
            factories.VerdictFactory(item=item, judge=judge, first=first, label="ab"[(number + first // 2) % 2])
    return queue


def downloaded(client, report: Report) -> dict[str, bytes]:
    """What the links beside the figures give."""
    page = {name: client.get(reverse("report-file", args=[report.pk, name])) for name in FILES}
    return {name: b"".join(answer.streaming_content) for name, answer in page.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_on_the_page_gives_the_numbers_of_the_page(queue, signed_in, tmp_path, kind):
    report = report_building.build(project=queue.project, kind=kind, now=timezone.now())
    files = downloaded(signed_in("engineer"), report)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)

    words = [sys.executable, *shlex.split(report.command)[1:]]
    where = {"cwd": tmp_path, "env": os.environ | {"PYTHONPATH": str(settings.BASE_DIR)}}
    printed = subprocess.run(words, **where, capture_output=True, text=True, check=True).stdout

    assert json.loads(printed) == Report.objects.get(pk=report.pk).numbers
    assert hashlib.sha256(files["votes.jsonl"]).hexdigest() == report.data_hash
    assert hashlib.sha256(files["pairs.jsonl"]).hexdigest() == report.parameters["texts_hash"]


def test_the_files_of_a_report_stay_as_they_were(queue, signed_in):
    report = report_building.build(project=queue.project, kind="bias", now=timezone.now())
    client = signed_in("manager")
    before = downloaded(client, report)

    changed = Annotation.objects.filter(item__queue=queue).first()
    factories.AnnotationFactory(assignment=changed.assignment, supersedes=changed, choice="tie")
    factories.VerdictFactory(item=factories.ItemFactory(queue=queue), judge=queue.project.judges.get(), first=0)

    assert downloaded(client, report) == before
    assert report_building.build(project=queue.project, kind="bias", now=timezone.now()).data_hash != report.data_hash


def test_nobody_is_named_in_files_or_stored_numbers(queue, signed_in):
    report = report_building.build(project=queue.project, kind="bias", now=timezone.now())
    names = set(Annotation.objects.filter(item__queue=queue).values_list("annotator__username", flat=True))

    told = json.dumps(report.numbers) + b"".join(downloaded(signed_in("engineer"), report).values()).decode()

    assert "annotator-" in told and not any(name in told for name in names)


def test_the_page_shows_the_command_and_links_its_files(queue, signed_in):
    report = report_building.build(project=queue.project, kind="bias", now=timezone.now())

    shown = {
        role: signed_in(role).get(reverse("bias", args=["desk"])).content.decode() for role in ("manager", "reviewer")
    }

    assert all(report.command in html and report.data_hash in html for html in shown.values())
    assert reverse("report-file", args=[report.pk, "pairs.jsonl"]) in shown["manager"]
    assert "report-file" not in shown["reviewer"] and f"/reports/{report.pk}/" not in shown["reviewer"]
