"""Who is in doubt, and whose answers weigh less for it."""

from annotation.models import Doubt

INVERTED = "adverse"  # answers against the truth tell much: the weighing turns them round, so they keep their weight


def doubted(project_id: int) -> frozenset[int]:
    """Annotators in open doubt."""
    found = Doubt.objects.filter(project=project_id, withdrawn_at__isnull=True)
    return frozenset(found.values_list("annotator", flat=True))


def weighing_less(project_id: int) -> frozenset[int]:
    """Annotators in open doubt but those who answer against the truth."""
    found = Doubt.objects.filter(project=project_id, withdrawn_at__isnull=True).exclude(flags__contains=[INVERTED])
    return frozenset(found.values_list("annotator", flat=True))
