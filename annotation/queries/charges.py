"""What the project cost."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum
from django.db.models.functions import TruncDate

from annotation.models import Project

DAYS = 30


def by_day(project: Project, *, now: datetime) -> list[dict[str, Any]]:
    """{day, kind, unit, quantity, amount} of the last DAYS days, newest first."""
    rows = project.charges.filter(created_at__gte=now - timedelta(days=DAYS)).annotate(day=TruncDate("created_at"))
    summed = rows.values("day", "kind", "unit").annotate(total=Sum("amount"), quantity_of=Sum("quantity"))
    return [dict(row) for row in summed.order_by("-day", "kind")]


def by_kind(project: Project) -> list[dict[str, Any]]:
    """{kind, total} in US dollars since the project began."""
    rows = project.charges.values("kind").annotate(total=Sum("amount"))
    return [dict(row) for row in rows.order_by("-total")]
