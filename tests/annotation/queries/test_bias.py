"""What the verdicts of a bias report are called on its pages."""

import pytest

from annotation.queries import bias

NOTHING = {"value": 0.0, "low": 0.0, "high": 0.0, "n": 218}


@pytest.mark.parametrize(
    "first_stage, said", [(4.63, "F = 4.6, 20 wanted"), (35.0, "Too few items"), (None, "Too few items")]
)
def test_an_underpowered_feature_says_what_it_lacks(first_stage, said):
    assert said in bias.swayed("underpowered", first_stage)


def test_a_judge_that_cannot_see_the_order_is_not_praised_for_ignoring_it():
    found = bias.position({"verdict": "no_material_bias", "material": False, "shift_pp": NOTHING})

    assert found is not None and (found["label"], found["tone"]) == ("no shift", "")
