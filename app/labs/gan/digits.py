"""The digits of the GAN lab: a game on all of MNIST, walks between its codes, and how an
evaluator reads the samples.
"""

from __future__ import annotations

from typing import Any

from app.page.lab import Layout, Tab, show_tab
from app.page.run import Opened
from app.page.setup_form import setup_form
from engine.methods.gan.digits import GLANCE, GRID, SAMPLES, SURE, VALIDATION, GANDigits

MEASURES = [
    {
        "name": "classes",
        "label": f"{SAMPLES:,} samples",
        "title": f"What the included evaluation classifier sees in {SAMPLES:,} samples",
        "html": 'clear <output data-number="confident_share" data-form="share"></output>, '
        'rarest digit <output data-number="class_share_min" data-form="share"></output>',
        "bars": {"number": "counts", "labels": list("0123456789")},
    },
    {
        "name": "parzen",
        "label": "Parzen",
        "title": f"Parzen-window log-likelihood of the 10,000 test digits under {SAMPLES:,} samples. σ, the width of "
        f"the window, is chosen on {VALIDATION} training digits, which G has seen too: a poor σ can only lower the "
        "number. Minutes.",
        "html": '<output data-number="nats"></output> ± <output data-number="error"></output> nats, '
        'σ = <output data-number="sigma"></output> (paper: 225 ± 2)',
    },
]


def layout(how: str) -> dict[str, Any]:
    """The Stage. how: the path between anchors to begin with."""
    return {
        "grid": {"columns": 6, "cell": [1, 1], "narrow": 2},
        "panels": [
            {
                "name": "samples",
                "kind": "samples",
                "title": "Samples | nearest training digit",
                "span": [2, 2],
                "colour": "fake",
                "layer": "samples",
                "nearest": "nearest",
                "side": 28,
                "columns": GRID,
                "pick": True,
                "help": "Click samples to walk between them. The right-most column is the training digit nearest to "
                "the sample beside it, with the L2 distance between them: a G that had memorised "
                "training digits would show zeros.",
                "numbers": [
                    {
                        "metric": "confident_share",
                        "label": "clear",
                        "form": "share",
                        "title": f"samples a classifier is over {100 * SURE:g} % sure of, of {GLANCE}",
                    }
                ],
            },
            {
                "name": "walk",
                "kind": "latent_walk",
                "title": "Walk between codes",
                "help": "A path through the codes z from anchor to anchor; the slider goes along it",
                "span": [3, 1],
                "colour": "g",
                "samples": "samples",
                "now": "now",
                "how": how,
            },
            {
                "name": "now",
                "kind": "images",
                "title": "Selected sample",
                "columns": 1,
                "side": 28,
                "colour": "fake",
                "gap": 0,
                "help": "What G makes of the code at the slider of the walk, or at the pointer in the plane",
            },
            {
                "name": "plane",
                "kind": "latent_triangle",
                "title": "Plane of A, B, C",
                "side": 28,
                "now": "now",
                "colour": "g",
                "help": "a + u(b − a) + v(c − a): drag over it",
            },
            {
                "name": "measures",
                "kind": "measure",
                "title": "Measure (1 min)",
                "span": [2, 1],
                "colour": "ink",
                "measures": MEASURES,
            },
        ],
        "side": {"legend": [{"box": "fake", "label": "generated"}, {"box": "real", "label": "training digit"}]},
        "steps": [
            {"label": "D only", "title": "One step of D alone", "knobs": {"update": "d"}},
            {"label": "G only", "title": "One step of G alone", "knobs": {"update": "g"}},
        ],
    }


CHARTS = [
    {
        "title": "D's answers",
        "unit": "",
        "lines": [{"y": 0.5, "title": "guessing"}],
        "traces": [
            {"metric": "d_real", "title": "D(x), test digits", "colour": "real"},
            {"metric": "d_fake", "title": "D(Ḡ(z))", "colour": "fake"},
        ],
    },
    {
        "title": "Losses against Ḡ, without penalties",
        "unit": "",
        "traces": [
            {"metric": "loss_d", "title": "L_D", "colour": "d"},
            {"metric": "loss_g", "title": "L_G", "colour": "g"},
        ],
    },
    {
        "title": "V(D, Ḡ)",
        "unit": "",
        "lines": [{"y": -1.386294, "title": "−log 4"}],
        "traces": [{"metric": "value", "title": "V", "colour": "d"}],
    },
    {
        "title": f"What a classifier sees in {GLANCE} samples",
        "unit": "",
        "markers": True,
        "range": [0, 1],
        "lines": [{"y": 0.067, "title": "rarest of ten equal ones, on average"}],
        "traces": [
            {"metric": "confident_share", "title": "clear digits", "colour": "fake"},
            {"metric": "class_share_min", "title": "share of the rarest digit", "colour": "real"},
        ],
    },
]


def _layout(run: Opened) -> Layout:
    return layout("slerp" if run.setup.prior == "gaussian" and run.setup.z_dim >= 10 else "lerp")


TAB = Tab(
    "gan",
    "digits",
    GANDigits,
    _layout,
    CHARTS,
    default_start="digits-conv",
    sidebar=lambda run: setup_form(run, first="net", hidden=("judged",)),
)


def show() -> None:
    """The whole tab."""
    show_tab(TAB)
