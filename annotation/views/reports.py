"""Stored reports: the bias page, asking for a report, and the files that a report was made of."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotation.actions import reports as actions
from annotation.models import Report, Role
from annotation.queries import bias as laid_out
from annotation.queries import judges, report_data, reports
from annotation.views import access
from annotation.views.live import mark, page_or_part

SHOWN_ON = {"win-rate": "policies"}  # the page of a kind, where it is not called like the kind
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
def report_compute(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Compute a report from today's answers, in the background; back to the page that shows its kind."""
    project, _ = access.project(request, slug, Role.MANAGER)
    is_new = actions.request(project=project, kind=kind, actor=access.person(request), now=timezone.now())
    sentence = "The report is being computed." if is_new else "The report is on its way already."
    messages.success(request, sentence)
    return redirect(SHOWN_ON.get(kind, kind), project.slug)


@login_required
@require_GET
def report_file(request: HttpRequest, report_id: int, name: str) -> StreamingHttpResponse:
    """votes.jsonl or pairs.jsonl as the report saw them; people are annotator-<number>."""
    report, _ = access.row(request, Report.objects.all(), report_id, Role.MANAGER, Role.ENGINEER)
    if name not in report_data.FILES:
        raise Http404
    lines = (f"{line}\n" for line in report_data.lines(report, name))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines, content_type="application/x-ndjson", headers=headers)
