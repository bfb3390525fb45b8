"""The evaluator of digits: one shipped classifier that reads an image as a digit, for all measures.

`python -m engine.metrics.digit_evaluator` trains it: a LeNet-like network on all 60,000 training
images, a little shifted.
"""

from __future__ import annotations

import functools
import sys

import safetensors.torch
import torch
from torch import Tensor, nn

from engine.core.assets import ASSETS
from engine.core.parallel import set_threads
from engine.core.streams import stream
from engine.data import mnist

FILE = ASSETS / "judge.safetensors"


class DigitEvaluator(nn.Module):
    """Two convolutions and two dense layers: logits (N, 10) of images (N, 784) in [0, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 32, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 48, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(48 * 49, 160),
            nn.ReLU(),
            nn.Linear(160, 10),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x.reshape(-1, 1, mnist.SIDE, mnist.SIDE))

    @torch.no_grad()
    def probabilities(self, x: Tensor) -> Tensor:
        """p(digit | image), (N, 10), for images (N, 784) in [0, 1]."""
        return torch.cat([self(part).softmax(-1) for part in x.split(1000)])


@functools.cache
def digit_evaluator() -> DigitEvaluator:
    """The shipped evaluator, loaded once."""
    network = DigitEvaluator()
    network.load_state_dict({k: v.float() for k, v in safetensors.torch.load_file(FILE).items()})
    return network.eval().requires_grad_(False)


def train(epochs: int = 8, seed: int = 0) -> DigitEvaluator:
    """An evaluator trained from scratch, in batches of 100.

    Adam, its rate falling in equal steps from 2e-3 to 0; each batch is shifted by up to a pixel
    along either side.
    """
    g = stream(seed, "judge")
    network, x, y = DigitEvaluator(), mnist.images("train"), mnist.labels("train")
    with torch.no_grad():
        for p in network.parameters():
            fan_in = p[0].numel() if p.dim() > 1 else 0
            p.copy_(torch.randn(p.shape, generator=g) * (2 / fan_in) ** 0.5) if fan_in else p.zero_()
    total, done = epochs * (len(x) // 100), 0
    optimiser = torch.optim.Adam(network.parameters(), 2e-3)
    for _ in range(epochs):
        for batch in torch.randperm(len(x), generator=g)[: len(x) // 100 * 100].split(100):
            across, down = torch.randint(-1, 2, (2,), generator=g).tolist()
            image = (x[batch].float() / 255).reshape(-1, mnist.SIDE, mnist.SIDE).roll((down, across), (1, 2))
            loss = nn.functional.cross_entropy(network(image), y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            done += 1
            optimiser.param_groups[0]["lr"] = 2e-3 * (1 - done / total)
        print(f"epoch {done * 100 // len(x)}: loss {loss.item():.4f}", file=sys.stderr)
    return network.eval()


def report(network: DigitEvaluator) -> str:
    """Error and confidence on the 10,000 test images, in per cent."""
    p, y = network.probabilities(mnist.images("test")[:] / 255), mnist.labels("test")
    error = 100 * (p.argmax(-1) != y).double().mean()
    sure = 100 * (p.amax(-1) > 0.9).double().mean()
    return f"test error {error:.2f} %, confidence above 0.9 on {sure:.2f} %"


if __name__ == "__main__":
    set_threads(1)
    trained = train()
    safetensors.torch.save_file({k: v.half() for k, v in trained.state_dict().items()}, FILE)
    print(report(digit_evaluator()))
