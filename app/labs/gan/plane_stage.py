"""The Stage of the GAN lab's plane, and the charts below it."""

from __future__ import annotations

from typing import Any

from app.page.words import phases, worded
from engine.data.density import INK_SIDE
from engine.data.plane import VIEW
from engine.methods.gan.plane import GAN, GANPair

# The sub-steps of one step, in the method's order: the parts of the diagram and the panel that light
# up. Their words are in plane_phases.md.
PHASES = worded([
    {"name": "sample", "parts": ["z", "x"], "panel": "game"},
    {"name": "generate", "parts": ["g", "gz"], "panel": "game"},
    {"name": "judge", "parts": ["d"], "panel": "game"},
    {"name": "losses", "parts": ["v"], "panel": "curves"},
    {"name": "d_gradient", "parts": ["v", "d"], "panel": "game"},
    {"name": "d_update", "parts": ["d"], "panel": "game"},
    {"name": "g_gradient", "parts": ["v", "d", "gz", "g"], "panel": "game"},
    {"name": "g_update", "parts": ["g", "gz"], "panel": "game"},
], phases("gan", "plane"))  # fmt: skip
FLOW = {
    "nodes": [
        ["z", "z", 0, 1],
        ["g", "G", 1, 1],
        ["gz", "G(z)", 2, 1],
        ["x", "x", 2, 0],
        ["d", "D", 3, 0.5],
        ["v", "L_D, L_G", 4, 0.5],
    ],
    "edges": [["z", "g"], ["g", "gz"], ["gz", "d"], ["x", "d"], ["d", "v"]],
}
SHOWS = [
    {
        "name": "field",
        "label": "D's field",
        "on": True,
        "title": "Blue where D says real, orange where it says generated",
    },
    {"name": "real", "label": "real points", "on": True},
    {"name": "fake", "label": "generated points", "on": True},
    {"name": "mesh", "label": "G's manifold", "on": True, "title": "G over equal steps of z's probability"},
    {
        "name": "arrows",
        "label": "arrows −∇ L_G",
        "on": True,
        "title": "Where D would have each generated point go, scaled to the longest",
    },
    {"name": "levels_real", "label": "lines of p_data", "on": False},
    {"name": "levels_fake", "label": "lines of p_g", "on": False},
]
TOOLS = [["paint", "Paint", "Paint a density over the plane; it becomes p_data at once"], ["rub", "Rub out", "Take ink away"],
         ["restore", "Data set's own", "Back to the data set"]]  # fmt: skip


def game(name: str, title: str, layer: str = "", suffix: str = "") -> dict[str, Any]:
    """The plane in which a game is played. layer, suffix: what the names of its layers and of its
    metrics end in.
    """
    return {
        "name": name,
        "kind": "plane",
        "title": title,
        "span": [2, 2],
        "painted": True,
        "colour": "d",
        "numbers": [
            {
                "metric": f"modes_covered{suffix}",
                "label": "modes",
                "form": "whole",
                "title": "modes that hold more than 1 % of the points within 3σ",
            },
            {
                "metric": f"js{suffix}",
                "form": "signed",
                "label": "JS",
                "title": "Jensen–Shannon divergence of the blurred densities, in nats",
            },
            {"metric": f"d_real{suffix}", "form": "signed", "label": "D(x)", "title": "mean over real points"},
            {"metric": f"d_fake{suffix}", "form": "signed", "label": "D(G(z))", "title": "mean over generated points"},
        ],
        "layers": [
            {"draw": "field", "layer": f"field{layer}", "table": "game", "show": "field"},
            {"draw": "levels", "layer": "density_real", "colour": "real", "show": "levels_real", "scene": True},
            {"draw": "levels", "layer": f"density_fake{layer}", "colour": "fake", "show": "levels_fake"},
            {"draw": "dots", "layer": "real", "colour": "real", "show": "real", "radius": 2.1, "still": True},
            {"draw": "mesh", "layer": f"mesh{layer}", "colour": "g", "show": "mesh", "alpha": 0.55},
            {"draw": "dots", "layer": f"fake{layer}", "colour": "fake", "show": "fake", "radius": 2.1},
            {"draw": "arrows", "layer": f"arrows{layer}", "colour": "ink", "show": "arrows", "longest": 0.35},
        ],
    }


SHARED = ("update",)  # one knob for both games of a pair
SIDE: dict[str, Any] = {
    "legend": [
        {"dot": "real", "label": "real"},
        {"dot": "fake", "label": "generated"},
        {"line": "g", "label": "G"},
        {"line": "ink", "label": "D undecided"},
    ],
    "shows": SHOWS,
    "tools": TOOLS,
}
PLACING = {"side": INK_SIDE, "ink": "ink"}
STEPS = [
    {"label": "D only", "title": "One step of D alone", "knobs": {"update": "d"}},
    {"label": "G only", "title": "One step of G alone", "knobs": {"update": "g"}},
]

