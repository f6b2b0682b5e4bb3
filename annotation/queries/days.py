"""Where a day begins: quotas and "today" go by it."""

from datetime import datetime


def midnight(now: datetime) -> datetime:
    """The start of the day."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
