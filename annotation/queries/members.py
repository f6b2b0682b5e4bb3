"""Who may do what in a project."""

from annotation.errors import Forbidden
from annotation.models import Assignment, Member, Project, Role, Round, User


def roles(user: User, project: Project) -> frozenset[str]:
    """The roles the user holds in the project."""
    return frozenset(Member.objects.filter(user=user, project=project).values_list("role", flat=True))


def require(user: User, project: Project, *wanted: str) -> frozenset[str]:
    """The user's roles, or a refusal if they hold none of those wanted."""
    return require_among(roles(user, project), *wanted)


def require_among(held: frozenset[str], *wanted: str) -> frozenset[str]:
    """The roles held, or a refusal if none of those wanted is among them."""
    if held.isdisjoint(wanted):
        raise Forbidden(f"Only a {' or '.join(wanted)} of this project may do this.")
    return held


def workers(lent: Assignment) -> tuple[str, ...]:
    """The roles that may work on what is lent: adjudication is for reviewers, whether or not they annotate too."""
    return (Role.REVIEWER,) if lent.round == Round.ADJUDICATION else (Role.ANNOTATOR,)
