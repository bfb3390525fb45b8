"""The Stages of the AAE lab where digit and style are apart: supervised, and with few labels."""

from __future__ import annotations

from typing import Any

from app.labs.aae.phases import SEMI_FLOW, SEMI_PHASES, STYLE_FLOW, STYLE_PHASES
from app.labs.aae.plane_stage import LAYOUT, PAD, PRIOR_ITSELF, RECONSTRUCTION, SHOWS, SQUARE, all_but, code_plane
from engine.methods.aae.semi_supervised import SemiAAE
from engine.methods.aae.style_view import ROWS
from engine.methods.aae.supervised import SupervisedAAE

STYLE_HELP = (
    "Each row is one z, each column the label that the decoder is told. Click a row to take its style into the hand"
)
PLAIN_SHOWS = [
    {**s, "on": s["name"] == "prior"} for s in SHOWS if s["name"] in ("names", "prior")
]  # names lie on one another where classes share a prior


def _styles(span: int, **more: Any) -> dict[str, Any]:
    return {
        "name": "style",
        "kind": "styles",
        "title": "Styles",
        "span": [span, span],
        "layer": "style",
        "rows": ROWS,
        "colour": "decoder",
        "help": STYLE_HELP,
        "asks": {"drawn.pad": "encode", "chosen": "look"},
        **more,
    }


def _directions(span: int) -> dict[str, Any]:
    plane = code_plane(
        "codes",
        "z₁ and z₂ of the style",
        span,
        drag=True,
        painted=False,
        yours="in hand",
        help="Drag: the first two directions of the style in the hand. Click a code: that test image's style",
    )
    # No D over two of many directions, and no pull.
    plane["layers"] = [
        layer for layer in plane["layers"] if layer["layer"] not in ("field", "arrows") and layer["draw"] != "levels"
    ]
    return plane


STYLE_FIT = [
    {"metric": "sliced_w2", "label": "sliced W₂", "form": "signed", "title": "Of the styles of test images to N(0, I)"},
    {
        "metric": "controlled",
        "label": "as asked, %",
        "title": "Decoded (z, y) with z drawn from N(0, I) that a classifier reads as y",
    },
    RECONSTRUCTION,
]
STYLE: dict[str, Any] = {
    "view": SQUARE,
    "grid": {"columns": 7, "cell": [1.1, 1], "narrow": 2, "least": 330},
    "panels": [
        _styles(3),
        _directions(2),
        {**PAD, "span": [2, 2], "title": "Draw a digit", "hint": "draw a digit: it comes in all ten"},
        {
            "name": "fit",
            "kind": "table",
            "title": "Styles and N(0, I)",
            "colour": "prior",
            "span": [2, 1],
            "rows": STYLE_FIT,
            "columns": [{"label": "styles", "end": "", "colour": "code"}, PRIOR_ITSELF],
        },
        {
            "name": "parzen",
            "kind": "measure",
            "title": "Parzen",
            "colour": "ink",
            "help": "The paper reports 340 ± 2 nats with 10,000 samples of 1000-1000 networks, of its AAE without "
            "labels",
            "measures": [
                {
                    "name": "parzen",
                    "label": "measure",
                    "title": "Log-likelihood of the test images under Gaussians around 10,000 samples; takes a minute or "
                    "two",
                    "html": '<output data-number="nats"></output> ± <output data-number="error"></output> nats<br>paper '
                    "340 ± 2",
                }
            ],
        },
    ],
    "side": {"legend": [{"dot": "code", "label": "in hand"}], "shows": PLAIN_SHOWS},
    "steps": LAYOUT["steps"],
    "phases": STYLE_PHASES,
    "flow": STYLE_FLOW,
    "only": all_but(SupervisedAAE, "update"),
}

SEMI: dict[str, Any] = {
    "view": SQUARE,
    "grid": {"columns": 8, "cell": [1.1, 1], "narrow": 2, "least": 330},
    "panels": [
        _styles(3, title="Style and content"),
        {
            "name": "confusion",
            "kind": "confusion",
            "title": "Test digits",
            "span": [2, 2],
            "layer": "confusion",
            "colour": "fake",
            "numbers": [
                {
                    "metric": "test_error",
                    "label": "error",
                    "form": "percent",
                    "title": "on the first 1000 test images; the paper reports 1.90 % with 100 labels",
                }
            ],
            "help": "Rows: the digit. Columns: the digit read. Per cent of the row, of the first 1000 test images",
        },
        _directions(2),
        PAD,
        {
            "name": "look",
            "kind": "drawn_answers",
            "title": "q(y|x)",
            "colour": "reconstruction",
            "span": [4, 1],
            "batch": ["images", "seen", "reconstructions"],
            "batchCaption": "clean, as seen, reconstructed",
            "asks": {"chosen": "look", "drawn.pad": "encode"},
            "first": {"chosen": {"index": 9}},
            "captions": {"look": "a {label}, read as {digit}", "encode": "yours, read as {digit}"},
            "slots": [
                {"label": "x", "layer": "image"},
                {"label": "Dec(y, z)", "layer": "reconstruction"},
                {"label": "q(y|x)", "bars": "probabilities"},
            ],
            "empty": "click a code,|or draw a digit",
        },
    ],
    "side": {"legend": [{"dot": "code", "label": "in hand"}], "shows": PLAIN_SHOWS, "span": [1, 2]},
    "steps": [
        {"label": "rec.", "title": "One step of the reconstruction phase alone", "knobs": {"update": "reconstruction"}},
        {"label": "games", "title": "One step of both games alone", "knobs": {"update": "regularisation"}},
        {
            "label": "class.",
            "title": "One step of the classification phase alone",
            "knobs": {"update": "classification"},
        },
    ],
    "phases": SEMI_PHASES,
    "flow": SEMI_FLOW,
    "only": all_but(SemiAAE, "update"),
}
