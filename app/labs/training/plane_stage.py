"""The plane of the training lab: a panel for each network, the loss over one ball, the charts."""

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
from engine.methods.training.ensemble import KINDS
from engine.methods.training.plane_view import ATTACKED, PGD_SHARE, PGD_STEPS

ORDER = ("standard", "smoothing", "random", "fgsm", "pgd", "vat")
TITLES = ("Standard", "Smoothing", "Noise", "FGSM", "PGD", "VAT")
OWN = ("random", "fgsm", "vat")  # the members of the layer `own`
SURFACE_HELP = (
    "The loss over the ball of one point: click a point in a panel. Dots: the steps of PGD. Thick line: "
    "beyond it the answer is wrong."
)


def _numbers(kind: str) -> list[Piece]:
    """The errors beside a network's title.

    Where there are no new points the training error stands for the clean one.
    """
    clean = number(f"clean_error.{kind}", "clean", "percent", "share of wrong answers on new points")
    # PGD starts from the point itself.
    of = f"on at most {ATTACKED} of the test points"
    pgd_title = f"errors under PGD, {PGD_STEPS} steps of ε/{1 / PGD_SHARE:g}, in the ball of radius ε, {of}"
    return [
        {**clean, "or": number(f"train_error.{kind}", "train")},
        number(f"fgsm_error.{kind}", "FGSM", "percent", f"errors under FGSM of radius ε, {of}", name="train"),
        number(f"pgd_error.{kind}", "PGD", "percent", pgd_title, name="error"),
    ]


def _own_steps(kind: str) -> list[Piece]:
    """The perturbations that a network is trained against, where PGD's path does not show them."""
    if kind not in OWN:
        return []
    return [layer("arrows", "own", show="own", index=OWN.index(kind), colour=kind, width=1.4)]


def _panel(kind: str, title: str) -> Piece:
    at = KINDS.index(kind)
    layers = [
        layer("field", "field", index=at),
        layer("balls", "paths", show="balls", index=at, radius="epsilon"),
        layer("breaks", "broken", show="broken", index=at),
        layer("escapes", "paths", show="paths", index=at),
        *_own_steps(kind),
        layer("tests", "test", scene=True, show="test"),
        {"draw": "points", "scene": True, "radius": 4.6},
    ]
    return panel(kind, "attack_plane", title, radius="epsilon", numbers=_numbers(kind), layers=layers)


LAYOUT: Piece = {
    "view": VIEW,
    "grid": {"columns": 4, "cell": VIEW},
    "panels": [
        *(_panel(kind, title) for kind, title in zip(ORDER, TITLES)),
        panel(
            "surface",
            "loss_surface",
            "Loss in a ball",
            member="fgsm",
            title_of=dict(zip(ORDER, TITLES)),
            help=SURFACE_HELP,
        ),
    ],
    "placing": {"most": 400},
    "empty": no_points("Then press play."),
    "side": {
        "legend": [*CLASS_LEGEND, {"dot": "broken", "label": "answer can change"}],
        "shows": [
            toggle("balls", "balls", True),
            toggle(
                "paths", "PGD paths", title="From each point, K steps of the present step size; a square where they end"
            ),
            toggle("broken", "answer changes", True, "Red: at some place on PGD's path the answer is wrong"),
            toggle("own", "own steps", title="What random noise, FGSM and VAT are trained against"),
            toggle("test", "test points"),
        ],
        "views": [
            view("focus", "standard, PGD", ["standard", "pgd"], columns=2),
            view("steps", "FGSM, PGD", ["fgsm", "pgd"], columns=2),
        ],
        "tools": POINT_TOOLS,
    },
}


def _chart(title: str, unit: str, metric: str, markers: bool = True) -> Piece:
    """A chart of one metric with a line for each network."""
    lines = (trace(f"{metric}.{kind}", name, kind) for kind, name in zip(ORDER, TITLES))
    return chart(title, unit, *lines, markers=markers)


CHARTS = [
    _chart("Clean error", " %", "clean_error", markers=False),
    _chart("Error under FGSM", " %", "fgsm_error"),
    _chart("Error under PGD", " %", "pgd_error"),
    _chart("Mean margin", " plane units", "margin"),
]
