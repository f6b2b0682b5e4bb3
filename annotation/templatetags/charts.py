"""Server-rendered charts: {% load charts %}. Each comes with a title, a description and a table of its figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.text import Truncator

register = template.Library()

WIDTH, RIGHT, TOP = 720, 24, 12  # of a drawing, in its own units
LINE_HEIGHT, LINE_LEFT = 240, 48
COLUMN_HEIGHT = 140
SQUARE = 360


@dataclass(frozen=True, slots=True)
class Shape:
    """How a forest plot is laid out: beside its labels, or on a phone below each; the style sheet shows one of them."""

    name: str
    width: int
    left: int  # of the plot
    row: int
    label_up: int  # from the row's line to its label
    longest: int  # characters of a label


WIDE, NARROW = Shape("wide", WIDTH, 200, 28, 0, 28), Shape("narrow", 360, 14, 44, 16, 48)


@register.inclusion_tag("components/_forest.html")
def forest(title: str, rows: Sequence[dict[str, Any]], zero: float = 0.0, unit: str = "") -> dict[str, Any]:
    """Estimates with intervals, one a row: [{label, value, low, high, n, href?}]; `zero` = the line of no effect."""
    ends = [zero, *(row[end] for row in rows for end in ("low", "high") if row[end] is not None)]
    ticks = round_ticks(min(ends), max(ends))
    drawings = [drawing(rows, ticks, zero, shape) for shape in (WIDE, NARROW)]
    return {"title": title, "unit": unit, "rows": rows, "zero_value": zero, "drawings": drawings}


def drawing(rows: Sequence[dict[str, Any]], ticks: Sequence[float], zero: float, shape: Shape) -> dict[str, Any]:
    """The plot in one shape."""
    place = scale(ticks[0], ticks[-1], shape.left, shape.width - shape.left - RIGHT)
    height = TOP + shape.row * len(rows)
    return {
        "shape": shape, "rows": [drawn_row(row, number, place, shape) for number, row in enumerate(rows)],
        "zero": place(zero), "bottom": height, "height": height + 24,
        "ticks": [{"x": place(tick), "label": f"{tick:g}"} for tick in ticks],
    }  # fmt: skip


def drawn_row(row: dict[str, Any], number: int, place: Any, shape: Shape) -> dict[str, Any]:
    """The row with the places of its label, dot and whisker, the latter two only where there is an estimate."""
    y = TOP + shape.row * number + (shape.row + shape.label_up) / 2
    found = {"label": Truncator(row["label"]).chars(shape.longest), "y": y, "text_y": y + 4 - shape.label_up}
    if row["value"] is None:
        return found
    return {**found, "x": place(row["value"]), "x1": place(row["low"]), "x2": place(row["high"])}


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
    if all(isinstance(p[0], int) for p in points):  # places in an order have no halves
        x_ticks = [tick for tick in x_ticks if tick == int(tick)]
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


@register.inclusion_tag("components/_reliability.html")
def reliability(title: str, points: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Probabilities said against shares that came: [{said, came: {value, low, high, n}}], each from 0 to 1."""
    across = scale(0, 1, LINE_LEFT, SQUARE - LINE_LEFT - RIGHT)
    up = scale(0, 1, SQUARE - LINE_LEFT, -(SQUARE - LINE_LEFT - RIGHT))
    return {
        "title": title, "size": SQUARE, "left": across(0), "right": across(1), "bottom": up(0), "top": up(1),
        "points": [
            {
                **point, "x": across(point["said"]), "y": up(point["came"]["value"]),
                "y1": up(point["came"]["low"]), "y2": up(point["came"]["high"]),
            }
            for point in points
        ],
        "ticks": [{"x": across(tick), "y": up(tick), "label": f"{tick:g}"} for tick in (0, 0.25, 0.5, 0.75, 1)],
    }  # fmt: skip


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
