"""Reports name people annotator-<id>; who may see names gets them when the page is made."""

import re
from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from annotation.models import Annotation, Project, User

PSEUDONYM = re.compile(r"annotator-\d+")


def at_work(project: Project) -> QuerySet[User]:
    """Everybody who is or was at work in the project."""
    answered = Annotation.objects.filter(annotator=OuterRef("pk"), item__queue__project=project)
    return User.objects.filter(Q(Exists(answered)) | Q(memberships__project=project)).distinct()


def names_of(project: Project) -> dict[str, str]:
    """annotator-<id> → user name of everybody who is or was at work in the project."""
    return {f"annotator-{pk}": name for pk, name in at_work(project).values_list("pk", "username")}


def named(told: Any, names: Mapping[str, str]) -> Any:
    """A part of a report with names in place of annotator-<id>, in keys and in sentences."""
    if isinstance(told, dict):
        return {named(key, names): named(value, names) for key, value in told.items()}
    if isinstance(told, list):
        return [named(value, names) for value in told]
    if isinstance(told, str):
        return PSEUDONYM.sub(lambda found: names.get(found[0], found[0]), told)
    return told
