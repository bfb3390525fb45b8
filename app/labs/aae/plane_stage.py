"""The Stages of the AAE lab over a two-dimensional code: the AAE alone, and beside a VAE."""

from __future__ import annotations

from typing import Any

from app.labs.aae.phases import BOTH_PHASES, FLOW, PHASES
from engine.core.method import Method
from engine.data.priors import SIDE, VIEW
from engine.methods.aae.aae import AAE, Both

SQUARE = (VIEW, VIEW)
FIT = [
    {
        "metric": "mmd2",
        "label": "MMD²",
        "form": "signed",
        "title": "Unbiased squared maximum mean discrepancy of codes and prior samples",
    },
    {
        "metric": "sliced_w2",
        "label": "sliced W₂",
        "form": "signed",
        "title": "Sliced Wasserstein-2 distance, code units",
    },
    {
        "metric": "log_p_prior",
        "label": "E log p(z)",
        "form": "signed",
        "title": "Mean log density of the codes under the prior, nats; shrinking raises it too",
    },
    {
        "metric": "within_3sigma",
        "label": "within 3σ",
        "form": "signed",
        "title": "Share of codes within 3σ of the prior",
    },
    {
        "metric": "modes_covered",
        "label": "parts covered",
        "form": "whole",
        "title": "Petals, or tenths of another prior, that hold a tenth of their share or more",
    },
]
RECONSTRUCTION = {
    "metric": "reconstruction",
    "label": "−log p(x|z)",
    "title": "Reconstruction error of held-out images, nats an image",
}
PRIOR_ITSELF = {
    "label": "prior",
    "end": "_null",
    "title": "The same number for fresh samples of the prior: what a perfect fit would show",
}

SHOWS = [
    {"name": "names", "label": "digits' names", "on": True, "title": "Each digit, written at the middle of its codes"},
    {
        "name": "field",
        "label": "D's field",
        "on": False,
        "title": "D(z): blue where D takes z for a prior sample, orange where it takes it for a code",
    },
    {"name": "prior", "label": "prior's density", "on": True},
    {
        "name": "arrows",
        "label": "where D pulls",
        "on": False,
        "title": "−∇ of the encoder's loss at each code, scaled to the longest",
    },
]
TOOLS = [["paint", "Paint", "Paint a prior over code space; it acts at once"], ["rub", "Rub out", "Take ink away"],
         ["restore", "Clear", "Take all ink away and return to the usual prior"]]  # fmt: skip
# A shipped run's rates have run down. Under another prior they would move the codes and leave the
# decoder behind, which reads as if an AAE could not reconstruct.
RAISE = dict.fromkeys(
    ("prior", "modes"),
    {"rate_reconstruction": 3e-4, "rate_d": 1e-3, "rate_encoder": 5e-4, "penalty": 0.2, "noise": 0.03},
)
LEGEND = [{"box": "prior", "label": "prior p(z)"}, {"dot": "code", "label": "your digit, the batch"}]


def all_but(method: type[Method], *apart: str) -> list[str]:
    """Names of a method's knobs without those that get no slider: `update` is turned by the buttons
    for a step of one part, and two rows have no room for all.
    """
    return [name for name in method.Knobs.declarations() if name not in apart]


def code_plane(name: str, title: str, span: int, member: str = "", pick: bool = True, **more: Any) -> dict[str, Any]:
    """Hold-out codes over the prior. member: of a run that holds two; the VAE has no D to show."""
    layer = "vae_codes" if member == "vae" else "codes"
    of_d = (
        []
        if member == "vae"
        else [
            {"draw": "field", "layer": "field", "table": "game", "show": "field"},
            {"draw": "levels", "layer": "prior_density", "colour": "prior", "still": True, "show": "field"},
        ]
    )
    game = (
        []
        if member == "vae"
        else [
            {"draw": "arrows", "layer": "arrows", "colour": "ink", "show": "arrows", "longest": 0.5},
            {"draw": "dots", "layer": "real", "colour": "prior", "radius": 3, "phase": True},
        ]
    )
    batch = f"{member}_batch" if member == "vae" else "batch"
    return {
        "name": name,
        "kind": "code_plane",
        "title": title,
        "span": [span, span],
        "codes": layer,
        "member": member,
        "pick": pick,
        "painted": True,
        "colour": "vae" if member == "vae" else "encoder",
        "help": "Codes of test images the networks never learn from. Point: decode that z. Click a code: its image "
        "beside its reconstruction",
        "layers": [
            {
                "draw": "field",
                "layer": "prior_density",
                "table": "pale",
                "level": None,
                "scene": True,
                "under": True,
                "show": "prior",
            },
            *of_d,
            {"draw": "dots", "layer": layer, "by": 2, "colour": "code", "radius": 2.3, "halo": 1.1},
            *game,
            {"draw": "dots", "layer": batch, "colour": "code", "radius": 3.4, "phase": True},
            {"draw": "shifts", "layer": f"{batch}_pull", "from": batch, "colour": "ink", "longest": 0.6, "phase": True},
            {
                "draw": "shifts",
                "layer": f"{batch}_after",
                "from": batch,
                "absolute": True,
                "colour": "code",
                "longest": 0.6,
                "phase": True,
            },
            {"draw": "names", "layer": layer, "show": "names"},
        ],
        **more,
    }


