"""The Stages of the AAE lab over a two-dimensional code: the AAE alone, and beside a VAE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.labs.aae.phases import BOTH_PHASES, FLOW, PHASES
from app.page.stage_parts import SLICED_HELP, Piece, layer, number, panel, step_of, toggle, view
from engine.core.method import Method
from engine.data.priors import SIDE, VIEW
from engine.methods.aae.aae import AAE, Both

SQUARE = (VIEW, VIEW)

# Rows of the table that compares codes with the prior.
FIT = [
    number("mmd2", "MMD²", "signed", "Unbiased squared maximum mean discrepancy of codes and prior samples"),
    number("sliced_w2", "sliced W₂", "signed", SLICED_HELP),
    number(
        "log_p_prior",
        "E log p(z)",
        "signed",
        "Mean log density of the codes under the prior, nats; shrinking raises it too",
    ),
    number("within_3sigma", "within 3σ", "signed", "Share of codes within 3σ of the prior"),
    number(
        "modes_covered",
        "parts covered",
        "whole",
        "Petals, or tenths of another prior, that hold a tenth of their share or more",
    ),
]
TYPICAL = 768  # test image; in all included runs it comes back as its digit, with an error close to the median
RECONSTRUCTION = number("reconstruction", "−log p(x|z)", title="Reconstruction error of held-out images, nats an image")
PRIOR_ITSELF = {
    "label": "prior",
    "end": "_null",
    "title": "The same number for new samples of the prior: what a perfect fit would show",
}

SHOWS = [
    toggle("names", "digits' names", True, "Each digit, written at the middle of its codes"),
    toggle(
        "field", "D's field", title="D(z): blue where D takes z for a prior sample, orange where it takes it for a code"
    ),
    toggle("prior", "prior's density", True),
    toggle("arrows", "where D pulls", title="−∇ of the encoder's loss at each code, scaled to the longest"),
]
LEGEND = [{"box": "prior", "label": "prior p(z)"}, {"dot": "code", "label": "your digit, the batch"}]
TOOLS = [
    ["paint", "Paint", "Paint a prior over code space; it acts at once"],
    ["rub", "Rub out", "Take ink away"],
    ["restore", "Clear", "Take all ink away and return to the default prior"],
]
PLACING = {"side": SIDE, "ink": "ink", "along": {"prior": "painted"}}
STEPS = [
    step_of("rec.", "One step of the reconstruction phase alone", "reconstruction"),
    step_of("D", "One step of D alone", "d"),
    step_of("Enc", "One step of the encoder's game alone", "encoder"),
]
# The learning rates of a shipped run have run down. Under another prior they would move the codes
# and leave the decoder behind, which reads as if an AAE could not reconstruct.
RAISE = dict.fromkeys(
    ("prior", "modes"),
    {"rate_reconstruction": 3e-4, "rate_d": 1e-3, "rate_encoder": 5e-4, "penalty": 0.2, "noise": 0.03},
)


def all_but(method: type[Method], *apart: str) -> list[str]:
    """Names of a method's knobs without those that get no slider.

    The buttons for a step of one part turn `update`, and two rows have no room for all knobs.
    """
    return [name for name in method.Knobs.declarations() if name not in apart]


def code_layers(member: str = "") -> list[Piece]:
    """Layers of a plane of codes, from the bottom up. member: as for `code_plane`.

    `batch` is shown while a step is explained: its codes, the pull of D, and where they go.
    """
    vae = member == "vae"
    codes, batch = ("vae_codes", "vae_batch") if vae else ("codes", "batch")
    density = layer("field", "prior_density", table="pale", level=None, scene=True, under=True, show="prior")
    dots = layer("dots", codes, by=2, colour="code", radius=2.3, halo=1.1)
    field_of_d = [
        layer("field", "field", table="game", show="field"),
        layer("levels", "prior_density", colour="prior", still=True, show="field"),
    ]
    game = [
        layer("arrows", "arrows", colour="ink", show="arrows", longest=0.5),
        layer("dots", "real", colour="prior", radius=3, phase=True),
    ]
    shift = {"from": batch, "longest": 0.6, "phase": True}
    return [
        density,
        *([] if vae else field_of_d),
        dots,
        *([] if vae else game),
        layer("dots", batch, colour="code", radius=3.4, phase=True),
        layer("shifts", f"{batch}_pull", colour="ink", **shift),
        layer("shifts", f"{batch}_after", colour="code", absolute=True, **shift),
        layer("names", codes, show="names"),
    ]


def code_plane(name: str, title: str, span: int, member: str = "", pick: bool = True, **fields: Any) -> Piece:
    """A panel with the codes of held-out images over the prior, `span` cells wide and high.

    member: "" of a run with one autoencoder, "aae" or "vae" of one with both; the VAE has no D to
    show. pick: whether a click takes a code. fields: in place of the panel's own.
    """
    vae = member == "vae"
    own = {
        "span": [span, span],
        "codes": "vae_codes" if vae else "codes",
        "member": member,
        "pick": pick,
        "painted": True,
        "colour": "vae" if vae else "encoder",
        "help": "Codes of test images the networks never learn from. Point: decode that z. Click a code: its image "
        "beside its reconstruction",
        "layers": code_layers(member),
    }
    return panel(name, "code_plane", title, **{**own, **fields})


def manifold(name: str, title: str, span: int, images: str = "decoded", colour: str = "decoder") -> Piece:
    """A panel with what the decoder makes of a grid over the same square, the layer `images`."""
    return panel(
        name,
        "manifold",
        title,
        span=[span, span],
        layer=images,
        columns=16,
        side=28,
        colour=colour,
        help="Decodings of 16 × 16 codes, laid out over the same square as the code plane",
    )


PAD = panel(
    "pad", "drawing", "Draw", colour="ink", open=True, hint="a digit", help="Draw a digit, or open a picture of one"
)


def pointer(slots: Sequence[Mapping[str, Any]], **fields: Any) -> Piece:
    """A panel with what the decoder makes of the z under the pointer."""
    return panel(
        "pointer",
        "drawn_answers",
        "Pointer",
        colour="decoder",
        asks={"point": "decode"},
        first={"point": {"z": [1.4, 0]}},
        help="What the decoder makes of the code under the pointer, or at the cross hair of the arrow keys",
        slots=slots,
        empty="point at|a code",
        **fields,
    )


def image(slots: Sequence[Mapping[str, Any]], **fields: Any) -> Piece:
    """A panel with one test image, and what a network makes of it, in `slots`."""
    own = {
        "title": "Image",
        "help": "A test image whose code was clicked, or your own digit, and what the network makes of it",
        "colour": "reconstruction",
        "span": [2, 1],
        "batch": ["images", "reconstructions"],
        "first": {"chosen": {"index": TYPICAL}},
        "slots": slots,
    }
    return panel("look", "drawn_answers", **{**own, **fields})


def fit_table(title: str, rows: Sequence[Piece], *columns: Mapping[str, str]) -> Piece:
    """A panel with a table of numbers, and beside them those of new samples of the prior."""
    return panel(
        "fit",
        "table",
        title,
        colour="prior",
        span=[2, 1],
        rows=rows,
        columns=[*columns, PRIOR_ITSELF],
        help="Of the first 1000 test images, the error of 256; the description under Start from is of all 10,000",
    )


LAYOUT: Piece = {
    "view": SQUARE,
    "grid": {"columns": 7, "cell": [1.1, 1], "narrow": 2, "least": 330, "smallest": 122},
    "raise": RAISE,
    "panels": [
        code_plane("codes", "Code space", 3),
        manifold("decoded", "Decoded", 2),
        pointer([{"label": "{z}", "layer": "image"}]),
        PAD,
        image(
            [
                {"label": "x", "layer": "image"},
                {"label": "Dec(Enc(x))", "layer": "reconstruction"},
                {"label": "class", "bars": "probabilities"},
            ],
            own=True,
            batchCaption="eight of the batch",
            asks={"chosen": "look", "drawn.pad": "encode"},
            captions={
                "look": "test image {index}, a {label}: comes back as {digit}",
                "encode": "yours: read as {digit}, code {z}",
            },
            empty="click a code,|or draw a digit",
        ),
        fit_table("Fit to the prior", [*FIT, RECONSTRUCTION], {"label": "codes", "end": "", "colour": "code"}),
    ],
    "placing": PLACING,
    "side": {
        "legend": LEGEND,
        "shows": SHOWS,
        "tools": TOOLS,
        "span": [2, 1],
        "views": [view("large", "large planes", ["codes", "decoded"], columns=6)],
    },
    "steps": STEPS,
    "phases": PHASES,
    "flow": FLOW,
    "only": all_but(AAE, "update", "warp"),
}

MEMBERS = ["aae", "vae"]
BOTH: Piece = {
    "view": SQUARE,
    "grid": {"columns": 8, "cell": [1, 1.02], "narrow": 2, "least": 330, "smallest": 90},
    "raise": RAISE,
    "panels": [
        code_plane("codes", "AAE codes", 2, "aae"),
        code_plane("vae_codes", "VAE codes", 2, "vae"),
        manifold("decoded", "AAE decoded", 2),
        manifold("vae_decoded", "VAE decoded", 2, "vae_decoded", "vae"),
        pointer(
            [{"label": "AAE", "layer": "image", "member": 0}, {"label": "VAE", "layer": "image", "member": 1}],
            members=MEMBERS,
            span=[2, 1],
        ),
        image(
            [
                {"label": "x", "layer": "image"},
                {"label": "AAE", "layer": "reconstruction", "member": 0},
                {"label": "VAE", "layer": "reconstruction", "member": 1},
            ],
            members=MEMBERS,
            asks={"chosen": "look"},
            captions={"look": "test image {index}: a {label}"},
            empty="click a code",
        ),
        fit_table(
            "Fit to the prior",
            [*FIT, RECONSTRUCTION],
            {"label": "AAE", "end": ".aae", "colour": "encoder"},
            {"label": "VAE", "end": ".vae", "colour": "vae"},
        ),
    ],
    "placing": PLACING,
    "side": {"legend": LEGEND[:1], "shows": SHOWS, "tools": TOOLS, "span": [2, 1]},
    "steps": STEPS,
    "phases": BOTH_PHASES,
    "flow": FLOW,
    "only": all_but(Both, "update", "warp", "labels"),
}
