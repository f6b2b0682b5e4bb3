"""Flags: somebody tells the manager that something is wrong with an item; the manager looks and closes it."""

from datetime import datetime

from django.db import IntegrityError, transaction

from annotation.actions import events
from annotation.errors import Invalid
from annotation.models import Flag, Item, User

LONGEST = 500


@transaction.atomic
def raise_(*, item: Item, author: User, note: str, now: datetime) -> Flag:
    """Flag an item; while this person's flag of it is open, the same again changes nothing and other words replace it."""
    note = note.strip()
    if not note or len(note) > LONGEST or "\x00" in note:
        raise Invalid(f"Say in a few words (at most {LONGEST} characters) what is wrong with this item.")
    flag = opened(item, author, note, now) or Flag.objects.select_for_update().get(
        item=item, author=author, closed_at__isnull=True
    )
    if flag.note != note:
        flag.note = note
        flag.save(update_fields=["note"])
        record("flag.changed", flag, actor=author, now=now)
    return flag


def opened(item: Item, author: User, note: str, now: datetime) -> Flag | None:
    """A new flag; None if this person's flag of the item is open."""
    try:
        with transaction.atomic():
            flag = Flag.objects.create(item=item, author=author, note=note, created_at=now)
    except IntegrityError:
        return None
    record("flag.raised", flag, actor=author, now=now)
    return flag


@transaction.atomic
def close(*, flag: Flag, by: User, now: datetime) -> Flag:
    """Close a flag that was looked into; one that is closed stays as it is."""
    locked = Flag.objects.select_for_update(of=("self",)).select_related("item__queue").get(pk=flag.pk)
    if locked.closed_at is None:
        locked.closed_at, locked.closed_by = now, by
        locked.save(update_fields=["closed_at", "closed_by"])
        record("flag.closed", locked, actor=by, now=now)
    return locked


def record(verb: str, flag: Flag, *, actor: User, now: datetime) -> None:
    """The line of the audit log; the note may quote a trace, so it stays with the flag."""
    events.record(verb, project=flag.item.queue.project_id, actor=actor, now=now, subject=flag.pk, item=flag.item_id)
