"""`manage.py create_project SLUG NAME --manager USERNAME`: an empty project."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_slug
from django.utils import timezone

from annotation.actions import projects
from annotation.models import Project, User


class Command(BaseCommand):
    """Its manager, who is its engineer too, does the rest in the browser."""

    help = "Makes an empty project; its manager adds members, queues and judges in the browser."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What and whose."""
        parser.add_argument("slug", help="short name in addresses, such as refund-desk")
        parser.add_argument("name", help="the name people see")
        parser.add_argument("--manager", required=True, help="username of its manager (see add_person)")
        parser.add_argument("--question", default="", help="what annotators are asked")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create it, or say what is in the way."""
        slug, owner = options["slug"], User.objects.filter(username=options["manager"]).first()
        try:
            validate_slug(slug)
        except ValidationError:
            raise CommandError(f"{slug!r} is no slug; use letters, digits, hyphens and underscores.") from None
        if owner is None:
            raise CommandError(f"There is no person {options['manager']!r}; add them first: manage.py add_person.")
        if Project.objects.filter(slug=slug).exists():
            raise CommandError(f"There is a project {slug!r} already; choose another slug.")
        fields = {"question": options["question"]} if options["question"] else {}
        projects.create(slug=slug, name=options["name"], owner=owner, now=timezone.now(), **fields)
        self.stdout.write(f"Project {options['name']} is at /p/{slug}/.")
