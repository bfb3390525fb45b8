"""What an autoencoder with a style z and a digit y looks like: style grids, questions on styles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.core.declare import InvalidValue, brief, offer
from engine.core.diverged import drawable, finite
from engine.core.frame import Answer
from engine.data import mnist
from engine.data.hand_drawn import drawn
from engine.data.priors import CLASSES, Prior
from engine.methods.aae.plane_view import CODES, FAR, held_out_index, vector
from engine.metrics.digit_evaluator import digit_evaluator
from engine.nn.autoencoder import grey

ROWS = 8  # styles of the grid
HELD_OUT = 1000  # test images that live metrics are measured on


class StyleView:
    """Layers and questions of a method whose decoder takes a style z and a digit y.

    Expects the method's `setup.style` (dimension of z), `decode(z, y)` → logits, `style_of(x, y)` →
    z and `read(x)` → p(y|x).

    Layers: codes (500, 3): the first two style directions of test images, and their digit. style
    (80, 28, 28) uint8: eight fixed styles (rows), ten digits each, row by row. prior_density (64,
    64) uint8: N(0, I) over its maximum, on [−3.5, 3.5]².

    Questions: decode {z: [style numbers], y: digit} → image. row {row: 0 … 7 of the style grid, z:
    the first style numbers (any count up to all), which replace those of the row} → images (10, 28,
    28), one a digit; numbers z. look {index: 0 … 9999} of a test image, in the order of
    mnist.mixed_test → image, reconstruction, images (10, 28, 28) in its style; z, label, digit,
    probabilities. encode {pixels: 784 of 0 … 255, y: digit or none} → the same for a drawing; y
    replaces the digit that is read.
    """

    knows_label = False  # whether a test image's label may go into its reconstruction

    def _prepare_view(self) -> None:
        self.test_x, self.test_y = mnist.mixed_test()
        self.held_out = self.test_x[:HELD_OUT].float() / 255
        self.styles = torch.randn(ROWS, self.setup.style, generator=torch.Generator().manual_seed(0x577))

    def in_all_digits(self, z: Tensor) -> Tensor:
        """Logits (N·10, 784): each style (N, style) as every digit."""
        return self.decode(z.repeat_interleave(CLASSES, 0), torch.eye(CLASSES).repeat(len(z), 1))

    # -- layers ------------------------------------------------------------------------------------

    @torch.no_grad()
    def layers(self, knobs: Any, names: Any) -> dict[str, np.ndarray]:
        return {name: getattr(self, f"_layer_{name}")(knobs) for name in names}

    def _layer_codes(self, knobs: Any) -> np.ndarray:
        y = self.test_y[:CODES]
        z = self.style_of(self.held_out[:CODES], F.one_hot(y, CLASSES).float())[:, :2]
        return torch.cat([drawable(z).clamp(-FAR, FAR), y[:, None].float()], 1).numpy()

    def _layer_style(self, knobs: Any) -> np.ndarray:
        return grey(self.in_all_digits(self.styles)).numpy()

    def _layer_prior_density(self, knobs: Any) -> np.ndarray:
        return (Prior("gaussian").grid(64) * 255).round().to(torch.uint8).numpy()

    # -- questions ---------------------------------------------------------------------------------

    @torch.no_grad()
    def ask(self, knobs: Any, name: str, values: Mapping[str, Any]) -> Answer:
        if name not in self.questions:
            raise InvalidValue(f"{self.name} answers no question {brief(name)}: {offer(name, self.questions)}")
        return getattr(self, f"_answer_{name}")(values)

    def _answer_decode(self, values: Mapping[str, Any]) -> Answer:
        z, y = vector(values.get("z"), self.setup.style), _digit(values.get("y"))
        logits = self.decode(z[None], torch.eye(CLASSES)[y : y + 1])
        return Answer({"z": z.tolist(), "y": y}, {"image": grey(logits)[0].numpy()})

    def _answer_row(self, values: Mapping[str, Any]) -> Answer:
        row, given = values.get("row", 0), values.get("z", [])
        if isinstance(row, bool) or not isinstance(row, int) or not 0 <= row < ROWS:
            raise InvalidValue(f"row = {brief(row)} is not allowed: give a whole number from 0 to {ROWS - 1}")
        if not isinstance(given, (list, tuple)) or len(given) > self.setup.style:
            raise InvalidValue(f"z: give a list of at most {self.setup.style} numbers")
        z = self.styles[row].clone()
        z[: len(given)] = vector(given, len(given))
        return Answer({"row": row, "z": z.tolist()}, {"images": grey(self.in_all_digits(z[None])).numpy()})

    def _answer_look(self, values: Mapping[str, Any]) -> Answer:
        index = held_out_index(values.get("index"), len(self.test_x))
        label = self.test_y[index].item()
        answer = self._styled(self.test_x[index : index + 1].float() / 255, label if self.knows_label else None)
        return Answer({"index": index, "label": label, **answer.numbers}, answer.layers)

    def _answer_encode(self, values: Mapping[str, Any]) -> Answer:
        y = values.get("y")
        return self._styled(drawn(values.get("pixels"))[None], None if y is None else _digit(y))

    def _styled(self, x: Tensor, y: int | None) -> Answer:
        """Style, digit, reconstruction of one image (1, 784); y: its digit, None for that read."""
        p = self.read(x)[0]
        digit = p.argmax().item()
        used = torch.eye(CLASSES)[[digit if y is None else y]]
        z = self.style_of(x, used)
        return Answer(
            {"z": z[0].tolist(), "digit": digit, "probabilities": [round(v, 4) for v in p.tolist()]},
            {
                "image": grey(torch.logit(x, 1e-6))[0].numpy(),
                "reconstruction": grey(self.decode(z, used))[0].numpy(),
                "images": grey(self.in_all_digits(z)).numpy(),
            },
        )

    def controlled(self, n: int) -> float:
        """Per cent of n decoded (z ~ N(0, I), y) that the evaluator reads as y.

        NaN where one is not finite.
        """
        z = torch.randn(n, self.setup.style, generator=torch.Generator().manual_seed(0xD161))
        y = torch.arange(n) % CLASSES
        images = self.decode(z, F.one_hot(y, CLASSES).float())
        if not finite(images):
            return math.nan
        read = digit_evaluator().probabilities(images.sigmoid()).argmax(1)
        return 100 * (read == y).double().mean().item()


def _digit(value: Any) -> int:
    """`value` if it is a digit. Raises InvalidValue otherwise."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < CLASSES:
        raise InvalidValue(f"y = {brief(value)} is not allowed: give a digit from 0 to 9")
    return value
