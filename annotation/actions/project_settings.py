"""What a project asks and keeps: its name, its question, the criteria of its rubric."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from annotation.actions import events
from annotation.errors import Invalid
from annotation.models import Project, User

MOST_CRITERIA = 8  # more than one screen holds, and more than anybody weighs one by one
Criteria = Sequence[tuple[str, str]]


@transaction.atomic
def change(*, project: Project, criteria: Criteria, actor: User, now: datetime, **fields: Any) -> Project:
    """New settings from now on; answers given before keep what they say. The same settings again change nothing."""
    held = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    wanted = {**fields, "rubric": rubric(held.rubric, criteria)}
    changed = sorted(name for name, value in wanted.items() if getattr(held, name) != value)
    if changed:
        for name in changed:
            setattr(held, name, wanted[name])
        held.save(update_fields=changed)
        events.record("project.changed", project=held, actor=actor, now=now, subject=held.pk, fields=changed)
    return held


def rubric(before: Sequence[dict[str, str]], criteria: Criteria) -> list[dict[str, str]]:
    """(name, help) of each criterion with its key; one of a name that was there before keeps its key, and its answers."""
    if len(criteria) > MOST_CRITERIA:
        raise Invalid(f"{len(criteria)} criteria are more than the {MOST_CRITERIA} that fit on a screen; drop some.")
    keys = {entry["name"].casefold(): entry["key"] for entry in before}
    found: dict[str, dict[str, str]] = {}
    for name, text in criteria:
        key = keys.get(name.casefold()) or slugify(name)
        if not key:
            raise Invalid(f"The criterion {name!r} needs a name with letters or digits.")
        if key in found:
            raise Invalid(f"The criterion {name!r} stands twice; keep one.")
        found[key] = {"key": key, "name": name, "help": text}
    return list(found.values())
