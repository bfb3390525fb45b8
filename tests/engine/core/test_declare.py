"""Declarations: validation, names, and what error messages say."""

import pytest

from engine.core.declare import InvalidValue
from engine.methods.vat.vat import VAT, VATKnobs, VATSetup


def test_errors_name_the_knob_and_its_range():
    with pytest.raises(InvalidValue, match=r"epsilon_vat = 5 .*0 to 4 input units"):
        VATKnobs(epsilon_vat=5)
    with pytest.raises(InvalidValue, match="did you mean epsilon_vat"):
        VATKnobs.of({"epsilon_vta": 1})
    with pytest.raises(InvalidValue, match="moons, circles"):
        VATSetup(dataset="mooons")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "abc", None, True, [], {}, "1e999"])
def test_no_value_that_is_not_a_number_gets_through(value):
    with pytest.raises(InvalidValue):
        VATKnobs(lam=value)
    with pytest.raises(InvalidValue):
        VATKnobs(power_iterations=value)


@pytest.mark.parametrize(
    "value", [1, [1], [[1, 2]], [[0, 0, 2]], [[99, 0, 1]], [[float("nan"), 0, 1]], [[0, 0, 1]] * 501, "ab", {"a": 1}]
)
def test_points_are_checked(value):
    with pytest.raises(InvalidValue):
        VATKnobs(points=value)


def test_a_log_knob_with_zero_takes_zero_and_its_range_only():
    assert VATKnobs(l2=0).l2 == 0
    with pytest.raises(InvalidValue, match="or 0"):
        VATKnobs(l2=1e-9)


def test_whole_numbers_come_as_int_and_fractions_are_refused():
    assert VATKnobs(power_iterations="3").power_iterations == 3
    with pytest.raises(InvalidValue, match="whole number"):
        VATKnobs(power_iterations=1.5)


def test_a_data_set_brings_its_usual_values_but_explicit_ones_win():
    circles = VAT.make_setup({"dataset": "circles"})
    assert circles.noise == 0.05 and VAT.make_knobs(circles).epsilon_vat == 0.3
    assert VAT.make_setup({"dataset": "circles", "noise": 0.2}).noise == 0.2
    assert VAT.make_knobs(circles, {"epsilon_vat": 1}).epsilon_vat == 1
