"""What `python -m tests.replay` calls the same, and what it calls different."""

import pytest
import torch

from tests.replay import differences


def side(values, step=20):
    """What a worker wrote of one case."""
    report = {"method": "m", "seed": 0, "step": step, "setup": {}, "knobs": {}, "metrics": {"js": 0.5}}
    tensors = {"weights": torch.tensor(values)}
    return {"code": 0, "error": "", "report": report, "snapshot": tensors, "layers": {}}


def test_the_same_bits_are_the_same_and_not_a_number_is_itself():
    assert differences(side([1.0, float("nan")]), side([1.0, float("nan")])) == []


@pytest.mark.parametrize(
    "now, line",
    [
        (side([1.0, -0.0]), "snapshot weights: other values"),
        (side([1.0, 1e-45]), "snapshot weights: other values"),
        (side([1.0]), "snapshot weights: another type or shape"),
        (side([1.0, 0.0], step=19), "step: 20, 19"),
        (side([1.0, 0.0]) | {"snapshot": {}}, "snapshot weights: only then"),
        (side([1.0, 0.0]) | {"code": "raised", "report": None, "error": "x"}, "code: 0 became 'raised'"),
    ],
)
def test_one_bit_is_a_difference(now, line):
    assert line in differences(side([1.0, 0.0]), now)
