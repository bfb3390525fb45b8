"""The VAT lab's Stage: a panel for each method, the sidebar, and the charts below."""

from __future__ import annotations

from app.page.stage_parts import (
    CLASS_LEGEND,
    POINT_TOOLS,
    Piece,
    chart,
    layer,
    no_points,
    number,
    panel,
    toggle,
    trace,
    view,
)
from engine.data.plane import VIEW
from engine.methods.vat.ensemble import ADVERSARIAL, KINDS, SMOOTHED

ORDER = ("mle", "l2", "dropout", "random", "adv_linf", "adv_l2", "vat")
TITLES = ("MLE", "L2", "Dropout", "Random", "Adv. L∞", "Adv. L2", "VAT")
MOVED = ADVERSARIAL + SMOOTHED  # methods with a perturbation, in the order of the layer `arrows`
LDS = "mean local distributional smoothness at the training points: 0 is smooth, negative is rough"
EPSILON_LOCK = {
    "name": "epsilon",
    "label": "lock all ε",
    "prefix": "epsilon_",
    "title": "Turning one ε turns all four by the same factor; their balls differ in shape, so equal ε would "
    "not be equal strength",
}


def _numbers(kind: str) -> list[Piece]:
    """The numbers beside a method's title.

    Where there are no test points the training error stands for the test error.
    """
    train = number(f"train_error.{kind}", "train")
    test = number(f"test_error.{kind}", "test", "percent", "share of wrong answers", name="error")
    return [
        {**test, "or": train},
        {**train, "form": "percent", "name": "train", "title": "training error"},
        number(f"lds_train.{kind}", "LDS", "signed", LDS, name="lds"),
    ]


def _perturbations(kind: str) -> Piece:
    """The perturbation r at each training point, with the ball of radius ε that it may reach.

    Three names meet here: the method sends the layer `arrows` (engine/methods/vat/vat.py), the
    function `perturbations` of app/web/draw/layers.js draws it, and the visitor turns it on as
    "perturbations r", the toggle `arrows` of LAYOUT, which is `show_arrows` in a link.
    """
    return layer(
        "perturbations",
        "arrows",
        show="arrows",
        index=MOVED.index(kind),
        colour=kind,
        norm="linf" if kind == "adv_linf" else "l2",
        radius=f"epsilon_{kind}",
    )


def _panel(kind: str, title: str) -> Piece:
    layers = [
        layer("field", "field", index=KINDS.index(kind)),
        *([_perturbations(kind)] if kind in MOVED else []),
        layer("specks", "unlabelled", scene=True),
        layer("tests", "test", scene=True, show="test"),
        {"draw": "points", "scene": True},
    ]
    return panel(kind, "plane", title, numbers=_numbers(kind), layers=layers)


LAYOUT: Piece = {
    "view": VIEW,
    "grid": {"columns": 4, "cell": VIEW},
    "panels": [_panel(kind, title) for kind, title in zip(ORDER, TITLES)],
    "placing": {"most": 500},
    "empty": no_points(),
    "side": {
        "legend": CLASS_LEGEND,
        "shows": [toggle("test", "test points"), toggle("arrows", "perturbations r")],
        "views": [view("focus", "VAT beside MLE", ["mle", "vat"], columns=2)],
        "locks": [EPSILON_LOCK],
        "tools": POINT_TOOLS,
    },
}


def _chart(title: str, unit: str, metric: str, markers: bool = True) -> Piece:
    """A chart of one metric with a line for each method."""
    lines = (trace(f"{metric}.{kind}", name, kind) for kind, name in zip(ORDER, TITLES))
    return chart(title, unit, *lines, markers=markers)


CHARTS = [
    _chart("Test error", " %", "test_error", markers=False),
    _chart("Mean LDS, training points", " nats", "lds_train"),
    _chart("Mean LDS, test points", " nats", "lds_test"),
]