def manifold(name: str, title: str, span: int, layer: str = "decoded", colour: str = "decoder") -> dict[str, Any]:
    """What the decoder makes of a grid over the same square."""
    return {
        "name": name,
        "kind": "manifold",
        "title": title,
        "span": [span, span],
        "layer": layer,
        "columns": 16,
        "side": 28,
        "colour": colour,
        "help": "Decodings of 16 × 16 codes, laid out over the same square as the code plane",
    }


PAD = {
    "name": "pad",
    "kind": "drawing",
    "title": "Draw",
    "colour": "ink",
    "open": True,
    "hint": "a digit",
    "help": "Draw a digit, or open a picture of one",
}
POINTER = {
    "name": "pointer",
    "kind": "drawn_answers",
    "title": "At the pointer",
    "colour": "decoder",
    "asks": {"point": "decode"},
    "first": {"point": {"z": [1.4, 0]}},
    "slots": [{"label": "{z}", "layer": "image"}],
    "empty": "point at|a code",
}
LOOK_SAYS = {"look": "test image {index}: a {label}, read as {digit}", "encode": "yours: read as {digit}, code {z}"}

LAYOUT: dict[str, Any] = {
    "view": SQUARE,
    "grid": {"columns": 7, "cell": [1.1, 1], "narrow": 2, "least": 330, "smallest": 122},
    "raise": RAISE,
    "panels": [
        code_plane("codes", "Code space", 3),
        manifold("decoded", "Decoded", 2),
        {**POINTER, "title": "Pointer"},
        PAD,
        {
            "name": "look",
            "kind": "drawn_answers",
            "title": "Image",
            "colour": "reconstruction",
            "span": [2, 1],
            "own": True,
            "batch": ["images", "reconstructions"],
            "batchCaption": "eight of the batch",
            "asks": {"chosen": "look", "drawn.pad": "encode"},
            "first": {"chosen": {"index": 9}},
            "captions": LOOK_SAYS,
            "slots": [
                {"label": "x", "layer": "image"},
                {"label": "Dec(Enc(x))", "layer": "reconstruction"},
                {"label": "class", "bars": "probabilities"},
            ],
            "empty": "click a code,|or draw a digit",
        },
        {
            "name": "fit",
            "kind": "table",
            "title": "Fit to the prior",
            "colour": "prior",
            "span": [2, 1],
            "rows": [*FIT, RECONSTRUCTION],
            "columns": [{"label": "codes", "end": "", "colour": "code"}, PRIOR_ITSELF],
        },
    ],
    "placing": {"side": SIDE, "ink": "ink", "along": {"prior": "painted"}},
    "side": {
        "legend": LEGEND,
        "shows": SHOWS,
        "tools": TOOLS,
        "span": [2, 1],
        "views": [{"name": "large", "label": "large planes", "panels": ["codes", "decoded"], "columns": 6}],
    },
    "steps": [
        {"label": "rec.", "title": "One step of the reconstruction phase alone", "knobs": {"update": "reconstruction"}},
        {"label": "D", "title": "One step of D alone", "knobs": {"update": "d"}},
        {"label": "Enc", "title": "One step of the encoder's game alone", "knobs": {"update": "encoder"}},
    ],
    "phases": PHASES,
    "flow": FLOW,
    "only": all_but(AAE, "update", "warp"),
}

BOTH: dict[str, Any] = {
    "view": SQUARE,
    "grid": {"columns": 8, "cell": [1, 1.02], "narrow": 2, "least": 330, "smallest": 90},
    "raise": RAISE,
    "panels": [
        code_plane("codes", "AAE codes", 2, "aae"),
        code_plane("vae_codes", "VAE codes", 2, "vae"),
        manifold("decoded", "AAE decoded", 2),
        manifold("vae_decoded", "VAE decoded", 2, "vae_decoded", "vae"),
    ],
    "placing": {"side": SIDE, "ink": "ink", "along": {"prior": "painted"}},
    "side": {"legend": LEGEND[:1], "shows": SHOWS, "tools": TOOLS, "span": [2, 1]},
    "steps": LAYOUT["steps"],
    "phases": BOTH_PHASES,
    "flow": FLOW,
    "only": all_but(Both, "update", "warp", "labels"),
}
MEMBERS = ["aae", "vae"]
TWO = [{"label": "AAE", "layer": "image", "member": 0}, {"label": "VAE", "layer": "image", "member": 1}]
BOTH["panels"] += [
    {**POINTER, "title": "Pointer", "members": MEMBERS, "slots": TWO, "span": [2, 1]},
    {
        "name": "look",
        "kind": "drawn_answers",
        "title": "Image",
        "colour": "reconstruction",
        "span": [2, 1],
        "members": MEMBERS,
        "asks": {"chosen": "look"},
        "first": {"chosen": {"index": 9}},
        "captions": {"look": "test image {index}: a {label}"},
        "batch": ["images", "reconstructions"],
        "slots": [
            {"label": "x", "layer": "image"},
            {"label": "AAE", "layer": "reconstruction", "member": 0},
            {"label": "VAE", "layer": "reconstruction", "member": 1},
        ],
        "empty": "click a code",
    },
    {
        "name": "fit",
        "kind": "table",
        "title": "Fit to the prior",
        "colour": "prior",
        "span": [2, 1],
        "rows": [*FIT, RECONSTRUCTION],
        "columns": [
            {"label": "AAE", "end": ".aae", "colour": "encoder"},
            {"label": "VAE", "end": ".vae", "colour": "vae"},
            PRIOR_ITSELF,
        ],
    },
]
