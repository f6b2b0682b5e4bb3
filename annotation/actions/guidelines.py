"""Guidelines as people read them."""

from datetime import datetime

from django.db import transaction

from annotation.models import Guideline, Member, Role, User


@transaction.atomic
def saw(*, guideline: Guideline, user: User, now: datetime) -> None:
    """Remember that this annotator has looked at the version; one that is older than what they know changes nothing."""
    seen = Member.objects.filter(project=guideline.project_id, user=user, role=Role.ANNOTATOR)
    seen = seen.exclude(guideline_seen__version__gte=guideline.version)
    if guideline.created_at <= now:
        seen.update(guideline_seen=guideline)
