"""The bias page: how far people and judges agree, and what first place is worth."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotation.actions import reports as actions
from annotation.models import Role
from annotation.queries import bias as laid_out
from annotation.queries import judges, reports
from annotation.views import access
from annotation.views.live import mark, page_or_part

READERS = (Role.MANAGER, Role.ENGINEER, Role.REVIEWER)


@login_required
@require_GET
def bias(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest bias report; only managers see annotators' names."""
    project, held = access.project(request, slug, *READERS)
    report = reports.latest(project, "bias")
    context = {
        "project": project,
        "held": held,
        "report": report,
        "how_known": judges.HOW_KNOWN,
        "is_waited_for": reports.is_waited_for(project, "bias"),
        **(laid_out.layout(report, names=Role.MANAGER in held) if report else {}),
    }
    seen = mark(report and report.pk, context["is_waited_for"])
    return page_or_part(request, "reports/bias.html", "report", context, seen)


@login_required
@require_POST
def bias_compute(request: HttpRequest, slug: str) -> HttpResponse:
    """Compute the report from today's answers, in the background."""
    project, _ = access.project(request, slug, Role.MANAGER)
    is_new = actions.request(project=project, kind="bias", actor=access.person(request), now=timezone.now())
    sentence = "The report is being computed." if is_new else "The report is on its way already."
    messages.success(request, sentence)
    return redirect("bias", project.slug)
