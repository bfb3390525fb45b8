"""The digits of the training lab: a standard and an adversarially trained network on MNIST, side by
side.
"""

from __future__ import annotations

from typing import Any

from app.labs.training.robustness import DIGITS, robustness_panel
from app.page.lab import Tab, show_tab
from engine.methods.training.digits import FEW, PGD_SHARE, PGD_STEPS, PROBE, TrainingDigits

TITLES = {"standard": "Standard", "robust": "Robust"}
FILTER_SIDE = {"cnn": [3, 3]}


def _row(name: str, index: int, architecture: str) -> list[dict[str, Any]]:
    title = TITLES[name]
    common = {"colour": name, "index": index}
    return [
        {
            "name": f"adversarial-{name}",
            "kind": "predictions",
            "title": title,
            "layer": "adversarial",
            "answers": "answers",
            "labels": "probe",
            "side": 28,
            "columns": 4,
            **common,
            "help": "Sixteen test digits under FGSM of radius ε against this network, each with the network's answer; "
            "red where that is wrong",
            "numbers": [
                {
                    "metric": f"fgsm_error.{name}",
                    "label": "FGSM",
                    "form": "percent",
                    "name": "error",
                    "title": f"error on {PROBE} test digits under FGSM",
                }
            ],
        },
        {
            "name": f"gradients-{name}",
            "kind": "images",
            "title": "Input gradients",
            "layer": "gradients",
            "side": 28,
            "columns": 4,
            "table": "signed",
            **common,
            "help": "∇ₓL at the same digits: which way each pixel would raise the loss. Each is scaled by its largest "
            "entry.",
        },
        {
            "name": f"filters-{name}",
            "kind": "images",
            "title": "First-layer weights",
            "layer": "filters",
            "side": FILTER_SIDE.get(architecture, 28),
            "columns": 5,
            "table": "signed",
            **common,
            "help": "What the first units look for: noise where training is standard, strokes where it is robust. Each "
            "is scaled by its largest entry.",
        },
        {
            "name": f"confusion-{name}",
            "kind": "confusion",
            "title": "True ↓ answer (FGSM) →",
            "layer": "confusion",
            **common,
            "help": "Rows: the true digit. Columns: the network's answer under FGSM of radius ε. Shares of "
            f"{PROBE} test digits.",
        },
    ]


def layout(architecture: str) -> dict[str, Any]:
    """The Stage: a row a network."""
    tiles = [
        {
            "metric": f"{metric}.robust",
            "label": label,
            "form": "percent",
            "title": title,
            "beside": {"metric": f"{metric}.standard", "label": "standard"},
        }
        for metric, label, title in (
            ("clean_error", "clean", f"error on {PROBE} test digits"),
            ("fgsm_error", "FGSM", "error on them under FGSM of radius ε"),
            (
                "pgd_error",
                "PGD",
                f"error under PGD, {PGD_STEPS} steps of ε/{1 / PGD_SHARE:g} from the digit or from a random place of "
                f"the ball, on the same {PROBE} digits (convolutional networks: on {FEW} of them)",
            ),
        )
    ]
    return {
        "grid": {"columns": 5, "cell": [1, 1], "narrow": 2},
        "panels": [
            *_row("standard", 0, architecture),
            {
                "name": "tiles",
                "kind": "tiles",
                "title": "Robust",
                "compact": "column",
                "colour": "robust",
                "tiles": tiles,
            },
            *_row("robust", 1, architecture),
        ],
        "side": {
            "legend": [
                {"box": "standard", "label": "standard"},
                {"box": "robust", "label": "robust"},
                {"box": "#d69600", "label": "weight, gradient +"},
                {"box": "#2668ba", "label": "−"},
                {"box": "broken", "label": "wrong answer"},
            ]
        },
    }


CHARTS = [
    {
        "title": title,
        "unit": " %",
        "markers": metric != "clean_error",
        "traces": [{"metric": f"{metric}.{name}", "title": TITLES[name], "colour": name} for name in TITLES],
    }
    for title, metric in (
        ("Clean error", "clean_error"),
        ("Error under FGSM", "fgsm_error"),
        ("Error under PGD", "pgd_error"),
    )
]


TAB = Tab(
    "training",
    "digits",
    TrainingDigits,
    lambda run: layout(run.setup.architecture),
    CHARTS,
    default_start="digits-madry",
)


def show() -> None:
    """The whole tab."""
    show_tab(TAB, below=lambda run: robustness_panel(run, TITLES, DIGITS))
