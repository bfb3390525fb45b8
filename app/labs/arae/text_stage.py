"""The Stages of the ARAE lab that show sentences: transfer, samples with ways between codes, three
priors side by side.
"""

from __future__ import annotations

from typing import Any

from app.labs.arae.phases import FLOW, TRANSFER_FLOW, phases

GRID = {"columns": 12, "cell": [2.1, 1], "free": True, "narrow": 2, "least": 330, "smallest": 40}
CLOUD_HELP = (
    "Codes of 256 sentences, and rings: as many draws from the prior, in one fixed projection to two directions. "
    "Point at a code: its sentence. Click: take "
    "that sentence. Two of many directions: clouds that agree here may differ elsewhere, clouds that differ here "
    "do differ"
)
CLOUD = {
    "kind": "code_clouds",
    "colour": "g",
    "real": "codes_real",
    "prior": "codes_prior",
    "kinds": "codes_class",
    "tokens": "codes_tokens",
    "help": CLOUD_HELP,
}
BATCH = [
    {"draw": "dots", "layer": "batch_real", "colour": "real", "radius": 3.4},
    {"draw": "dots", "layer": "batch_prior", "colour": "g", "radius": 4, "ring": True},
    {"draw": "dots", "layer": "batch", "colour": "fake", "radius": 3},
    {"draw": "shifts", "layer": "batch_after", "from": "batch", "absolute": True, "colour": "ink", "longest": 0.35},
]
BATCH_LINES = [
    {"label": "x", "layer": "batch_in"},
    {"label": "next words", "layer": "batch_out", "mark": "wrong", "colour": "reconstruction"},
]
W_HELP = "E f(enc x) − E f(g(s)) on a batch: the critic's estimate of the Wasserstein distance, up to its slope"
GAP = {"metric": "wasserstein", "label": "Ŵ", "form": "signed", "title": W_HELP}
RIGHT_HELP = "Words of held-out sentences that come back from their code, the decoder on its own"
TURNED_HELP = "Held-out sentences that a classifier trained apart reads as the other class after transfer"
NUMBERS = {
    "right": {"metric": "token_accuracy", "label": "words right", "form": "percent", "title": RIGHT_HELP},
    "grammatical": {
        "metric": "grammatical",
        "label": "grammatical",
        "form": "percent",
        "title": "Fresh samples that are sentences of the grammar",
    },
    "turned": {"metric": "transfer_accuracy", "label": "turned", "form": "percent", "title": TURNED_HELP},
}
ORDER = (
    "lam1",
    "lam2",
    "noise",
    "critic_steps",
    "penalty",
    "gp",
    "clip",
    "anneal",
    "rate_ae",
    "rate_f",
    "rate_g",
    "rate_u",
    "half_life",
)
NAMES = {"none": "AE", "gaussian": "AAE", "learned": "ARAE"}  # of a run, by its prior
PRIORS = {
    "none": "normal of the codes",
    "gaussian": "N(0, I), length 1",
    "learned": "g(s)",
}  # what rings are and samples come from
MEMBERS = (
    ("ae", "AE", "standard", "no prior; rings: a normal fitted to its codes"),
    ("aae", "AAE", "prior", "rings: noise that is fixed, N(0, I) brought to length 1"),
    ("arae", "ARAE", "g", "rings: g(s), a prior that is learned"),
)


def _numbers(setup: Any, *names: str, end: str = "") -> list[dict[str, Any]]:
    """Numbers beside a title; only the grammar knows what is grammatical."""
    return [
        {**NUMBERS[n], "metric": NUMBERS[n]["metric"] + end}
        for n in names
        if n != "grammatical" or setup.corpus == "grammar"
    ]


def _gap(setup: Any) -> list[dict[str, Any]]:
    return [] if setup.prior == "none" else [GAP]


def steps(transfer: bool) -> list[dict[str, Any]]:
    """Buttons for a step of one part alone."""
    return [
        {"label": "AE", "title": "One step of reconstruction alone", "knobs": {"update": "ae"}},
        {
            "label": "f",
            "title": f"One round of the critic{' and of the classifier' if transfer else ''} alone",
            "knobs": {"update": "critic"},
        },
        {"label": "enc + g", "title": "One step of the game alone: encoder and generator", "knobs": {"update": "game"}},
    ]


def legend(classes: tuple[str, ...], prior: str = "g(s)") -> list[dict[str, Any]]:
    """Marks of the classes, of the prior's codes ("" for none), and of the visitor's sentence."""
    ring = [{"ring": "g", "label": prior}] if prior else []
    return [
        *({"kind": i, "label": name} for i, name in enumerate(classes)),
        *ring,
        {"diamond": "fake", "label": "yours"},
    ]


def knobs(setup: Any) -> list[str]:
    """Names of the knobs that matter under a set-up; `update` is turned by the buttons for a step
    of one part, and `ema` by links alone.
    """
    away = set() if setup.transfer else {"lam2", "rate_u"}
    away |= {
        "none": {"lam1", "critic_steps", "penalty", "gp", "clip", "rate_f", "rate_g"},
        "gaussian": {"rate_g"},
        "learned": set(),
    }[setup.prior]
    return [name for name in ORDER if name not in away]


