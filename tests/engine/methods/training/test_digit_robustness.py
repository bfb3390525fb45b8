"""Signs of masked gradients in the report on digits."""

from engine.methods.training.digit_robustness import ATTACKS, warnings


def test_signs_of_masking_are_named():
    radii = [0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.5]
    honest = {name: [1, 5, 10, 20, 40, 60, 100] for name in ATTACKS}
    assert warnings(radii, honest, 200) == []
    assert any("never do worse" in w for w in warnings(radii, {**honest, "noise": [1, 5, 10, 40, 40, 60, 100]}, 200))
    assert any("do not lead there" in w for w in warnings(radii, {**honest, "long": [1, 5, 10, 20, 40, 60, 80]}, 200))
    beside = {**honest, "long": [1, 5, 10, 27, 40, 60, 100]}
    assert any("from a random place" in w for w in warnings(radii, beside, 200)) and not warnings(radii, beside, 20), (
        "one point of twenty is no sign"
    )
