"""The attack bench's Stages, the charts below them, and what can be measured."""

from __future__ import annotations

from typing import Any

from app.page.stage_parts import Piece, chart, number, panel, toggle, trace, view
from engine.data import mnist
from engine.methods.attacks.digits import DigitsSetup
from engine.nn.digit_classifiers import BENCH
from engine.nn.imagenet.class_names import names

TOP = 5
NETS = {"linear": "Linear", "dnn2": "DNN-2", "dnn4": "DNN-4", "cnn": "CNN"}
TITLES = NETS | {f"{name}-robust": f"{title} robust" for name, title in NETS.items()}
EXAMPLES = 40  # test digits of each class that the buttons go through


def photo(name: str, title: str, colour: str, **fields: Any) -> Piece:
    """A panel with one of the pictures of a photograph under attack: the layer `name`."""
    return panel(name, "photo", title, layer=name, span=[1, 2], colour=colour, **fields)


def top_classes(name: str, title: str, colour: str, row: int, column: int, tick: int, **fields: Any) -> Piece:
    """A panel with the likeliest classes as bars.

    The layer `bars` holds TOP rows of the original, then TOP of the adversarial image: a class, its
    probability for the original (column 1) and for the adversarial image (column 2). row: where the
    bars begin. column: what they show. tick: the column that a tick shows beside them.
    """
    return panel(
        name,
        "bars",
        title,
        least=122,
        layer="bars",
        count=TOP,
        column=column,
        other=tick,
        target="target",
        colour=colour,
        **{"from": row},
        **fields,
    )


SIZES = [
    number("linf", "L∞", "levels", "largest change of a value, in grey levels"),
    number("l2", "L2", title="root of the sum of squares, pixels going from 0 to 1"),
    number("l0", "L0 pixels", "whole", "pixels changed in any channel, of 50,176"),
    number("ssim", "SSIM", title="structural similarity to the original; 1 is the same"),
    number("success", "fools it", "yes", "whether the answer has changed, or is the target"),
    number("survives_8bit", "in 8 bits", "yes", "whether it still does after rounding to an eight-bit file"),
]
PHOTO_LAYOUT: Piece = {
    "view": [1, 1],
    "grid": {"columns": 4, "cell": [2.25, 1], "narrow": 2},
    "rests": True,
    "ends": True,
    "names": list(names()),
    "panels": [
        photo(
            "original",
            "Original",
            "clean",
            scene=True,
            prediction={"row": 0, "column": 1},
            help="The photograph as the network sees it, with its first answer and the probability of that",
        ),
        photo(
            "delta",
            "Perturbation",
            "optimal",
            magnify="linf",
            help="δ, m times as large as it is; grey is no change. L∞ is the largest change of a value, in grey levels",
        ),
        photo(
            "adversarial",
            "Adversarial",
            "adversarial",
            prediction={"row": TOP, "column": 2},
            help="The photograph with δ added, with the answer on it and the probability of that",
        ),
        photo(
            "noise",
            "Random noise",
            "random",
            noise=True,
            help="Noise of the same size in the same norm, in a random direction: ± the largest change in L∞",
        ),
        top_classes(
            "before",
            "Top 5 before",
            "clean",
            row=0,
            column=1,
            tick=2,
            help="Probabilities of the original; the tick is what the adversarial image has",
        ),
        panel("sizes", "tiles", "How much", least=122, compact=True, colour="optimal", tiles=SIZES),
        top_classes(
            "after",
            "Top 5 after",
            "adversarial",
            row=TOP,
            column=2,
            tick=1,
            help="Probabilities of the adversarial image; the tick is what the original has",
        ),
    ],
    "side": {
        "legend": [
            {"box": "clean", "label": "● first answer"},
            {"box": "adversarial", "label": "◎ target, or new answer"},
        ],
        "shows": [toggle("pixels", "show pixels", title="Squares instead of smoothing")],
        "views": [view("two", "pair, large", ["original", "adversarial"], columns=2)],
    },
}

PHOTO_CHARTS = [
    chart(
        "Probability",
        "",
        trace("p.label", "first answer", "clean"),
        trace("p.target", "target", "adversarial"),
        trace("p.top", "likeliest class", "ink", dash="dot"),
        range=[-0.02, 1.02],
    ),
    chart("The loss that gradient attacks raise", " nats", trace("objective", "objective", "adversarial")),
    chart("Size of the perturbation", "", trace("l2", "L2", "l2"), zero=True),
]

