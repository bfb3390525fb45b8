"""The attack bench's Stages, the charts below them, and what can be measured."""

from __future__ import annotations

from typing import Any

from engine.data import mnist
from engine.methods.attacks.digits import DigitsSetup
from engine.nn.digit_classifiers import BENCH
from engine.nn.imagenet.class_names import names

TOP = 5
NETS = {"linear": "Linear", "dnn2": "DNN-2", "dnn4": "DNN-4", "cnn": "CNN"}
TITLES = NETS | {f"{name}-robust": f"{title} robust" for name, title in NETS.items()}
EXAMPLES = 40  # test digits of each class that the buttons go through

PHOTO_LAYOUT: dict[str, Any] = {
    "view": [1, 1],
    "grid": {"columns": 4, "cell": [2.25, 1], "narrow": 2},
    "rests": True,
    "ends": True,
    "names": list(names()),
    "panels": [
        {
            "name": "original",
            "kind": "photo",
            "title": "Original",
            "layer": "original",
            "scene": True,
            "span": [1, 2],
            "colour": "clean",
            "prediction": {"row": 0, "column": 1},
        },
        {
            "name": "delta",
            "kind": "photo",
            "title": "Perturbation",
            "layer": "delta",
            "magnify": "linf",
            "span": [1, 2],
            "colour": "optimal",
        },
        {
            "name": "adversarial",
            "kind": "photo",
            "title": "Adversarial",
            "layer": "adversarial",
            "span": [1, 2],
            "colour": "adversarial",
            "prediction": {"row": TOP, "column": 2},
        },
        {
            "name": "noise",
            "kind": "photo",
            "title": "Random noise",
            "layer": "noise",
            "noise": True,
            "span": [1, 2],
            "colour": "random",
            "help": "Noise of the same size in the same norm, in a random direction: ± the largest change in L∞",
        },
        {
            "name": "before",
            "kind": "bars",
            "title": "Top 5 before",
            "least": 122,
            "layer": "bars",
            "from": 0,
            "count": TOP,
            "column": 1,
            "other": 2,
            "target": "target",
            "colour": "clean",
            "help": "Probabilities of the original; the tick is what the adversarial image has",
        },
        {
            "name": "sizes",
            "kind": "tiles",
            "title": "How much",
            "least": 122,
            "compact": True,
            "colour": "optimal",
            "tiles": [
                {
                    "metric": "linf",
                    "label": "L∞",
                    "form": "levels",
                    "title": "largest change of a value, in grey levels",
                },
                {"metric": "l2", "label": "L2", "title": "root of the sum of squares, pixels going from 0 to 1"},
                {
                    "metric": "l0",
                    "label": "L0 pixels",
                    "form": "whole",
                    "title": "pixels changed in any channel, of 50,176",
                },
                {"metric": "ssim", "label": "SSIM", "title": "structural similarity to the original; 1 is the same"},
                {
                    "metric": "success",
                    "label": "fools it",
                    "form": "yes",
                    "title": "whether the answer has changed, or is the target",
                },
                {
                    "metric": "survives_8bit",
                    "label": "in 8 bits",
                    "form": "yes",
                    "title": "whether it still does after rounding to an eight-bit file",
                },
            ],
        },
        {
            "name": "after",
            "kind": "bars",
            "title": "Top 5 after",
            "least": 122,
            "layer": "bars",
            "from": TOP,
            "count": TOP,
            "column": 2,
            "other": 1,
            "target": "target",
            "colour": "adversarial",
            "help": "Probabilities of the adversarial image; the tick is what the original has",
        },
    ],
    "side": {
        "legend": [
            {"box": "clean", "label": "● first answer"},
            {"box": "adversarial", "label": "◎ target, or new answer"},
        ],
        "shows": [{"name": "pixels", "label": "show pixels", "on": False, "title": "Squares instead of smoothing"}],
        "views": [{"name": "two", "label": "pair, large", "panels": ["original", "adversarial"], "columns": 2}],
    },
}

PHOTO_CHARTS = [
    {
        "title": "Probability",
        "unit": "",
        "range": [-0.02, 1.02],
        "traces": [
            {"metric": "p.label", "title": "first answer", "colour": "clean"},
            {"metric": "p.target", "title": "target", "colour": "adversarial"},
            {"metric": "p.top", "title": "likeliest class", "colour": "ink", "dash": "dot"},
        ],
    },
    {
        "title": "The loss that gradient attacks raise",
        "unit": " nats",
        "traces": [{"metric": "objective", "title": "objective", "colour": "adversarial"}],
    },
    {
        "title": "Size of the perturbation",
        "unit": "",
        "zero": True,
        "traces": [{"metric": "l2", "title": "L2", "colour": "l2"}],
    },
]

TRANSFER = {
    "title": "Does it fool another model?",
    "measure": "transfer",
    "kind": "transfer",
    "button": "Measure transfer",
    "more": {"label": "and", "hint": "resnet50, …"},
    "description": "This run's adversarial image, random noise as large, and one image made against each model under the same "
    "knobs, shown to every model. "
    "✗ is fooled. Two models ship; others need a network.",
}
SLICE = {
    "title": "The loss around this photograph",
    "measure": "slice",
    "kind": "slice",
    "button": "Measure the slice",
    "description": "The loss of the first answer along the direction the gradient gives and along a random one of the same "
    "size, and over the plane of both.",
}


