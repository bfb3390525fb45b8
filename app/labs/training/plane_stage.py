"""The adversarial training lab's Stage: a panel a network, the loss over one ball, its side, and
the charts below.
"""

from __future__ import annotations

from typing import Any

from engine.data.plane import VIEW
from engine.methods.training.ensemble import KINDS

ORDER = ("standard", "smoothing", "random", "fgsm", "pgd", "vat")
TITLES = ("Standard", "Smoothing", "Noise", "FGSM", "PGD", "VAT")
SECOND = ("random", "fgsm", "vat")  # the members of the layer `own`


def _panel(kind: str, title: str) -> dict[str, Any]:
    at = KINDS.index(kind)
    own = (
        [{"draw": "arrows", "layer": "own", "show": "own", "index": SECOND.index(kind), "colour": kind, "width": 1.4}]
        if kind in SECOND
        else []
    )
    return {
        "name": kind,
        "kind": "attack_plane",
        "title": title,
        "radius": "epsilon",
        "numbers": [
            {
                "metric": f"clean_error.{kind}",
                "label": "clean",
                "form": "percent",
                "title": "share of wrong answers on fresh points",
                "or": {"metric": f"train_error.{kind}", "label": "train"},
            },
            {
                "metric": f"fgsm_error.{kind}",
                "label": "FGSM",
                "form": "percent",
                "name": "train",
                "title": "errors under FGSM of radius ε",
            },
            {
                "metric": f"pgd_error.{kind}",
                "label": "PGD",
                "form": "percent",
                "name": "error",
                "title": "errors under PGD, 20 steps of ε/8, in the ball of radius ε",
            },
        ],
        "layers": [
            {"draw": "field", "layer": "field", "index": at},
            {"draw": "balls", "layer": "paths", "show": "balls", "index": at, "radius": "epsilon"},
            {"draw": "breaks", "layer": "broken", "show": "broken", "index": at},
            {"draw": "escapes", "layer": "paths", "show": "paths", "index": at},
            *own,
            {"draw": "tests", "layer": "test", "scene": True, "show": "test"},
            {"draw": "points", "scene": True, "radius": 4.6},
        ],
    }


LAYOUT: dict[str, Any] = {
    "view": VIEW,
    "grid": {"columns": 4, "cell": VIEW},
    "panels": [
        *(_panel(kind, title) for kind, title in zip(ORDER, TITLES)),
        {
            "name": "surface",
            "kind": "loss_surface",
            "title": "Loss in a ball",
            "member": "fgsm",
            "title_of": dict(zip(ORDER, TITLES)),
            "help": "The loss over the ball of one point: click a point in a panel. Dots: the steps of PGD. Thick line: "
            "beyond it the answer is wrong.",
        },
    ],
    "placing": {"most": 400},
    "empty": {
        "tool": "add0",
        "description": "No points yet. Click in a panel to add some of class 0, pick Add ▲ for class 1, or upload a CSV in the "
        "sidebar. Then press play.",
    },
    "side": {
        "legend": [
            {"mark": 0, "label": "class 0"},
            {"mark": 1, "label": "class 1"},
            {"line": "ink", "label": "p = .5"},
            {"dot": "broken", "label": "can be broken"},
        ],
        "shows": [
            {"name": "balls", "label": "balls", "on": True},
            {
                "name": "paths",
                "label": "PGD paths",
                "on": False,
                "title": "From each point, K steps of the present step size; a square where they end",
            },
            {"name": "broken", "label": "broken", "on": True, "title": "A place on PGD's path is answered wrongly"},
            {
                "name": "own",
                "label": "own steps",
                "on": False,
                "title": "What random noise, FGSM and VAT are trained against",
            },
            {"name": "test", "label": "test points", "on": False},
        ],
        "views": [
            {"name": "focus", "label": "standard, PGD", "panels": ["standard", "pgd"], "columns": 2},
            {"name": "steps", "label": "FGSM, PGD", "panels": ["fgsm", "pgd"], "columns": 2},
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
        "markers": group != "clean_error",
        "traces": [{"metric": f"{group}.{kind}", "title": name, "colour": kind} for kind, name in zip(ORDER, TITLES)],
    }
    for title, unit, group in (
        ("Clean error", " %", "clean_error"),
        ("Error under FGSM", " %", "fgsm_error"),
        ("Error under PGD", " %", "pgd_error"),
        ("Mean margin", " plane units", "margin"),
    )
]
