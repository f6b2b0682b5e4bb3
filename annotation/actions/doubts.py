"""Doubts: what the report on people asks to look at again lowers the weight of answers, until somebody lifts it.

Nothing is deleted, and nothing follows that could not be taken back. Once a manager withdrew a doubt, the same flags raise
it again only after 50 more answers; a flag of another kind raises it at once.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from annotation.actions import events
from annotation.enqueue import enqueue
from annotation.errors import Invalid
from annotation.models import Annotation, Doubt, Project, Report, Round, User

AGAIN = 50  # answers after a withdrawal, before the same flags count again
LONGEST = 500  # characters of a note
PREFIX = "annotator-"


@transaction.atomic
def raise_from(*, report: Report, now: datetime) -> int:
    """Open, change and lift doubts by the newest report on people, and have its consequences drawn; returns how many."""
    # Locked, so that of two workers with the same report one acts.
    Project.objects.select_for_update(no_key=True).get(pk=report.project_id)
    flags = flagged(report)
    opened = Doubt.objects.select_for_update(no_key=True).filter(project=report.project_id, withdrawn_at__isnull=True)
    known = {doubt.annotator_id: doubt for doubt in opened}
    changed = sum(renew(doubt, flags.get(person, []), report, now=now) for person, doubt in known.items())
    for person in flags.keys() - known.keys():
        changed += begin(person, flags[person], report, now=now)
    if changed or known:  # people in doubt go on answering
        have_followed(report.project_id)
    return changed


def flagged(report: Report) -> dict[int, list[str]]:
    """annotator → flags, of those who have any."""
    found = report.numbers.get("annotators", {})
    return {int(name.removeprefix(PREFIX)): sorted(one["flags"]) for name, one in found.items() if one["flags"]}


def renew(doubt: Doubt, flags: list[str], report: Report, *, now: datetime) -> bool:
    """Bring an open doubt in line with the newest flags; without any it is over."""
    if flags == doubt.flags:
        return False
    if flags:
        doubt.flags, doubt.report = flags, report
        doubt.save(update_fields=["flags", "report"])
        record("doubt.changed", doubt, None, now=now, flags=flags)
    else:
        end(doubt, None, "The newest report finds no reason any more.", now=now)
    return True


def begin(person: int, flags: list[str], report: Report, *, now: datetime) -> bool:
    """Open a doubt, unless a manager has withdrawn one for these flags and little was answered since."""
    if is_settled(report.project_id, person, flags):
        return False
    doubt = Doubt.objects.create(
        project_id=report.project_id, annotator_id=person, flags=flags, report=report, raised_at=now
    )
    record("doubt.raised", doubt, None, now=now, flags=flags)
    return True


def is_settled(project: int, person: int, flags: list[str]) -> bool:
    """Whether a manager looked at these flags, and there are fewer than 50 answers since."""
    last = Doubt.objects.filter(project=project, annotator=person).order_by("-pk").first()
    if last is None or last.withdrawn_by_id is None or not set(flags) <= set(last.flags):
        return False
    since = Annotation.objects.answers().filter(
        annotator=person, item__queue__project=project, round=Round.NORMAL, answered_at__gt=last.withdrawn_at
    )
    return since.count() < AGAIN


@transaction.atomic
def withdraw(*, doubt: Doubt, actor: User, note: str, now: datetime) -> Doubt:
    """A manager looked into it: answers count in full again. The same withdrawal again changes nothing."""
    doubt = Doubt.objects.select_for_update(no_key=True).get(pk=doubt.pk)
    if doubt.withdrawn_at is not None:
        return doubt
    note = note.strip()
    if not note:
        raise Invalid("Say what you found, so that the next person knows why the doubt was withdrawn.")
    if len(note) > LONGEST:
        raise Invalid(f"The reason has {len(note)} characters; at most {LONGEST} fit.")
    end(doubt, actor, note, now=now)
    have_followed(doubt.project_id)
    return doubt


def end(doubt: Doubt, actor: User | None, note: str, *, now: datetime) -> None:
    """Close it, with the reason."""
    doubt.withdrawn_at, doubt.withdrawn_by, doubt.note = now, actor, note
    doubt.save(update_fields=["withdrawn_at", "withdrawn_by", "note"])
    record("doubt.withdrawn", doubt, actor, now=now, why=note)


def have_followed(project: int) -> None:
    """Have a worker draw the consequences (actions/doubted_items.py): too many items for one request."""
    enqueue("doubts.follow", queue="long", project=project, once=f"doubts-{project}")


def record(verb: str, doubt: Doubt, actor: User | None, *, now: datetime, **detail: Any) -> None:
    """A line of the audit log."""
    about = {"annotator": doubt.annotator_id, **detail}
    events.record(verb, project=doubt.project_id, actor=actor, now=now, subject=doubt.pk, **about)
