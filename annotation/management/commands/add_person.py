"""`manage.py add_person NAME`: a login, for the members page to give roles to."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.actions import people
from annotation.errors import Refused


class Command(BaseCommand):
    """Asks for the password, or reads it from standard input."""

    help = "Adds a person who can sign in; a manager then gives them a role on the project's Members page."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who."""
        parser.add_argument("username")
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        """Add the person."""
        is_typed = sys.stdin.isatty()
        password = getpass.getpass(f"Password of {options['username']}: ") if is_typed else sys.stdin.readline().strip()
        try:
            people.add(
                username=options["username"],
                password=password,
                first_name=options["first_name"],
                last_name=options["last_name"],
            )
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal
        self.stdout.write(f"{options['username']} can sign in.")
