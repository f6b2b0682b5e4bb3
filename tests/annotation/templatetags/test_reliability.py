"""The reliability diagram: points in their places, and every figure in the table. Lines over places in an order."""

from django.template.loader import render_to_string

from annotation.templatetags.charts import lines, reliability

POINTS = [
    {"said": 0.25, "came": {"value": 0.25, "low": 0.1, "high": 0.5, "n": 20}},
    {"said": 0.75, "came": {"value": 0.5, "low": 0.3, "high": 0.7, "n": 20}},
]


def test_what_is_said_and_came_alike_lies_on_the_diagonal():
    drawn = reliability("Judge", POINTS)

    on, below = drawn["points"]
    assert on["x"] - drawn["left"] == drawn["bottom"] - on["y"]
    assert below["x"] - drawn["left"] > drawn["bottom"] - below["y"]
    assert on["y2"] < on["y"] < on["y1"]


def test_every_point_stands_in_the_table_and_nothing_is_drawn_of_nothing():
    page = render_to_string("components/_reliability.html", reliability("Judge", POINTS))
    empty = render_to_string("components/_reliability.html", reliability("Judge", []))

    assert "<title>Judge</title>" in page and "2 points" in page and page.count("<circle") == 2
    assert '<th scope="row" class="number">0.75</th>' in page and "0.50 <small>[0.30, 0.70] n=20" in page
    assert "<svg" not in empty and "No points yet" in empty


def test_places_in_an_order_have_no_halves_between_them():
    drawn = lines("Rates", [{"label": "judge", "points": [(1, 0.5), (2, 0.6), (3, 0.7)]}])

    assert [tick["label"] for tick in drawn["x_ticks"]] == ["1", "2", "3"]
