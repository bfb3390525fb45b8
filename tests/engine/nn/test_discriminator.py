"""The discriminator of codes: labels beside the code, gradient penalty."""

import pytest
import torch
import torch.nn.functional as F

from engine.nn.discriminator import Discriminator
from tests.draws import generator


def test_being_told_is_a_one_hot_beside_z():
    """A bias picked by the label equals a dense layer on z ⊕ one-hot."""
    net = Discriminator(2, 16, 11, generator())
    z, labels = torch.randn(9, 2, generator=generator(1)), torch.arange(9)
    joined = torch.cat([z, F.one_hot(labels, 11).float()], 1)
    first = net.body[0]
    h = F.linear(joined, torch.cat([first.weight, net.told.T], 1), first.bias)
    assert torch.allclose(net(z, labels), net.body[1:](h).squeeze(-1), atol=1e-6)


def test_the_penalty_is_the_squared_slope():
    net = Discriminator(2, 16, 0, generator()).double()
    real, fake = torch.randn(2, 5, 2, generator=generator(1), dtype=torch.float64)
    plain, weighed = net.loss(real, fake, 0.0)[0], net.loss(real, fake, 2.0)[0]
    step, z = 1e-6, torch.cat([real, fake])
    slopes = torch.stack(
        [(net(z + step * e) - net(z - step * e)) / (2 * step) for e in torch.eye(2, dtype=torch.float64)], 1
    )
    assert (weighed - plain).item() == pytest.approx(2 * slopes.square().sum(1).mean().item(), rel=1e-5)
