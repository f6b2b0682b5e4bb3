"""Form fields that speak people's units while actions get the product's."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q

from annotation.models import Member, Project, Role, User

LONGEST_NAME = 40


class Percent(forms.FloatField):
    """0 to 100 on the page, a share from 0 to 1 for the action."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(min_value=0, max_value=100, step_size=0.5, **settings)

    def clean(self, value: Any) -> float | None:
        """The share."""
        given = super().clean(value)
        return None if given is None else given / 100

    def prepare_value(self, value: Any) -> Any:
        """The share as per cent; what was typed stays as it is."""
        return f"{value * 100:g}" if isinstance(value, float) else value


class Minutes(forms.FloatField):
    """Minutes on the page, whole seconds for the action."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(min_value=0.5, max_value=24 * 60, step_size=0.5, **settings)

    def clean(self, value: Any) -> int | None:
        """The seconds."""
        given = super().clean(value)
        return None if given is None else round(given * 60)

    def prepare_value(self, value: Any) -> Any:
        """The seconds as minutes; what was typed stays as it is."""
        return f"{value / 60:g}" if isinstance(value, int) else value


class Day(forms.DateField):
    """A day, picked in the browser's own calendar."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class Criteria(forms.CharField):
    """Lines of "Name: what to look at" on the page, (name, text) for the action."""

    def clean(self, value: Any) -> list[tuple[str, str]]:
        """In the order of the lines, empty ones left out."""
        lines = [line.partition(":") for line in super().clean(value).splitlines() if line.strip()]
        found = [(name.strip(), text.strip()) for name, _, text in lines]
        if long := [name for name, _ in found if not 0 < len(name) <= LONGEST_NAME]:
            raise forms.ValidationError(
                f"“{long[0][:20]}…” is no name of 1 to {LONGEST_NAME} characters; write “Name: what to look at”."
            )
        return found

    def prepare_value(self, value: Any) -> Any:
        """The lines; what was typed stays as it is."""
        if isinstance(value, list):
            return "\n".join(f"{name}: {text}" if text else name for name, text in value)
        return value


class Names(forms.CharField):
    """Short names separated by commas on the page, a list without repeats for the action."""

    def clean(self, value: Any) -> list[str]:
        """The names in order."""
        given = [name.strip() for name in super().clean(value).split(",")]
        names = list(dict.fromkeys(name for name in given if name))
        if long := [name for name in names if len(name) > LONGEST_NAME]:
            raise forms.ValidationError(f"“{long[0][:20]}…” is longer than {LONGEST_NAME} characters.")
        return names

    def prepare_value(self, value: Any) -> Any:
        """The list as text; what was typed stays as it is."""
        return ", ".join(value) if isinstance(value, list) else value


class People(forms.ModelMultipleChoiceField):
    """Annotators of a project; those who were chosen and have left since stay chosen until somebody unticks them."""

    def offer(self, project: Project, chosen: Collection[int]) -> None:
        """Make these the choices."""
        annotating = Member.objects.filter(project=project, role=Role.ANNOTATOR)
        offered = User.objects.filter(Q(pk__in=annotating.values("user")) | Q(pk__in=chosen))
        here = Exists(annotating.filter(user=OuterRef("pk")))
        self.queryset = offered.annotate(annotates=here).order_by("username")

    def label_from_instance(self, obj: Any) -> str:
        """The name, with a word about who has left."""
        return f"{obj}" if obj.annotates else f"{obj} (no longer annotates here)"
