"""Server-rendered charts: {% load charts %}. Each comes with a title, a description and a table of its figures."""

from collections.abc import Sequence
from typing import Any

from django import template

register = template.Library()

WIDTH, LEFT, RIGHT, ROW, TOP = 720, 200, 24, 28, 12  # of the drawing, in its own units
PLOT = WIDTH - LEFT - RIGHT
LINE_HEIGHT, LINE_LEFT = 240, 48
COLUMN_HEIGHT = 140


@register.inclusion_tag("components/_forest.html")
def forest(title: str, rows: Sequence[dict[str, Any]], zero: float = 0.0, unit: str = "") -> dict[str, Any]:
    """Estimates with intervals, one a row: [{label, value, low, high, n, href?}]; `zero` = the line of no effect."""
    ends = [zero, *(row[end] for row in rows for end in ("low", "high") if row[end] is not None)]
    ticks = round_ticks(min(ends), max(ends))
    place = scale(ticks[0], ticks[-1], LEFT, PLOT)
    drawn = [drawn_row(row, number, place) for number, row in enumerate(rows)]
    height = TOP + ROW * len(rows)
    return {
        "title": title, "unit": unit, "rows": drawn, "zero": place(zero), "zero_value": zero, "width": WIDTH, "bottom": height,
        "height": height + 24, "ticks": [{"x": place(tick), "label": f"{tick:g}"} for tick in ticks],
    }  # fmt: skip


def drawn_row(row: dict[str, Any], number: int, place: Any) -> dict[str, Any]:
    """The row with the places of its dot and whisker, or without them where there is no estimate."""
    y = TOP + ROW * number + ROW / 2
    if row["value"] is None:
        return {**row, "y": y, "text_y": y + 4}
    return {**row, "y": y, "text_y": y + 4, "x": place(row["value"]), "x1": place(row["low"]), "x2": place(row["high"])}


@register.inclusion_tag("components/_columns.html")
def columns(
    title: str, bars: Sequence[tuple[str, int]], what: str = "answers", axis: str = "When", every: int = 1
) -> dict[str, Any]:
    """Counts side by side, oldest or smallest first: [(label, count)]; every `every`th label is written."""
    ticks = [tick for tick in round_ticks(0, max([count for _, count in bars], default=0) or 1, 4) if tick == int(tick)]
    up = scale(ticks[0], ticks[-1], COLUMN_HEIGHT, -(COLUMN_HEIGHT - TOP))
    step = (WIDTH - LINE_LEFT - RIGHT) / max(len(bars), 1)
    return {
        "title": title, "what": what, "axis": axis, "width": WIDTH, "height": COLUMN_HEIGHT + 28, "left": LINE_LEFT, "right": WIDTH - RIGHT,
        "bottom": COLUMN_HEIGHT, "total": sum(count for _, count in bars),
        "bars": [
            {
                "label": label, "count": count, "x": round(LINE_LEFT + step * (place + 0.12), 1), "wide": round(step * 0.76, 1),
                "middle": round(LINE_LEFT + step * (place + 0.5), 1), "y": up(count), "tall": round(COLUMN_HEIGHT - up(count), 1),
                "is_named": (len(bars) - 1 - place) % every == 0,
            }
            for place, (label, count) in enumerate(bars)
        ],
        "ticks": [{"y": up(tick), "label": f"{int(tick):,}"} for tick in ticks],
    }  # fmt: skip


@register.inclusion_tag("components/_lines.html")
def lines(title: str, series: Sequence[dict[str, Any]], x_label: str = "", y_label: str = "") -> dict[str, Any]:
    """Lines over a common axis: [{label, points: [(x, y)] or [(x, y, low, high)]}], x and y numbers; at most 4 series."""
    points = [point for one in series for point in one["points"]]
    if not points:
        return {"title": title, "series": []}
    x_ticks = round_ticks(min(p[0] for p in points), max(p[0] for p in points))
    y_ticks = round_ticks(min(min(p[1:]) for p in points), max(max(p[1:]) for p in points))
    across = scale(x_ticks[0], x_ticks[-1], LINE_LEFT, WIDTH - LINE_LEFT - RIGHT)
    up = scale(y_ticks[0], y_ticks[-1], LINE_HEIGHT, -(LINE_HEIGHT - TOP))
    return {
        "title": title, "x_label": x_label, "y_label": y_label, "width": WIDTH, "height": LINE_HEIGHT + 40,
        "left": LINE_LEFT, "right": WIDTH - RIGHT, "bottom": LINE_HEIGHT,
        "series": [drawn_line(one, number, across, up) for number, one in enumerate(series, start=1)],
        "x_ticks": [{"x": across(tick), "label": f"{tick:g}"} for tick in x_ticks],
        "y_ticks": [{"y": up(tick), "label": f"{tick:g}"} for tick in y_ticks],
    }  # fmt: skip


def drawn_line(one: dict[str, Any], number: int, across: Any, up: Any) -> dict[str, Any]:
    """A series with its path, and its interval's band where the points have one."""
    points = one["points"]
    path = "M" + " L".join(f"{across(p[0]):.1f} {up(p[1]):.1f}" for p in points)
    band = ""
    if points and len(points[0]) == 4:
        outline = [(p[0], p[3]) for p in points] + [(p[0], p[2]) for p in reversed(points)]
        band = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in outline)
    dots = [{"x": across(p[0]), "y": up(p[1])} for p in points] if len(points) == 1 else []
    return {**one, "number": number, "path": path, "band": band, "dots": dots}


def scale(low: float, high: float, start: float, length: float) -> Any:
    """A function from values to places in the drawing."""
    span = (high - low) or 1.0
    return lambda value: round(start + (value - low) / span * length, 1)


def round_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """About `about` round numbers that cover low to high."""
    span = (high - low) or abs(high) or 1.0
    power = (
        10.0 ** (len(f"{int(span)}") - 1) if span >= 1 else 10.0 ** -next(i for i in range(1, 16) if span * 10**i >= 1)
    )
    step = next(power * m for m in (0.1, 0.2, 0.5, 1, 2, 5, 10) if span / (power * m) <= about)
    first = low // step
    count = int(-(-(high - first * step) // step)) or 1
    return [round((first + i) * step, 12) for i in range(count + 1)]
