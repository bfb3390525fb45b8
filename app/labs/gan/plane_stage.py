"""The Stages of the GAN lab's plane, one game or two, and the charts below them."""

from __future__ import annotations

from app.page.stage_parts import SLICED_HELP, Piece, chart, flow, layer, number, panel, step_of, toggle, trace, view
from app.page.words import phases, worded
from engine.data.density import INK_SIDE
from engine.data.plane import VIEW
from engine.methods.gan.plane import GAN, GANPair

# The phases of one step in the method's order, with the parts of the diagram and the panel that
# light up. Their texts are in plane_phases.md.
_PHASES = [
    {"name": "sample", "parts": ["z", "x"], "panel": "game"},
    {"name": "generate", "parts": ["g", "gz"], "panel": "game"},
    {"name": "judge", "parts": ["d"], "panel": "game"},
    {"name": "losses", "parts": ["v"], "panel": "curves"},
    {"name": "d_gradient", "parts": ["v", "d"], "panel": "game"},
    {"name": "d_update", "parts": ["d"], "panel": "game"},
    {"name": "g_gradient", "parts": ["v", "d", "gz", "g"], "panel": "game"},
    {"name": "g_update", "parts": ["g", "gz"], "panel": "game"},
]  # fmt: skip
PHASES = worded(_PHASES, phases("gan", "plane"))
FLOW = flow(
    {
        "z": ("z", 0, 1),
        "g": ("G", 1, 1),
        "gz": ("G(z)", 2, 1),
        "x": ("x", 2, 0),
        "d": ("D", 3, 0.5),
        "v": ("L_D, L_G", 4, 0.5),
    },
    "z g gz d",
    "x d v",
)
SHOWS = [
    toggle("field", "D's field", True, "Blue where D says real, orange where it says generated"),
    toggle("real", "real points", True),
    toggle("fake", "generated points", True),
    toggle("mesh", "G's manifold", True, "G over equal steps of z's probability"),
    toggle(
        "arrows",
        "arrows −∇ L_G",
        True,
        "Which way each generated point should go, scaled to the longest",
    ),
    toggle("levels_real", "lines of p_data"),
    toggle("levels_fake", "lines of p_g"),
]
DRAWS_APART = 0.16  # the largest sliced W₂ of two draws of 1000 points, of 20 pairs of each data set
TOOLS = [
    ["paint", "Paint", "Paint a density over the plane; it becomes p_data at once"],
    ["rub", "Rub out", "Take ink away"],
    ["restore", "Restore data", "Bring back the data set"],
]


def game(name: str, title: str, suffix: str = "", end: str = "") -> Piece:
    """The plane in which a game is played, as a panel called `name`.

    suffix: what the names of the game's layers end in. end: what those of its metrics end in.
    """
    return panel(
        name,
        "plane",
        title,
        span=[2, 2],
        painted=True,
        colour="d",
        numbers=[
            number(f"modes_covered{end}", "modes", "whole", "modes that hold more than 1 % of the points within 3σ"),
            number(f"js{end}", "JS", "signed", "Jensen–Shannon divergence of the blurred densities, in nats"),
            number(f"d_real{end}", "D(x)", "signed", "mean over real points"),
            number(f"d_fake{end}", "D(G(z))", "signed", "mean over generated points"),
        ],
        layers=[
            layer("field", f"field{suffix}", table="game", show="field"),
            layer("levels", "density_real", colour="real", show="levels_real", scene=True),
            layer("levels", f"density_fake{suffix}", colour="fake", show="levels_fake"),
            layer("dots", "real", colour="real", show="real", radius=2.1, still=True),
            layer("mesh", f"mesh{suffix}", colour="g", show="mesh", alpha=0.55),
            layer("dots", f"fake{suffix}", colour="fake", show="fake", radius=2.1),
            layer("arrows", f"arrows{suffix}", colour="ink", show="arrows", longest=0.35),
        ],
    )