def digit(model: str) -> dict[str, Any]:
    """The panel of one digit classifier."""
    return {
        "name": model,
        "kind": "digit",
        "title": TITLES[model],
        "index": BENCH.index(model),
        "colour": "random" if model.endswith("robust") else "optimal",
        "numbers": [
            {"metric": f"l2.{model}", "label": "L2", "title": "length of its perturbation, pixels going from 0 to 1"}
        ],
    }


def examples() -> dict[str, list[int]]:
    """Numbers of the first test digits of each class."""
    labels = mnist.labels("test")
    return {str(k): (labels == k).nonzero()[:EXAMPLES, 0].tolist() for k in range(10)}


def label_of(setup: DigitsSetup) -> int | None:
    """What the digit is, where that is known."""
    if setup.drawn:
        return int(setup.label) if setup.label else None
    return int(mnist.labels("test")[setup.digit])


def digit_layout(setup: DigitsSetup) -> dict[str, Any]:
    """Eight classifiers beside the digit: plain above, robust below."""
    plain, robust = ([digit(m) for m in BENCH if m.endswith("robust") is want] for want in (False, True))
    weights = [
        {
            "name": name,
            "kind": "images",
            "title": title,
            "layer": layer,
            "scene": True,
            "table": "classes",
            "columns": 5,
            "gap": 1,
            "aside": True,
            "span": [2, 1],
            "help": "Of each digit 0 to 9: where ink speaks for it (gold) and against it (blue)",
        }
        for name, title, layer in (
            ("weights", "Weights of the linear model", "weights"),
            ("weights_robust", "Weights, robust", "weights_robust"),
        )
    ]
    deltas = [
        {
            "name": f"delta_{m}",
            "kind": "images",
            "title": f"δ on {TITLES[m]}",
            "layer": "delta",
            "index": BENCH.index(m),
            "table": "classes",
            "columns": 1,
            "gap": 0,
            "aside": True,
        }
        for m in ("linear", "linear-robust")
    ]
    return {
        "view": [1, 1],
        "grid": {"columns": 5, "cell": [1, 1], "narrow": 2},
        "rests": True,
        "ends": True,
        "label": label_of(setup),
        "panels": [
            {"name": "digit", "kind": "chooser", "title": "Digit", "examples": examples(), "colour": "clean"},
            *plain,
            weights[0],
            deltas[0],
            weights[1],
            deltas[1],
            *robust,
        ],
        "side": {
            "before": robust[0]["name"],
            "legend": [
                {"box": "clean", "label": "right ✓"},
                {"box": "adversarial", "label": "wrong ✗"},
                {"line": "ink", "label": "before"},
            ],
            "shows": [
                {
                    "name": "delta",
                    "label": "show δ",
                    "on": False,
                    "title": "The perturbation instead of the image: gold adds ink, blue takes it away",
                }
            ],
            "views": [
                {"name": "cnn", "label": "CNN alone, large", "panels": ["digit", "cnn", "cnn-robust"], "columns": 3},
                {
                    "name": "weights",
                    "label": "linear weights",
                    "panels": ["weights", "delta_linear", "weights_robust", "delta_linear-robust"],
                    "columns": 3,
                },
            ],
        },
    }


CURVES = {
    "title": "How far does each model hold?",
    "measure": "curves",
    "kind": "curves",
    "button": "Measure the curves",
    "description": "Accuracy against ε over test digits, FGSM dotted and PGD drawn through. The norm and the number of steps "
    "are those of the knobs above.",
}

WHY_LAYOUT: dict[str, Any] = {
    "view": [1, 1],
    "grid": {"columns": 4, "cell": [1.3, 1], "narrow": 1},
    "rests": True,
    "ends": True,
    "key": ":why",
    "only": ["epsilon"],
    "panels": [
        {
            "name": "linear",
            "kind": "linear",
            "title": "A linear unit: a little everywhere is a lot",
            "epsilon": "epsilon",
            "span": [2, 2],
            "colour": "adversarial",
        },
        {
            "name": "slice",
            "kind": "loss_line",
            "title": "The loss along a line",
            "model": "cnn",
            "models": TITLES,
            "span": [2, 1],
            "colour": "adversarial",
            "help": "From the digit shown, both ways along the sign of its gradient and along a random ±1 direction",
        },
        digit("linear"),
    ],
    "side": {
        "legend": [{"box": "adversarial", "label": "along sign(w), sign ∇ₓL"}, {"box": "random", "label": "random ±ε"}],
        "shows": [{"name": "delta", "label": "show δ", "on": False, "title": "The perturbation instead of the image"}],
    },
}

SURFACE = {
    "title": "The loss over a plane",
    "measure": "surface",
    "kind": "slice",
    "button": "Measure the plane",
    "description": "The CNN's loss around this digit: a wall along the gradient's sign, hardly a slope along a random "
    "direction. And the two lines through the middle.",
}