LAYOUT: dict[str, Any] = {
    "view": VIEW,
    "grid": {"columns": 4, "cell": VIEW, "narrow": 1},
    "panels": [
        game("game", "The game"),
        {
            "name": "optimal",
            "kind": "plane",
            "title": "Optimal D*, minimax",
            "colour": "optimal",
            "help": "p_data/(p_data + p_g) on the blurred densities, what the D of the original game would learn; faded "
            "to ½ where both densities are below a thousandth of the peak",
            "layers": [{"draw": "field", "layer": "optimal", "table": "game"}],
        },
        {
            "name": "densities",
            "kind": "plane",
            "title": "p_data and p_g",
            "colour": "fake",
            "help": "Level lines of the blurred densities",
            "layers": [
                {"draw": "levels", "layer": "density_real", "colour": "real", "scene": True, "under": True},
                {"draw": "levels", "layer": "density_fake", "colour": "fake"},
            ],
        },
        {
            "name": "numbers",
            "kind": "tiles",
            "title": "How far apart",
            "colour": "ink",
            "tiles": [
                {
                    "metric": "js",
                    "label": "JS, nats",
                    "form": "signed",
                    "want": "at most .693",
                    "title": "Jensen–Shannon divergence of the blurred densities",
                },
                {
                    "metric": "sliced_w2",
                    "label": "sliced W₂",
                    "form": "signed",
                    "title": "Sliced Wasserstein-2 distance, plane units",
                },
                {
                    "metric": "value",
                    "label": "V(D, G)",
                    "form": "signed",
                    "want": "−1.386 †",
                    "title": "† what it is when D can only guess, for minimax and non-saturating; −.25 for least squares, "
                    "0 for critics",
                },
                {"metric": "grad_g", "label": "‖∇ L_G‖"},
            ],
        },
    ],
    "placing": PLACING,
    "steps": STEPS,
    "phases": PHASES,
    "flow": FLOW,
    "side": {
        **SIDE,
        "views": [
            {
                "name": "large",
                "label": "large game",
                "title": "only the game, as large as it fits",
                "panels": ["game"],
                "columns": 2,
            }
        ],
    },
}
PAIR: dict[str, Any] = {
    "view": VIEW,
    "grid": {"columns": 5, "cell": VIEW, "narrow": 1},
    "panels": [game("a", "A", suffix=".a"), game("b", "B", layer="_b", suffix=".b")],
    "placing": PLACING,
    "steps": STEPS,
    "side": {**SIDE, "span": [1, 2]},
    "groups": [
        {"title": "A", "names": [n for n in GAN.Knobs.declarations() if n not in SHARED and n != "ink"]},
        {"title": "B", "names": [n for n in GANPair.Knobs.declarations() if n.endswith("_b")]},
    ],
}


def pair_charts() -> list[dict[str, Any]]:
    """One chart a number, both games in it."""
    wanted = (
        ("js", "JS", " nats"),
        ("sliced_w2", "Sliced W₂", ""),
        ("modes_covered", "Modes covered", ""),
        ("value", "V(D, G)", ""),
        ("d_fake", "D(G(z))", ""),
        ("grad_g", "‖∇L_G‖", ""),
    )
    return [
        {
            "title": title,
            "unit": unit,
            "log": name == "grad_g",
            "traces": [
                {"metric": f"{name}.a", "title": "A", "colour": "real"},
                {"metric": f"{name}.b", "title": "B", "colour": "fake", "dash": "dash"},
            ],
        }
        for name, title, unit in wanted
    ]


def charts(suffix: str = "") -> list[dict[str, Any]]:
    """The charts of one game; suffix: of its metrics."""
    s = suffix
    return [
        {
            "title": "V, and what theory says of G",
            "unit": "",
            "lines": [{"y": -1.386294, "title": "−log 4"}],
            "traces": [
                {"metric": f"value{s}", "title": "V(D, G)", "colour": "d"},
                {"metric": f"two_js_minus_log4{s}", "title": "2·JS − log 4", "colour": "real"},
                {"metric": f"cost{s}", "title": "C(G), measured", "colour": "fake", "dash": "dash"},
            ],
        },
        {
            "title": "Losses, without penalty",
            "unit": "",
            "traces": [
                {"metric": f"loss_d{s}", "title": "L_D", "colour": "d"},
                {"metric": f"loss_g{s}", "title": "L_G", "colour": "g"},
            ],
        },
        {
            "title": "JS and KL",
            "unit": " nats",
            "traces": [
                {"metric": f"js{s}", "title": "JS", "colour": "real"},
                {"metric": f"kl{s}", "title": "KL(p_data ‖ p_g)", "colour": "fake"},
            ],
        },
        {
            "title": "Sliced W₂ (1000 points of one distribution: .03 to .09)",
            "unit": "",
            "traces": [{"metric": f"sliced_w2{s}", "title": "sliced W₂", "colour": "g"}],
        },
        {
            "title": "Modes covered",
            "unit": "",
            "traces": [{"metric": f"modes_covered{s}", "title": "modes", "colour": "real"}],
        },
        {
            "title": "Norms of the losses' gradients, without penalty",
            "unit": "",
            "log": True,
            "traces": [
                {"metric": f"grad_d{s}", "title": "‖∇L_D‖", "colour": "d"},
                {"metric": f"grad_g{s}", "title": "‖∇L_G‖", "colour": "g"},
            ],
        },
        {
            "title": "D's accuracy",
            "unit": "",
            "lines": [{"y": 0.5, "title": "guessing"}],
            "traces": [{"metric": f"accuracy{s}", "title": "share right", "colour": "d"}],
        },
    ]
