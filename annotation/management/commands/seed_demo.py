"""`manage.py seed_demo`: the demo project."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from annotation.actions import demo
from flywheel.simulation.people import DEMO_LOGINS, DEMO_PASSWORD


class Command(BaseCommand):
    """Repeatable by its seed, and harmless to run again."""

    help = "Makes the demo project: a simulated support desk with traces, judges, answers and reports."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Size and seed."""
        parser.add_argument("--tasks", type=int, default=200, help="simulated customer requests, two runs each")
        parser.add_argument("--seed", type=int, default=7)

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed and say who can sign in."""
        demo.seed(tasks=options["tasks"], seed=options["seed"], now=timezone.now(), say=self.stdout.write)
        names = ", ".join(f"{person.username} ({person.role})" for person in DEMO_LOGINS)
        self.stdout.write(f"Sign in as {names}; the password of all is {DEMO_PASSWORD}.")
