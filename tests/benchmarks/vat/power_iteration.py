"""How near to the best direction I_p power iterations come where there are more than two classes.

`python -m tests.benchmarks.vat.power_iteration`

To second order KL(p(·|x) ‖ p(·|x + r)) = ½ rᵀHr with H = Jᵀ(diag(p) − ppᵀ)J, J being the Jacobian
of the K logits (Miyato et al. 2015, arXiv 1507.00677, §2.2). Its rank is at most K − 1, so with two
classes one iteration from any start gives the only direction there is. Here with K = 10, at test
digits, in float64, before training and on the digit classifiers that ship: the mean |cosine| to H's
first eigenvector, and the mean share of the largest divergence ½ λ₁ that is reached.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from engine.attacks.perturbations import virtual_adversarial_direction
from engine.core.streams import stream
from engine.data import mnist
from engine.nn import digit_classifiers

NEW = ("linear", "dnn2", "dnn4")  # architectures with new weights
SHIPPED = ("linear", "dnn2", "dnn4", "dnn2-robust", "dnn4-robust")
DIGITS = 500
ITERATIONS = (0, 1, 2, 3, 5, 8)
XI = 1e-3


def best(net: nn.Module, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """H = AᵀA of each x (N, D), as A (N, K, D), its first eigenvector (N, D) and value (N,)."""
    jacobian = torch.func.vmap(torch.func.jacrev(lambda one: net(one[None])[0]))(x)
    p = net(x).softmax(-1)
    # diag(p) − ppᵀ = BᵀB with B = diag(√p) − √p pᵀ.
    root = p.sqrt()
    a = (torch.diag_embed(root) - root[:, :, None] * p[:, None, :]) @ jacobian
    _, values, vectors = torch.linalg.svd(a, full_matrices=False)
    return a, vectors[:, 0], values[:, 0] ** 2


def found(net: nn.Module, x: Tensor, d: Tensor, iterations: int) -> Tensor:
    """The direction (N, D) after so many iterations from d, as VAT takes it."""
    p = net(x).softmax(-1)

    def gradient(at: Tensor) -> Tensor:
        at = at.detach().requires_grad_()
        return torch.autograd.grad(-(p * net(at).log_softmax(-1)).sum(), at)[0]

    return virtual_adversarial_direction(gradient, x, d, XI, iterations)


def new(architecture: str) -> nn.Module:
    """A net with new weights, W ~ N(0, 1/fan_in) and b = 0 as in the VAT lab."""
    net = digit_classifiers.build(architecture)
    g = stream(0, "weights")
    with torch.no_grad():
        for layer in net:
            if isinstance(layer, nn.Linear):
                layer.weight.normal_(0, layer.in_features**-0.5, generator=g)
                layer.bias.zero_()
    return net.requires_grad_(False)


def main() -> None:
    rows = torch.linspace(0, 9999, DIGITS).long()
    x = mnist.images("test")[rows].double() / 255
    print("mean |cosine| to the best direction; in brackets the share of the largest divergence")
    nets = {f"{name}, new": new(name) for name in NEW} | {name: digit_classifiers.load(name) for name in SHIPPED}
    for name, net in nets.items():
        net = copy.deepcopy(net).double()
        a, direction, value = best(net, x)
        d = torch.randn(x.shape, generator=stream(0, "directions"), dtype=x.dtype)
        cells = []
        for iterations in ITERATIONS:
            r = found(net, x, d, iterations)
            cosine = (r * direction).sum(-1).abs()
            share = (a @ r[:, :, None]).square().sum((1, 2)) / value
            cells.append(f"I_p = {iterations}: {cosine.mean():.2f} ({share.mean():.2f})")
        print(f"{name:14} {', '.join(cells)}", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
