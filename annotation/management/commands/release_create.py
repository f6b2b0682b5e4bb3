"""`manage.py release_create PROJECT`: make a release from the command line."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from annotation.actions import release_folders, releases
from annotation.errors import Refused
from annotation.models import Project, Release, User


class Command(BaseCommand):
    """Builds at once instead of in the background, and prints the folder."""

    help = "Makes a release of a project's preferences and prints its folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Project, person and what to choose."""
        parser.add_argument("project", help="the project's slug")
        parser.add_argument("--as", dest="username", required=True, help="who makes it")
        parser.add_argument("--filters", default="{}", help='JSON, for instance {"min_annotators": 2}')
        parser.add_argument("--seed", type=int, default=0, help="of the train/test split")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create, build, report."""
        project = Project.objects.filter(slug=options["project"]).first()
        actor = User.objects.filter(username=options["username"]).first()
        if project is None or actor is None:
            raise CommandError(f"There is no {'project' if project is None else 'person'} of that name.")
        try:
            filters = json.loads(options["filters"])
            release = releases.create(
                project=project, filters=filters, actor=actor, seed=options["seed"], now=timezone.now()
            )
        except (ValueError, Refused) as problem:
            raise CommandError(f"The filters cannot be used: {problem}") from problem
        release_folders.run(release=release.pk, now=timezone.now())
        release.refresh_from_db()
        if release.state != Release.State.READY:
            raise CommandError(release.error)
        self.stdout.write(f"{release_folders.folder(release)}\n{release.digest}")