# What the boxes below a Stage measure, for app/page/components.py `measurement`. Their titles and
# descriptions are the sections of boxes.md that are named after the measurements.
TRANSFER = {
    "measure": "transfer",
    "kind": "transfer",
    "button": "Measure transfer",
    "more": {"label": "and", "hint": "resnet50, …"},
}
SLICE = {
    "measure": "slice",
    "kind": "slice",
    "button": "Measure the slice",
}
CURVES = {
    "measure": "curves",
    "kind": "curves",
    "button": "Measure the curves",
}
SURFACE = {
    "measure": "surface",
    "kind": "slice",
    "button": "Measure the plane",
}


def digit(model: str) -> Piece:
    """The panel of one digit classifier. model: a name of TITLES."""
    return panel(
        model,
        "digit",
        TITLES[model],
        index=BENCH.index(model),
        colour="random" if model.endswith("robust") else "optimal",
        numbers=[number(f"l2.{model}", "L2", title="length of its perturbation, pixels going from 0 to 1")],
    )


def examples() -> dict[str, list[int]]:
    """Digit → numbers of the first test digits of that class."""
    labels = mnist.labels("test")
    return {str(k): (labels == k).nonzero()[:EXAMPLES, 0].tolist() for k in range(10)}


def label_of(setup: DigitsSetup) -> int | None:
    """What the digit is, where that is known."""
    if setup.drawn:
        return int(setup.label) if setup.label else None
    return int(mnist.labels("test")[setup.digit])


def _weights(name: str, title: str) -> Piece:
    """The weights of a linear model, an image for each digit: the layer `name`."""
    return panel(
        name,
        "images",
        title,
        layer=name,
        scene=True,
        table="classes",
        columns=5,
        gap=1,
        aside=True,
        span=[2, 1],
        help="Of each digit 0 to 9: where ink speaks for it (gold) and against it (blue)",
    )


def _delta(model: str) -> Piece:
    """The perturbation of one model's input, beside that model's weights."""
    return panel(
        f"delta_{model}",
        "images",
        f"δ on {TITLES[model]}",
        layer="delta",
        index=BENCH.index(model),
        table="classes",
        columns=1,
        gap=0,
        aside=True,
        help="The perturbation of this model's input: gold adds ink, blue takes it away",
    )


def digit_layout(setup: DigitsSetup) -> Piece:
    """The Stage with eight classifiers beside the digit: plain above, robust below."""
    plain = [digit(model) for model in BENCH if not model.endswith("robust")]
    robust = [digit(model) for model in BENCH if model.endswith("robust")]
    linear = [
        _weights("weights", "Weights of the linear model"),
        _delta("linear"),
        _weights("weights_robust", "Weights, robust"),
        _delta("linear-robust"),
    ]
    delta_help = "The perturbation instead of the image: gold adds ink, blue takes it away"
    return {
        "view": [1, 1],
        "grid": {"columns": 5, "cell": [1, 1], "narrow": 2},
        "rests": True,
        "ends": True,
        "label": label_of(setup),
        "panels": [
            panel(
                "digit",
                "chooser",
                "Digit",
                examples=examples(),
                colour="clean",
                help="The digit that is attacked: draw one and press “attack it”, or press a number for a test digit",
            ),
            *plain,
            *linear,
            *robust,
        ],
        "side": {
            "before": robust[0]["name"],
            "legend": [
                {"box": "clean", "label": "right ✓"},
                {"box": "adversarial", "label": "wrong ✗"},
                {"line": "ink", "label": "before"},
            ],
            "shows": [toggle("delta", "show δ", title=delta_help)],
            "views": [
                view("cnn", "CNN alone, large", ["digit", "cnn", "cnn-robust"], columns=3),
                view("weights", "linear weights", [one["name"] for one in linear], columns=3),
            ],
        },
    }


WHY_LAYOUT: Piece = {
    "view": [1, 1],
    "grid": {"columns": 4, "cell": [1.3, 1], "narrow": 1},
    "rests": True,
    "ends": True,
    "key": ":why",
    "only": ["epsilon"],
    "panels": [
        panel(
            "linear",
            "linear",
            "A linear unit: a little everywhere is a lot",
            epsilon="epsilon",
            span=[2, 2],
            colour="adversarial",
            help="How far w·δ moves where every value of x moves by ε along sign(w), against the number n of values",
        ),
        panel(
            "slice",
            "loss_line",
            "The loss along a line",
            model="cnn",
            models=TITLES,
            span=[2, 1],
            colour="adversarial",
            help="From the digit shown, both ways along the sign of its gradient and along a random ±1 direction",
        ),
        digit("linear"),
    ],
    "side": {
        "legend": [{"box": "adversarial", "label": "along sign(w), sign ∇ₓL"}, {"box": "random", "label": "random ±ε"}],
        "shows": [toggle("delta", "show δ", title="The perturbation instead of the image")],
    },
}
