"""What the axes of the line charts run over, in a real browser."""

import pytest


@pytest.fixture(scope="module")
def scales(web):
    named = "{ thinned, ends, spread, WHOLE }"
    return lambda expression: web.evaluate(f"(({named}) => {expression})(web['widgets/scales.js'])")


def _drawn(scales, n):
    return scales(f"(({{ x }}) => thinned({{ x, y: x }}).x)({{ x: [...Array({n}).keys()] }})")


@pytest.mark.parametrize("n", [3, 500, 501, 730, 1000, 1199])
def test_a_point_that_is_drawn_stays_while_the_series_grows(scales, n):
    before, after = _drawn(scales, n), _drawn(scales, n + 1)
    assert len(before) <= 501 and before[-1] == n - 1
    if len(after) > len(before) / 1.5:  # no new stride
        assert set(before[:-1]) <= set(after)


@pytest.mark.parametrize(
    "low, high, percent, wanted",
    [
        (100, 100, "true", (94, 101)),
        (0, 100, "true", (-2, 102)),
        (5.3, 5.3, "true", (5, 5.61)),
        (-3, 104, "true", (-20, 120)),
    ],
)
def test_percentages_do_not_seem_to_go_beyond_their_ends(scales, low, high, percent, wanted):
    bottom, top = scales(f"spread({low}, {high}, {percent})")
    assert wanted[0] <= bottom < low and high < top <= wanted[1]


def test_a_value_that_stays_has_an_axis_around_it(scales):
    bottom, top = scales("spread(0.04, 0.04, false)")
    assert 0.03 < bottom < 0.04 < top < 0.05
    assert scales("spread(0, 0, false)") == [-1, 1]


def test_the_ends_and_labels_of_an_axis_of_steps_are_whole(scales):
    assert scales("ends(5500, 5502)") == [5500, 5502]
    assert scales("ends(34000, 34013)") == [34000, 34014]
    assert all(float(step).is_integer() for step in scales("WHOLE"))
