"""`manage.py retry_stalled`: put jobs of dead workers back at once."""

from typing import Any

from django.core.management.base import BaseCommand

from annotation.actions import stalled


class Command(BaseCommand):
    """What the workers do by themselves three times a minute, for when none of them runs."""

    help = "Puts jobs back whose worker died (the workers do it themselves three times a minute)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Retry every stalled job."""
        count = stalled.put_back()
        self.stdout.write(f"{count} stalled job{'' if count == 1 else 's'} put back.")
