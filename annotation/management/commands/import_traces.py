"""`manage.py import_traces PROJECT FILE…`: traces in from files."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from annotation.actions import traces
from annotation.models import Project
from flywheel.formats.reading import FORMATS, read


class Command(BaseCommand):
    """The same intake as the API's, from files or standard input (-)."""

    help = "Imports traces from JSON, NDJSON or .gz files; sending the same again is harmless."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Project, files and format."""
        parser.add_argument("project", help="the project's slug")
        parser.add_argument("files", nargs="+", help="files, or - for standard input")
        parser.add_argument("--format", default="native", choices=sorted(FORMATS))
        parser.add_argument("--policy", help="name@version for records that name none")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import each file and say what became of it; fails if a file gave nothing."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}; see the list on the home page.")
        failed = [name for name in options["files"] if not self.take(name, project, options)]
        if failed:
            raise CommandError(f"Nothing usable in {', '.join(failed)}.")

    def take(self, name: str, project: Project, options: dict[str, Any]) -> bool:
        """One file; whether any of its lines was kept."""
        try:
            stream = sys.stdin.buffer if name == "-" else Path(name).open("rb")
        except OSError as problem:
            raise CommandError(f"{name} cannot be read: {problem.strerror}.") from problem
        with stream:
            lines = read(stream, options["format"], policy=options["policy"])
            result = traces.ingest(project=project, lines=lines, now=timezone.now())
        for refusal in result.rejected:
            self.stderr.write(f"{name}:{refusal['line']}: {refusal['reason']}")
        self.stdout.write(
            f"{name}: {result.created} created, {result.duplicate} known already, {result.refused} refused."
        )
        return bool(result.created or result.duplicate)