def transfer(classes: tuple[str, ...], typed: dict[str, Any], beside: str, setup: Any) -> dict[str, Any]:
    """Type a sentence, see it turned. typed: what panels/text/typing.js is told of the first
    sentence. beside: the shipped Cross-AE, "" for none.
    """
    mine = {"label": NAMES[setup.prior], "colour": "g"}
    cross = [{"label": "Cross-AE", "by": beside, "colour": "adv_l2"}] if beside else []
    lines = [
        {"label": "source", "scene": "probe_in"},
        {"label": "again", "layer": "probe_out", "mark": "wrong", "colour": "reconstruction"},
        {**mine, "layer": "probe_to", "mark": "come"},
        *({**c, "ask": "transfer", "mark": "come"} for c in cross),
    ]
    return {
        "key": "-transfer",
        "view": [1.2, 1.2],
        "grid": GRID,
        "panels": [
            {
                "name": "typing",
                "kind": "typing",
                "title": "Your sentence, turned",
                "colour": "g",
                "span": [8, 3],
                "ask": "transfer",
                **typed,
                "versions": [mine, *cross],
                "help": "The bar is the chance of the class asked for, by a classifier that was trained apart from all "
                "of these",
            },
            {**CLOUD, "batch": BATCH, "name": "codes", "title": "Codes", "span": [4, 5], "numbers": _gap(setup)},
            {
                "name": "probes",
                "kind": "sentences",
                "least": 320,
                "title": "Held-out sentences",
                "colour": "reconstruction",
                "span": [8, 3],
                "lines": lines,
                "batch": BATCH_LINES,
                "numbers": _numbers(setup, "right", "grammatical", "turned"),
                "help": "Again: back from its code, wrong words underlined. Then turned into the other class, new words "
                "on colour. Click one to take it",
            },
        ],
        "side": {"legend": legend(classes, PRIORS[setup.prior]), "span": [4, 1]},
        "steps": steps(True),
        "phases": phases(setup.prior, len(classes)),
        "flow": TRANSFER_FLOW,
        "only": knobs(setup),
    }


FILM_HELP = "Codes on the arc between two, and what each decodes to; or g along the arc between two draws of s. Words that are new against the line above are marked"
SAMPLES_HELP = (
    "Decodings of draws from the prior: {}. ✓ a sentence of the grammar; seen: word for word in the training sample"
)
ENCODE_HELP = "Back from its code; back from the code with noise added, wrong words marked; the training sentences whose codes are nearest"


def explore(classes: tuple[str, ...], typed: dict[str, Any], ends: tuple[str, str, str], setup: Any) -> dict[str, Any]:
    """Sentences through their code, fresh samples, ways between codes. ends: of the way to begin
    with, ("interpolate" or "walk", a, b).
    """
    how, *first = ends
    return {
        "key": "-sample",
        "view": [1.2, 1.2],
        "grid": GRID,
        "panels": [
            {
                "name": "film",
                "kind": "interpolation",
                "title": "Film strip",
                "colour": "fake",
                "span": [5, 4],
                "how": how,
                "first": first,
                "steps": 7,
                "link": "ends",
                "help": FILM_HELP,
            },
            {
                "name": "samples",
                "kind": "text_samples",
                "least": 300,
                "title": "Fresh samples",
                "colour": "g",
                "span": [4, 4],
                "layer": "samples",
                "marks": "sample_marks",
                "styles": setup.transfer,
                "numbers": _numbers(setup, "grammatical"),
                "help": SAMPLES_HELP.format(PRIORS[setup.prior]),
            },
            {**CLOUD, "batch": BATCH, "name": "codes", "title": "Codes", "span": [3, 4], "numbers": _gap(setup)},
            {
                "name": "typing",
                "kind": "typing",
                "title": "A sentence and its code",
                "colour": "reconstruction",
                "span": [9, 3],
                "ask": "encode",
                **typed,
                "help": ENCODE_HELP,
            },
        ],
        "side": {
            "legend": legend(classes, PRIORS[setup.prior]),
            "span": [3, 3],
            "views": [{"name": "film", "label": "large film strip", "panels": ["film", "codes"], "columns": 8}],
        },
        "steps": steps(setup.transfer),
        "phases": phases(setup.prior, len(classes) if setup.transfer else 0),
        "flow": TRANSFER_FLOW if setup.transfer else FLOW,
        "only": knobs(setup),
    }


def three(classes: tuple[str, ...], typed: dict[str, Any], setup: Any) -> dict[str, Any]:
    """AE, AAE and ARAE: their clouds above what their priors say."""
    clouds, samples = [], []
    for k, (member, title, colour, says) in enumerate(MEMBERS):
        own = {"colour": colour, "member": k}
        clouds.append(
            {
                **CLOUD,
                **own,
                "name": f"codes_{member}",
                "title": title,
                "span": [4, 3],
                "numbers": _numbers(setup, "right", end=f".{member}"),
                "help": f"{CLOUD_HELP}. Here {says}",
            }
        )
        samples.append(
            {
                **own,
                "name": f"samples_{member}",
                "kind": "text_samples",
                "least": 160,
                "title": "Samples",
                "span": [4, 3],
                "layer": "samples",
                "marks": "sample_marks",
                "asks": {"member": member},
                "numbers": _numbers(setup, "grammatical", end=f".{member}"),
                "help": f"Fresh samples of the {title}; {says}",
            }
        )
    return {
        "view": [1.2, 1.2],
        "grid": GRID,
        "panels": [
            *clouds,
            *samples,
            {
                "name": "typing",
                "kind": "typing",
                "title": "Your sentence, there and back",
                "colour": "reconstruction",
                "span": [9, 3],
                "ask": "compare",
                **typed,
                "versions": [
                    {"label": title, "member": member, "colour": colour} for member, title, colour, _ in MEMBERS
                ],
                "help": "Back from its code, and back from the code with noise added; wrong words marked",
            },
        ],
        "side": {"legend": legend(classes, "prior"), "span": [3, 3]},
        "steps": steps(False),
        "only": ["lam1", "noise", "critic_steps", "rate_ae", "rate_f", "rate_g"],
    }
