"""A step of PGD over many networks."""

import pytest
import torch

from engine.attacks.batched_pgd import pgd_step
from engine.attacks.norms import NORMS


def test_a_step_of_ascent_in_l2_has_the_length_asked_for():
    g = torch.tensor([[[3.0, 4.0]]])
    assert pgd_step(NORMS["l2"], torch.zeros(1, 1, 2), g, 0.5, 1.0)[0, 0].tolist() == pytest.approx([0.3, 0.4])
    assert pgd_step(NORMS["l2"], torch.zeros(1, 1, 2), g, 5.0, 1.0)[0, 0].tolist() == pytest.approx([0.6, 0.8])
