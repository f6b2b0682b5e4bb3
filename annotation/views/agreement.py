"""The agreement page: how far people and judges agree, where and when, and whose doing a disagreement looks like."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from annotation.models import Role
from annotation.queries import agreement_pages, disagreements, raters, reports
from annotation.views import access, tables
from annotation.views.live import mark, page_or_part

KIND = "agreement"
READERS = (Role.MANAGER, Role.ENGINEER, Role.REVIEWER)


@login_required
@require_GET
def agreement(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The newest report on agreement; names of people are for managers, and disagreements a file too."""
    project, held = access.project(request, slug, *READERS)
    report, judge = reports.latest(project, KIND), request.GET.get("judge", "")
    numbers: dict[str, Any] = report.numbers if report else {"not_possible": []}
    if Role.MANAGER in held:
        numbers = raters.named(numbers, raters.names_of(project))
    sees_answers = {Role.MANAGER, Role.ENGINEER} & held
    hidden = set() if sees_answers else disagreements.unanswered(numbers, access.person(request))
    if tables.is_wanted(request):
        rows = disagreements.listed(numbers, hidden, judge=judge)
        return tables.csv_file(f"disagreements-{project.slug}", disagreements.COLUMNS, map(line, rows))
    context = {
        "project": project,
        "held": held,
        "report": report,
        "is_waited_for": reports.is_waited_for(project, KIND),
        "judge": judge,
        "judges": disagreements.judges(numbers),
        "kinds": disagreements.layout(numbers, hidden, judge=judge),
        "disputed": numbers.get("disagreement_count", 0),
        **agreement_pages.layout(numbers),
    }
    return page_or_part(
        request, "agreement/page.html", "report", context, mark(report and report.pk, context["is_waited_for"])
    )


def line(row: dict[str, Any]) -> tuple[Any, ...]:
    """One disagreement of the file."""
    keys = ("kind", "item", "humans", "together", "posterior", "people", "judges", "reasons")
    return tuple(row[key] for key in keys)
