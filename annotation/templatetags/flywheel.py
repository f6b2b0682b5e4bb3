"""Filters and tags of our own, loaded in every template."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import template
from django.template.context import RequestContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from annotation.templatetags.prose import rendered
from flywheel.formats.pretty import pretty

register = template.Library()
register.filter(pretty)

# Where a project's navigation leads, and which roles it is for.
PLACES = (
    ("project", "Overview", {"annotator", "reviewer", "manager", "engineer"}),
    ("queues", "Queues", {"reviewer", "manager", "engineer"}),
    ("review", "Review", {"reviewer"}),
    ("traces", "Traces", {"manager", "engineer"}),
    ("people", "People", {"manager"}),
    ("judges", "Judges", {"manager", "engineer"}),
    ("agreement", "Agreement", {"manager", "reviewer", "engineer"}),
    ("bias", "Bias", {"manager", "reviewer", "engineer"}),
    ("releases", "Releases", {"manager", "engineer"}),
    ("runs", "Runs", {"manager", "engineer"}),
    ("policies", "Policies", {"manager", "engineer"}),
    ("guidelines", "Guidelines", {"annotator", "reviewer", "manager"}),
    ("cost", "Cost", {"manager", "engineer"}),
    ("tokens", "Tokens", {"engineer"}),
    ("members", "Members", {"manager"}),
    ("project-edit", "Settings", {"manager"}),
    ("audit", "Audit", {"manager"}),
)


@register.simple_tag(takes_context=True)
def navigation(context: RequestContext) -> list[dict[str, Any]]:
    """The links of the page's `project` that the person's roles open: [{url, label, is_current}].

    A page whose address does not begin with its list's (an item, a run) names that list in `section`.
    """
    project = context["project"]
    held = {role for entry in context["my_projects"] if entry["project"] == project for role in entry["roles"]}
    path, section = context["request"].path, context.get("section")
    links = []
    for name, label, roles in PLACES:
        if held & roles:
            url = reverse(name, args=[project.slug])
            is_current = path == url if name == "project" else path.startswith(url) or section == name
            links.append({"url": url, "label": label, "is_current": is_current})
    return links


@register.filter
def markdown(text: str | None) -> SafeString:
    """Untrusted markdown as sanitised HTML; links and images are shown as text, nothing is fetched."""
    return rendered(text or "")


@register.filter
def since(moment: datetime | None) -> str:
    """How long ago, in one unit, with the exact time on hover: "3 minutes ago"."""
    if moment is None:
        return "–"
    ago = timesince(moment, timezone.now(), depth=1)
    shown = "just now" if ago.startswith("0") else f"{ago} ago"
    exact = timezone.localtime(moment)
    hover = f"{exact:%Y-%m-%d %H:%M}"
    return format_html('<time datetime="{}" title="{}">{}</time>', exact.isoformat(), hover, shown)


@register.filter
def estimate(value: Any, decimals: int = 2) -> str:
    """`0.82 [0.78, 0.86] n=120` of an Estimate or {value, low, high, n}; a dash where there is none."""
    if not value:  # also "", which is what a template makes of a missing key
        return "–"
    parts = (
        value if isinstance(value, Mapping) else {name: getattr(value, name) for name in ("value", "low", "high", "n")}
    )
    if parts["value"] is None:
        return format_html(
            '<span class="estimate">– <small>n={}</small></span>', number_format(parts["n"], 0, force_grouping=True)
        )
    return format_html(
        '<span class="estimate">{} <small>[{}, {}] n={}</small></span>',
        f"{parts['value']:.{decimals}f}",
        f"{parts['low']:.{decimals}f}",
        f"{parts['high']:.{decimals}f}",
        f"{parts['n']:,}",
    )


@register.filter
def spoken(code: str) -> str:
    """A code such as `item.retargeted` as plain words, the code itself on hover; a dash for none."""
    if not code:
        return "–"
    return format_html('<span title="{}">{}</span>', code, code.replace(".", " ").replace("_", " "))


@register.filter
def percent(value: float | None) -> str:
    """0.824 → 82 %."""
    return "–" if value is None else f"{value:.0%}".replace("%", " %")


@register.filter
def duration(seconds: float | None) -> str:
    """42 s, 3.5 min, 2.0 h, 4.1 d; a dash where there is none."""
    if seconds is None:
        return "–"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


@register.filter
def metric(metrics: Mapping[str, Any], name: str) -> str:
    """A figure of a run's metrics to three places; a dash where the trainer gave none."""
    value = (metrics or {}).get(name)
    return "–" if value is None else f"{value:.3f}"


@register.filter
def under(row: Iterable[Any], columns: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Each cell of a table's row with its column: [(column, cell)]."""
    return list(zip(columns, row, strict=True))
