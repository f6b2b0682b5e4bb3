"""Columns: heights in proportion, whole ticks, and every figure in the table."""

import pytest
from django.template.loader import render_to_string

from annotation.templatetags.charts import columns
from annotation.templatetags.flywheel import duration


def test_columns_are_as_high_as_their_counts_and_stand_on_the_ground():
    drawn = columns("Answers", [("Mon", 0), ("Tue", 10), ("Wed", 20)])

    none, half, full = drawn["bars"]
    assert (none["tall"], full["tall"]) == (0, pytest.approx(2 * half["tall"], abs=0.2))
    assert full["y"] + full["tall"] == drawn["bottom"]
    assert drawn["ticks"][0]["label"] == "0"


def test_every_count_stands_in_the_table_and_nothing_is_drawn_of_nothing():
    page = render_to_string("components/_columns.html", columns("Answers", [("Mon", 0), ("Tue", 7)]))

    assert "<title>Answers</title>" in page and "7 answers in 2 columns" in page
    assert page.count("<rect") == 1 and '<td class="number">7</td>' in page


def test_no_columns_at_all_are_an_empty_chart():
    assert columns("Answers", [])["bars"] == []


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "–"), (0.42, "0.4 s"), (42, "42 s"), (90, "1.5 min"), (7200, "2.0 h"), (200_000, "2.3 d")],
)
def test_lengths_of_time_have_the_unit_that_suits_them(seconds, said):
    assert duration(seconds) == said
