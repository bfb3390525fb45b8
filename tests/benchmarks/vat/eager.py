"""The seven methods written the plain way: one network, one loop, ordinary PyTorch.

The batched step is measured against it.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPSILON = {"random": 1.8, "adv_linf": 0.06, "adv_l2": 0.4, "vat": 0.4}
XI, L2, DROPOUT = 1e-3, 1e-4, 0.4


def network(dimension: int = 100, hidden: int = 100) -> nn.Sequential:
    """One network of the lab, drawn with its own generator."""
    net = nn.Sequential(nn.Linear(dimension, hidden), nn.ReLU(), nn.Linear(hidden, 2))
    g = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for layer in (net[0], net[2]):
            layer.weight.normal_(0, layer.in_features**-0.5, generator=g)
            layer.bias.zero_()
    return net


def trainer(kind: str, net: nn.Module, x: Tensor, y: Tensor) -> Callable[[], None]:
    """A function that does one training step of `kind`."""
    decay = 2 * L2 if kind == "l2" else 0.0
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=decay)
    g = torch.Generator().manual_seed(1)

    def kl(p: Tensor, logits: Tensor) -> Tensor:
        return F.kl_div(logits.log_softmax(1), p, reduction="batchmean")

    def direction() -> Tensor:
        return F.normalize(torch.randn(x.shape, generator=g), dim=1)

    def gradient(loss: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
        at = at.requires_grad_()
        return torch.autograd.grad(loss(net(at)), at)[0]

    def step() -> None:
        inputs = x
        if kind == "dropout":
            inputs = x * (torch.rand(x.shape, generator=g) >= DROPOUT) / (1 - DROPOUT)
        logits = net(inputs)
        loss = F.cross_entropy(logits, y)
        if kind.startswith("adv"):
            grad = gradient(lambda out: F.cross_entropy(out, y), x.clone())
            r = grad.sign() if kind == "adv_linf" else F.normalize(grad, dim=1)
            loss = (loss + F.cross_entropy(net(x + EPSILON[kind] * r), y)) / 2
        if kind in ("random", "vat"):
            p, d = logits.detach().softmax(1), direction()
            if kind == "vat":
                d = F.normalize(gradient(lambda out: kl(p, out), x + XI * d), dim=1)
            loss = loss + kl(p, net(x + EPSILON[kind] * d))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return step