OPTIMAL = panel(
    "optimal",
    "plane",
    "Optimal D*, minimax",
    colour="optimal",
    help="p_data/(p_data + p_g) on the blurred densities, what the D of the original game would learn; faded "
    "to ½ where both densities are below a thousandth of the peak",
    layers=[layer("field", "optimal", table="game")],
)
DENSITIES = panel(
    "densities",
    "plane",
    "p_data and p_g",
    colour="fake",
    help="Level lines of the blurred densities",
    layers=[
        layer("levels", "density_real", colour="real", scene=True, under=True),
        layer("levels", "density_fake", colour="fake"),
    ],
)
VALUE_HELP = (
    "V(D, G). When D can only guess it is −1.386 for minimax and non-saturating, −0.25 for least squares, 0 for critics"
)
NUMBERS = panel(
    "numbers",
    "tiles",
    "How far apart",
    colour="ink",
    tiles=[
        number("js", "JS, nats", "signed", "Jensen–Shannon divergence of the blurred densities", want="at most 0.693"),
        number("sliced_w2", "sliced W₂", "signed", SLICED_HELP),
        number("value", "V(D, G)", "signed", VALUE_HELP, want="guessing: −1.386"),
        number(
            "grad_g",
            "‖∇ L_G‖",
            title="Length of the gradient that G follows: where it is 0, G does not learn",
        ),
    ],
)
SIDE: Piece = {
    "legend": [
        {"dot": "real", "label": "real"},
        {"dot": "fake", "label": "generated"},
        {"line": "g", "label": "G"},
        {"line": "ink", "label": "D = ½"},
    ],
    "shows": SHOWS,
    "tools": TOOLS,
}
PLACING = {"side": INK_SIDE, "ink": "ink"}
STEPS = [step_of("D only", "One step of D alone", "d"), step_of("G only", "One step of G alone", "g")]

LAYOUT: Piece = {
    "view": VIEW,
    "grid": {"columns": 4, "cell": VIEW, "narrow": 1},
    "panels": [game("game", "The game"), OPTIMAL, DENSITIES, NUMBERS],
    "placing": PLACING,
    "steps": STEPS,
    "phases": PHASES,
    "flow": FLOW,
    "side": {**SIDE, "views": [view("large", "large game", ["game"], 2, "only the game, as large as fits")]},
}

SHARED = ("update", "ink")  # the knobs that both games of a pair obey, and that are in no group
PAIR: Piece = {
    "view": VIEW,
    "grid": {"columns": 5, "cell": VIEW, "narrow": 1},
    "panels": [game("a", "A", end=".a"), game("b", "B", suffix="_b", end=".b")],
    "placing": PLACING,
    "steps": STEPS,
    "side": {**SIDE, "span": [1, 2]},
    "groups": [
        {"title": "A", "names": [n for n in GAN.Knobs.declarations() if n not in SHARED]},
        {"title": "B", "names": [n for n in GANPair.Knobs.declarations() if n.endswith("_b")]},
    ],
}


def pair_charts() -> list[Piece]:
    """The charts below two games: one for each number, with a line for each game."""

    def both(metric: str, title: str, unit: str = "", log: bool = False) -> Piece:
        return chart(
            title, unit, trace(f"{metric}.a", "A", "real"), trace(f"{metric}.b", "B", "fake", dash="dash"), log=log
        )

    return [
        both("js", "JS", " nats"),
        both("sliced_w2", "Sliced W₂"),
        both("modes_covered", "Modes covered"),
        both("value", "V(D, G)"),
        both("d_fake", "D(G(z))"),
        both("grad_g", "‖∇L_G‖", log=True),
    ]


def charts() -> list[Piece]:
    """The charts below one game."""
    return [
        chart(
            "V, and its value in theory",
            "",
            trace("value", "V(D, G)", "d"),
            trace("two_js_minus_log4", "2·JS − log 4", "real"),
            trace("cost", "C(G), measured", "fake", dash="dash"),
            lines=[{"y": -1.386294, "title": "−log 4"}],
        ),
        chart("Losses, without penalty", "", trace("loss_d", "L_D", "d"), trace("loss_g", "L_G", "g")),
        chart("JS and KL", " nats", trace("js", "JS", "real"), trace("kl", "KL(p_data ‖ p_g)", "fake")),
        chart(
            "Sliced W₂",
            "",
            trace("sliced_w2", "sliced W₂", "g"),
            lines=[{"y": DRAWS_APART, "title": f"one distribution twice: up to {DRAWS_APART}"}],
        ),
        chart("Modes covered", "", trace("modes_covered", "modes", "real")),
        chart(
            "Norms of the losses' gradients, without penalty",
            "",
            trace("grad_d", "‖∇L_D‖", "d"),
            trace("grad_g", "‖∇L_G‖", "g"),
            log=True,
        ),
        chart("D's accuracy", "", trace("accuracy", "share right", "d"), lines=[{"y": 0.5, "title": "guessing"}]),
    ]
