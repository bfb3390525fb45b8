"""Networks on a leading axis: gradients in closed form, members that never mix, folding."""

import torch

from engine.nn.batched_mlp import cross_entropy_gradient, folded, forward
from engine.nn.losses import cross_entropy
from tests.engine.nn.networks import network
from tests.gradients import autograd_gradient

D64 = torch.float64


def test_closed_form_input_gradient_is_autograds():
    net, g = network()
    x = torch.randn(3, 6, 20, dtype=D64, generator=g)
    target = torch.rand(3, 6, 4, dtype=D64, generator=g).softmax(-1)
    by_hand = cross_entropy_gradient(net.layers(), x, target)
    oracle = autograd_gradient(lambda at: cross_entropy(target, net(at)).sum(), x)
    assert torch.allclose(by_hand, oracle, atol=1e-13)
    assert net.weights[0].grad is None


def test_members_never_mix():
    net, g = network()
    x = torch.randn(3, 6, 20, dtype=D64, generator=g)
    for m in range(3):
        alone = forward([(w[m : m + 1], b[m : m + 1]) for w, b in net.layers()], x[m : m + 1])
        assert torch.allclose(net(x)[m : m + 1], alone, atol=1e-14)
    net(x)[1].sum().backward()
    assert net.weights[0].grad[0].abs().max() == 0 == net.weights[0].grad[2].abs().max()


def test_a_folded_network_is_the_network_on_embedded_points():
    net, g = network(2, (30, 10, 2))
    basis = torch.linalg.qr(torch.randn(30, 2, dtype=D64, generator=g))[0].T
    z = torch.randn(2, 9, 2, dtype=D64, generator=g)
    assert torch.allclose(forward(folded(net.layers(), basis), z), net(z @ basis), atol=1e-13)
