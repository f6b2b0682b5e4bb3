"""Filters: figures with their intervals, JSON for reading, and untrusted markdown."""

from html import unescape
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from annotation.templatetags.charts import forest, round_ticks
from annotation.templatetags.flywheel import estimate, markdown, pretty, under
from annotation.templatetags.prose import MARKED, PARSER, paragraphs
from flywheel.records import Estimate


def test_an_estimate_is_written_with_its_interval_and_count() -> None:
    shown = '<span class="estimate">0.82 <small>[0.78, 0.86] n=1,200</small></span>'
    figures = {"value": 0.8199, "low": 0.781, "high": 0.859, "n": 1200}

    assert estimate(Estimate(**figures)) == shown
    assert estimate(figures) == shown
    assert estimate(None) == "–"
    assert "n=3" in estimate({"value": None, "low": None, "high": None, "n": 3})


@pytest.mark.parametrize(
    ("text", "kept", "gone"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;", "<script"),
        ("<img src=x onerror=alert(1)>", "&lt;img", "<img"),
        ("![eye](https://evil.example/i.png)", "[image: eye]", "evil.example"),
        ("[safe](https://evil.example)", '<span class="link-target">(https://evil.example)</span>', "href"),
        ("<https://plain.example>", '<span class="link">https://plain.example</span>', "(https"),
        ("[a](javascript:alert(1))", "[a](javascript:alert(1))", "<a"),
        ("**bold** `code`", "<strong>bold</strong> <code>code</code>", "**"),
        ("one\ntwo", "one<br>", "one two"),
        ('[x](https://e.example/"onmouseover=alert)', "e.example", '"onmouseover'),
        ('[x]: https://e.example "t"\n\n[x]', "e.example", "title="),
    ],
)
def test_markdown_of_strangers_is_shown_and_never_followed(text: str, kept: str, gone: str) -> None:
    html = markdown(text)

    assert kept in html and gone not in html


def test_an_image_that_came_along_is_shown() -> None:
    html = markdown("![a dot](data:image/png;base64,iVBORw0KGgo=)")

    assert '<img src="data:image/png;base64,iVBORw0KGgo=" alt="a dot">' in html
    assert "<img" not in markdown("![x](data:text/html;base64,PHA+)")
    assert "<img" not in markdown("![x](data:image/svg+xml;base64,PHN2Zz4=)")


@given(st.text("ab1 .,'!\n", max_size=30))
def test_text_without_markup_reads_as_if_it_had_been_parsed(text: str) -> None:
    parsed = unescape("".join(PARSER.render(text).replace("<br />", "<br>").split()))

    quick = unescape("".join(paragraphs(text).split())).replace("<p></p>", "")

    assert MARKED.search(text) or quick == parsed


def test_endless_text_is_not_parsed_as_markdown() -> None:
    assert "<pre>" in markdown("**a** " * 20_000)


def test_json_is_kept_on_a_line_while_it_is_short() -> None:
    assert pretty('{"b": 1}') == '{"b": 1}'
    assert pretty({"numbers": list(range(40))}).count("\n") > 40
    assert pretty("{not json") == "{not json"
    assert pretty("plain") == "plain"


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0.2, 0.31, [0.2, 0.25, 0.3, 0.35]), (-3, 120, [-50, 0, 50, 100, 150])],
)
def test_ticks_are_round_and_cover_the_values(low: float, high: float, ticks: list[float]) -> None:
    assert round_ticks(low, high) == ticks


@pytest.mark.parametrize(("low", "high"), [(0, 0), (5, 5), (-0.01, 0.003), (1e-9, 2e-9), (1e6, 3e7), (-7, -7)])
def test_ticks_cover_any_values(low: float, high: float) -> None:
    ticks = round_ticks(low, high)

    assert ticks[0] <= low and ticks[-1] >= high and 2 <= len(ticks) <= 12 and ticks == sorted(set(ticks))


def test_charts_carry_their_figures_as_a_table() -> None:
    rows = [
        {"label": "<judge>", "value": 0.1, "low": -0.05, "high": 0.25, "n": 40},
        {"label": "empty", "value": None, "low": None, "high": None, "n": 0},
    ]
    series = [
        {"label": "loss", "points": [(1, 0.9, 0.8, 1.0), (2, 0.5, 0.4, 0.6)]},
        {"label": "one", "points": [(1, 0.7)]},
    ]
    page = Template(
        '{% load charts %}{% forest "Side" rows %}{% lines "Loss" series x_label="step" y_label="loss" %}{% lines "None" none %}'
    )

    html = page.render(Context({"rows": rows, "series": series, "none": []}))

    assert "&lt;judge&gt;" in html and "[-0.05, 0.25] n=40" in html and "No points yet" in html
    assert html.count('role="img"') == 3 and " style=" not in html  # the forest plot in two shapes


def test_tables_head_their_rows_and_link_their_cells() -> None:
    page = Template('{% include "components/_table.html" with caption="Votes" columns=columns rows=rows %}')
    columns = [{"label": "Name"}, {"label": "n", "number": True}]

    html = page.render(Context({"columns": columns, "rows": [[{"text": "ana", "href": "/x/"}, 0], ["bo", None]]}))

    assert '<th scope="row"><a href="/x/">ana</a></th><td class="number">0</td>' in html and ">–</td>" in html
    with pytest.raises(ValueError):
        under([1], columns)


def test_components_render_with_what_their_comments_ask_for() -> None:
    page = Template(
        '{% include "components/_empty.html" with title="T" text="x" href="/h/" action="Go" %}'
        '{% include "components/_badge.html" with label="paused" tone="warn" %}'
        '{% include "components/_pagination.html" with newer="?after=9" older="?before=3" target="rows" %}'
        '{% include "components/_estimate.html" with value=value %}'
    )

    html = page.render(Context({"value": SimpleNamespace(value=0.5, low=0.4, high=0.6, n=9)}))

    assert 'href="/h/"' in html and 'class="badge warn"' in html and 'hx-target="#rows"' in html and "0.50" in html


def test_on_a_phone_a_forest_plot_has_its_labels_above_its_lines_and_nothing_outside() -> None:
    rows = [{"label": "a judge with quite a long name", "value": 0.1, "low": -0.05, "high": 0.25, "n": 40}]

    _, narrow = forest("Side", rows)["drawings"]

    [row] = narrow["rows"]
    assert narrow["shape"].width == 360 and row["text_y"] < row["y"] - 8
    assert row["label"] == rows[0]["label"]
    assert 0 <= row["x1"] < row["x"] < row["x2"] <= 360
