"""Numbers in the texts of pages that name a constant of the code say what the code does.

Where a text stands in Python it is made from the constant itself; here are the Markdown files, and
what is easier to measure than to name.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch

from app.labs.arae.digits_stage import PROBES
from app.labs.gan.plane_stage import DRAWS_APART
from app.page import words
from engine.core.registry import methods
from engine.data import density, mnist, plane
from engine.methods.aae import plane_view as aae
from engine.methods.aae import style_view, supervised
from engine.methods.arae import digits as arae_digits
from engine.methods.arae import quality
from engine.methods.attacks import linear_explanation
from engine.methods.attacks.digits import DigitKnobs
from engine.methods.gan import digits as gan_digits
from engine.methods.training import classifier_recipes, ensemble, plane_view
from engine.methods.training import digits as training_digits
from engine.methods.training.plane import TrainingSetup
from engine.methods.vat.vat import VATSetup
from engine.metrics.digit_evaluator import digit_evaluator
from engine.metrics.distances import sliced_w2
from engine.nn.digit_classifiers import NETS

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
PGD_STEPS = sorted(r.steps for name, r in classifier_recipes.RECIPES.items() if name.endswith("-robust"))

# File below app/labs, and a sentence of it with the constants filled in.
NAMED = [
    ("training/digits_explanation.md", f"Live errors are of {training_digits.PROBE} test digits"),
    ("training/digits_explanation.md", f"of convolutional networks, {training_digits.FEW} under PGD"),
    ("training/digits_explanation.md", f"with a step of {ensemble.FAST_STEP:g} ε"),
    ("training/plane_explanation.md", f"a step of {ensemble.FAST_STEP:g} ε, projected"),
    ("training/plane_explanation.md", "by ±0.3; the horizontal one is wide and wrong for one point in ten"),
    ("training/plane_presets.toml", "Twelve points, which"),
    ("gan/plane_explanation.md", f"{density.COLUMNS} × {density.ROWS} cells"),
    ("gan/digits_explanation.md", f"on each of {gan_digits.SAMPLES:,} samples"),
    ("gan/digits_explanation.md", f"it is over {100 * gan_digits.SURE:g} % sure of"),
    ("aae/aae_explanation.md", f"Live numbers of the fit are of {aae.HELD_OUT} test images, losses of {aae.FEW}"),
    ("aae/style_explanation.md", f"each of {supervised.SAMPLES:,} samples"),
    ("aae/few_explanation.md", f"the first {style_view.HELD_OUT} test images"),
    ("arae/measures.md", f"under an n-gram model of {quality.SAMPLES:,} samples, {NUMBERS[quality.SETS]} times over"),
    (
        "attacks/digits_explanation.md",
        f"at every batch {NUMBERS[PGD_STEPS[0]]} to {NUMBERS[PGD_STEPS[-1]]} steps of PGD",
    ),
    ("attacks/digits_headline.md", f"adversarial examples of ε = {NETS['cnn-robust'][1]}"),
    (
        "attacks/digits_presets.toml",
        f"{'Forty' if DigitKnobs().steps == 40 else '?'} steps of {DigitKnobs().step_size / 255:g}.",
    ),
    ("attacks/why_explanation.md", f"In {mnist.PIXELS} dimensions"),
    ("attacks/why_explanation.md", f"a photograph's {3 * 224 * 224:,}"),
    ("attacks/why_explanation.md", f"The slider goes to {linear_explanation.MOST:,}"),
    ("vat/presets.toml", f"With the default {VATSetup().train} points"),
]


@pytest.mark.parametrize(("file", "sentence"), NAMED)
def test_a_sentence_has_the_constant_of_the_code(file, sentence):
    assert sentence in " ".join((words.LABS / file).read_text(encoding="utf-8").split())


def field(method: str, name: str) -> str:
    found = methods()[method]
    return {**found.Setup.declarations(), **found.Knobs.declarations()}[name].help


def pieces(part: Any) -> list[str]:
    """All texts in a layout."""
    if isinstance(part, str):
        return [part]
    values = part.values() if isinstance(part, dict) else part if isinstance(part, (list, tuple)) else ()
    return [text for value in values for text in pieces(value)]


def test_help_of_the_training_lab_counts_the_points_that_are_attacked():
    help = field("training", "test")
    assert "at most, drawn by class" in help and "400 of them" in help and "takes 200" in help
    assert (plane_view.ATTACKED, plane_view.REPORTED) == (400, 200)
    labels = torch.arange(TrainingSetup().test * 2) % 2
    some = plane_view.some_of_each_class(labels, plane_view.ATTACKED)
    assert len(some) == 400 and labels[some].sum() == 200
    # Every tenth point of "Thin margin" is of a special kind; the first ones would not do.
    assert not some.equal(torch.arange(400))


def test_the_thin_set_is_as_its_text_says():
    z, y = plane.sample("thin", (500, 500), 0.0, torch.Generator().manual_seed(0))
    side = 2.0 * y - 1
    assert torch.allclose(z[:, 1], 0.3 * side.to(z.dtype))
    assert ((z[:, 0] * side < 0).double().mean() - 0.1).abs() < 1e-9


@pytest.mark.parametrize("name", ["two", "ring8"])
def test_two_draws_of_one_distribution_differ_as_the_chart_says(name):
    """Sliced W₂ of 1000 points each, the largest over 20 pairs, on the data sets that have most."""
    shape, apart = density.SHAPES[name][1](), []
    for s in range(20):
        first, second, third = (torch.Generator().manual_seed(s + part) for part in (0, 100, 200))
        apart.append(sliced_w2(shape.sample(1000, first), shape.sample(1000, second), third, 64))
    assert DRAWS_APART - 0.01 <= max(map(float, apart)) <= DRAWS_APART + 0.01


def test_the_judge_is_as_good_as_the_gan_lab_says():
    """On every fifth test digit; report of engine/metrics/digit_evaluator.py takes them all."""
    p = digit_evaluator().probabilities(mnist.images("test")[::5] / 255)
    error = 100 * (p.argmax(-1) != mnist.labels("test")[::5]).double().mean()
    assert error == pytest.approx(0.61, abs=0.3) and 100 * (p.amax(-1) > 0.9).double().mean() > 98.4
    text = " ".join((words.LABS / "gan" / "digits_explanation.md").read_text(encoding="utf-8").split())
    assert "a classifier with 0.6 % error" in text and "over 90 % sure of 98.9 %" in text


def test_a_blank_image_has_as_many_pixels_right_as_the_arae_lab_says():
    x, _ = mnist.mixed_test()
    blank = 100 * (arae_digits.binary(x[:500]) == 0).double().mean()
    assert any(f"{blank:.0f} % of its pixels right" in text for text in pieces(PROBES)), blank
