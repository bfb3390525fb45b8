"""The Stages of the AAE lab where digit and style are apart: supervised, and with few labels."""

from __future__ import annotations

from app.labs.aae.phases import SEMI_FLOW, SEMI_PHASES, STYLE_FLOW, STYLE_PHASES
from app.labs.aae.plane_stage import (
    PAD,
    RECONSTRUCTION,
    SHOWS,
    SQUARE,
    STEPS,
    all_but,
    code_layers,
    code_plane,
    fit_table,
    image,
)
from app.page.stage_parts import Piece, number, panel, step_of
from engine.methods.aae.semi_supervised import SemiAAE
from engine.methods.aae.style_view import ROWS
from engine.methods.aae.supervised import SupervisedAAE

STYLE_HELP = "Each row is one z, each column the label that the decoder is given. Click a row to select its style"
LEGEND = [{"dot": "code", "label": "selected"}]
# Digits' names are off at first: where all classes share a prior they lie on one another.
PLAIN_SHOWS = [{**show, "on": show["name"] == "prior"} for show in SHOWS if show["name"] in ("names", "prior")]


def _styles(title: str) -> Piece:
    """A panel with a grid of images: a style for each row, a label for each column."""
    return panel(
        "style",
        "styles",
        title,
        span=[3, 3],
        layer="style",
        rows=ROWS,
        colour="decoder",
        help=STYLE_HELP,
        asks={"drawn.pad": "encode", "chosen": "look"},
    )


# The first two of a style's directions; D over two of many directions, and its pull, say nothing.
DIRECTIONS = code_plane(
    "codes",
    "z₁ and z₂ of the style",
    2,
    drag=True,
    painted=False,
    yours="selected",
    help="Drag: the first two directions of the selected style. Click a code: that test image's style",
    layers=[x for x in code_layers() if x["layer"] not in ("field", "arrows") and x["draw"] != "levels"],
)
PARZEN = {
    "name": "parzen",
    "label": "measure",
    "title": "Log-likelihood of the test images under Gaussians around 10,000 samples; takes a minute or two",
    "html": '<output data-number="nats"></output> ± <output data-number="error"></output> nats<br>paper 340 ± 2',
}
STYLE_FIT = [
    number(
        "sliced_w2",
        "sliced W₂",
        "signed",
        "Of the styles of test images to N(0, I). In d dimensions a shift by 1 shows as 1/√d",
    ),
    number("controlled", "as asked, %", title="Decoded (z, y), z a sample of N(0, I), that a classifier reads as y"),
    RECONSTRUCTION,
]

STYLE: Piece = {
    "view": SQUARE,
    "grid": {"columns": 7, "cell": [1.1, 1], "narrow": 2, "least": 330},
    "panels": [
        _styles("Styles"),
        DIRECTIONS,
        {**PAD, "span": [2, 2], "title": "Draw a digit", "hint": "draw a digit: it comes in all ten"},
        fit_table("Styles and N(0, I)", STYLE_FIT, {"label": "styles", "end": "", "colour": "code"}),
        panel(
            "parzen",
            "measure",
            "Parzen",
            colour="ink",
            help="The paper reports 340 ± 2 nats with 10,000 samples of 1000-1000 networks, of its AAE without labels",
            measures=[PARZEN],
        ),
    ],
    "side": {"legend": LEGEND, "shows": PLAIN_SHOWS},
    "steps": STEPS,
    "phases": STYLE_PHASES,
    "flow": STYLE_FLOW,
    "only": all_but(SupervisedAAE, "update"),
}

CONFUSION = panel(
    "confusion",
    "confusion",
    "Test digits",
    span=[2, 2],
    layer="confusion",
    colour="fake",
    numbers=[
        number(
            "test_error",
            "error, 1000 digits",
            "percent",
            "of the first 1000 test images; the description under Start from is of all 10,000. The paper reports "
            "1.90 % with 100 labels",
        )
    ],
    help="Rows: the digit. Columns: the digit read. Per cent of the row, of the first 1000 test images",
)
SEMI: Piece = {
    "view": SQUARE,
    "grid": {"columns": 8, "cell": [1.1, 1], "narrow": 2, "least": 330},
    "panels": [
        _styles("Style and content"),
        CONFUSION,
        DIRECTIONS,
        PAD,
        image(
            [
                {"label": "x", "layer": "image"},
                {"label": "Dec(y, z)", "layer": "reconstruction"},
                {"label": "q(y|x)", "bars": "probabilities"},
            ],
            title="q(y|x)",
            span=[4, 1],
            batch=["images", "seen", "reconstructions"],
            batchCaption="clean, as seen, reconstructed",
            asks={"chosen": "look", "drawn.pad": "encode"},
            captions={"look": "a {label}, read as {digit}", "encode": "yours, read as {digit}"},
            empty="click a code,|or draw a digit",
        ),
    ],
    "side": {"legend": LEGEND, "shows": PLAIN_SHOWS, "span": [1, 2]},
    "steps": [
        step_of("rec.", "One step of the reconstruction phase alone", "reconstruction"),
        step_of("games", "One step of both games alone", "regularisation"),
        step_of("class.", "One step of the classification phase alone", "classification"),
    ],
    "phases": SEMI_PHASES,
    "flow": SEMI_FLOW,
    "only": all_but(SemiAAE, "update"),
}
