"""The VAT lab's Stage: a panel a method, its side, and the charts below."""

from __future__ import annotations

from typing import Any

from engine.data.plane import VIEW
from engine.methods.vat.ensemble import ADVERSARIAL, KINDS, SMOOTHED

ORDER = ("mle", "l2", "dropout", "random", "adv_linf", "adv_l2", "vat")
TITLES = ("MLE", "L2", "Dropout", "Random", "Adv. L∞", "Adv. L2", "VAT")
MOVED = ADVERSARIAL + SMOOTHED
LDS = "mean local distributional smoothness at the training points: 0 is smooth, negative is rough"


def _panel(kind: str, title: str) -> dict[str, Any]:
    perturbation = (
        [
            {
                "draw": "perturbations",
                "layer": "arrows",
                "show": "arrows",
                "index": MOVED.index(kind),
                "colour": kind,
                "norm": "linf" if kind == "adv_linf" else "l2",
                "radius": f"epsilon_{kind}",
            }
        ]
        if kind in MOVED
        else []
    )
    return {
        "name": kind,
        "kind": "plane",
        "title": title,
        "numbers": [
            {
                "metric": f"test_error.{kind}",
                "label": "test",
                "form": "percent",
                "name": "error",
                "title": "share of wrong answers",
                "or": {"metric": f"train_error.{kind}", "label": "train"},
            },
            {
                "metric": f"train_error.{kind}",
                "label": "train",
                "form": "percent",
                "name": "train",
                "title": "training error",
            },
            {"metric": f"lds_train.{kind}", "label": "LDS", "form": "signed", "name": "lds", "title": LDS},
        ],
        "layers": [
            {"draw": "field", "layer": "field", "index": KINDS.index(kind)},
            *perturbation,
            {"draw": "specks", "layer": "unlabelled", "scene": True},
            {"draw": "tests", "layer": "test", "scene": True, "show": "test"},
            {"draw": "points", "scene": True},
        ],
    }


LAYOUT: dict[str, Any] = {
    "view": VIEW,
    "grid": {"columns": 4, "cell": VIEW},
    "panels": [_panel(kind, title) for kind, title in zip(ORDER, TITLES)],
    "placing": {"most": 500},
    "empty": {
        "tool": "add0",
        "description": "No points yet. Click in a panel to add some of class 0, pick Add ▲ for class 1, or upload a CSV in the "
        "sidebar.",
    },
    "side": {
        "legend": [
            {"mark": 0, "label": "class 0"},
            {"mark": 1, "label": "class 1"},
            {"line": "ink", "label": "p = .5"},
        ],
        "shows": [
            {"name": "test", "label": "test points", "on": False},
            {"name": "arrows", "label": "perturbations r", "on": False},
        ],
        "views": [{"name": "focus", "label": "VAT beside MLE", "panels": ["mle", "vat"], "columns": 2}],
        "locks": [
            {
                "name": "epsilon",
                "label": "lock all ε",
                "prefix": "epsilon_",
                "title": "Turning one ε turns all four by the same factor; their balls differ in shape, so equal ε would "
                "not be equal strength",
            }
        ],
        "tools": [
            ["add0", "Add ●", "Click a panel to add a point of class 0"],
            ["add1", "Add ▲", "Click a panel to add a point of class 1"],
            ["move", "Move", "Drag a point to move it"],
            ["erase", "Erase", "Click or drag over points to erase them"],
            ["restore", "Restore points", "Back to the data set's own"],
        ],
    },
}

CHARTS = [
    {
        "title": title,
        "unit": unit,
        "markers": group.startswith("lds"),
        "traces": [{"metric": f"{group}.{kind}", "title": name, "colour": kind} for kind, name in zip(ORDER, TITLES)],
    }
    for title, unit, group in (
        ("Test error", " %", "test_error"),
        ("Mean LDS, training points", " nats", "lds_train"),
        ("Mean LDS, test points", " nats", "lds_test"),
    )
]
