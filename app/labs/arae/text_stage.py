"""The Stages of the ARAE lab that show sentences.

They are: transfer; samples, with ways between codes; three priors side by side. A set-up here is a
SentenceSetup of engine/methods/arae/sentence_run.py; prior, transfer and corpus are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from app.labs.arae.phases import FLOW, TRANSFER_FLOW, phases
from app.page.stage_parts import Piece, layer, number, panel, step_of, view

GRID = {"columns": 12, "cell": [2.1, 1], "free": True, "narrow": 2, "least": 330, "smallest": 40}
CLOUD_HELP = (
    "Codes of 256 sentences, and rings: as many samples of the prior, in one fixed projection to two directions. "
    "Point at a code: its sentence. Click: take that sentence. Two of many directions: clouds that agree here may "
    "differ elsewhere, clouds that differ here do differ"
)
BATCH = [
    layer("dots", "batch_real", colour="real", radius=3.4),
    layer("dots", "batch_prior", colour="g", radius=4, ring=True),
    layer("dots", "batch", colour="fake", radius=3),
    layer("shifts", "batch_after", absolute=True, colour="ink", longest=0.35, **{"from": "batch"}),
]
BATCH_LINES = [
    {"label": "x", "layer": "batch_in"},
    {"label": "next words", "layer": "batch_out", "mark": "wrong", "colour": "reconstruction"},
]
GAP = number(
    "wasserstein",
    "Ŵ",
    "signed",
    "E f(enc x) − E f(g(s)) on a batch: the critic's estimate of the Wasserstein distance, up to its slope",
)
NUMBERS = {
    "right": number(
        "token_accuracy",
        "words right",
        "percent",
        "Words of held-out sentences that come back from their code, the decoder on its own",
    ),
    "grammatical": number("grammatical", "grammatical", "percent", "New samples that are sentences of the grammar"),
    "turned": number(
        "transfer_accuracy",
        "changed",
        "percent",
        "Held-out sentences that a classifier, trained apart, reads as the other class after transfer",
    ),
}
# Knobs in the order of their sliders.
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
# Knobs that do nothing under a prior.
IDLE = {
    "none": {"lam1", "critic_steps", "penalty", "gp", "clip", "rate_f", "rate_g"},
    "gaussian": {"rate_g"},
    "learned": set(),
}
# Of a run, by its prior: what it is called, and what rings are and samples come from.
NAMES = {"none": "AE", "gaussian": "AAE", "learned": "ARAE"}
PRIORS = {"none": "normal of the codes", "gaussian": "N(0, I), length 1", "learned": "g(s)"}


class Member(NamedTuple):
    """One of the three that are compared. description: what its rings are, for help texts."""

    name: str
    title: str
    colour: str
    description: str


MEMBERS = (
    Member("ae", "AE", "standard", "no prior; rings: a normal fitted to its codes"),
    Member("aae", "AAE", "prior", "rings: noise that is fixed, N(0, I) brought to length 1"),
    Member("arae", "ARAE", "g", "rings: g(s), a prior that is learned"),
)


def _numbers(setup: Any, *names: str, end: str = "") -> list[Piece]:
    """Numbers beside a title; only the grammar knows what is grammatical.

    end: what the names of the metrics end in.
    """
    shown = [NUMBERS[name] for name in names if name != "grammatical" or setup.corpus == "grammar"]
    return [{**one, "metric": one["metric"] + end} for one in shown]


def steps(transfer: bool) -> list[Piece]:
    """Buttons for a step of one part alone. transfer: whether there is the classifier u."""
    rounds = "One round of the critic and of the classifier alone" if transfer else "One round of the critic alone"
    return [
        step_of("AE", "One step of reconstruction alone", "ae"),
        step_of("f", rounds, "critic"),
        step_of("enc + g", "One step of the game alone: encoder and generator", "game"),
    ]


def legend(classes: tuple[str, ...], prior: str = "g(s)") -> list[Piece]:
    """Marks of the classes, of the prior's codes ("" for none), and of the visitor's sentence."""
    ring = [{"ring": "g", "label": prior}] if prior else []
    return [
        *({"kind": i, "label": name} for i, name in enumerate(classes)),
        *ring,
        {"diamond": "fake", "label": "yours"},
    ]


def knobs(setup: Any) -> list[str]:
    """Names of the knobs that matter under a set-up, in the order of their sliders.

    The buttons for a step of one part turn `update`, and links alone turn `ema`.
    """
    idle = IDLE[setup.prior] | (set() if setup.transfer else {"lam2", "rate_u"})
    return [name for name in ORDER if name not in idle]


def clouds(name: str, title: str, **fields: Any) -> Piece:
    """A panel with the codes of sentences and of the prior. fields: in place of its own."""
    own = {
        "colour": "g",
        "real": "codes_real",
        "prior": "codes_prior",
        "kinds": "codes_class",
        "tokens": "codes_tokens",
        "help": CLOUD_HELP,
    }
    return panel(name, "code_clouds", title, **{**own, **fields})


def _codes(setup: Any, span: list[int]) -> Piece:
    """The codes of a run, with the critic's estimate where it has a critic."""
    return clouds("codes", "Codes", batch=BATCH, span=span, numbers=[] if setup.prior == "none" else [GAP])


def _typing(title: str, colour: str, span: list[int], ask: str, typed: Piece, **fields: Any) -> Piece:
    """A panel to type a sentence in. ask: the question that is put of it."""
    return panel("typing", "typing", title, colour=colour, span=span, ask=ask, **typed, **fields)


def _samples(name: str, title: str, **fields: Any) -> Piece:
    """A panel with sentences from the prior."""
    return panel(name, "text_samples", title, layer="samples", marks="sample_marks", **fields)


def transfer(classes: tuple[str, ...], typed: Piece, beside: str, setup: Any) -> Piece:
    """The Stage to type a sentence and see it transferred.

    typed: what panels/text/typing.js is given of the first sentence. beside: the shipped Cross-AE
    that answers as well, "" for none.
    """
    mine = {"label": NAMES[setup.prior], "colour": "g"}
    cross = [{"label": "Cross-AE", "by": beside, "colour": "adv_l2"}] if beside else []
    lines = [
        {"label": "source", "scene": "probe_in"},
        {"label": "again", "layer": "probe_out", "mark": "wrong", "colour": "reconstruction"},
        {**mine, "layer": "probe_to", "mark": "come"},
        *({**other, "ask": "transfer", "mark": "come"} for other in cross),
    ]
    typing = _typing(
        "Your sentence, transferred",
        "g",
        [8, 3],
        "transfer",
        typed,
        versions=[mine, *cross],
        help="The bar is the chance of the class asked for, by a classifier that was trained apart from all of these",
    )
    probes = panel(
        "probes",
        "sentences",
        "Held-out sentences",
        least=320,
        colour="reconstruction",
        span=[8, 3],
        lines=lines,
        batch=BATCH_LINES,
        numbers=_numbers(setup, "right", "grammatical", "turned"),
        help="Again: back from its code, wrong words underlined. Then transferred to the other class, new words "
        "on colour. Click one to take it",
    )
    return {
        "key": "-transfer",
        "view": [1.2, 1.2],
        "grid": GRID,
        "panels": [typing, _codes(setup, [4, 5]), probes],
        "side": {"legend": legend(classes, PRIORS[setup.prior]), "span": [4, 1]},
        "steps": steps(True),
        "phases": phases(setup.prior, len(classes)),
        "flow": TRANSFER_FLOW,
        "only": knobs(setup),
    }


def explore(classes: tuple[str, ...], typed: Piece, ends: Sequence[str], setup: Any) -> Piece:
    """The Stage with sentences through their code, samples of the prior, and ways between codes.

    typed: as for `transfer`. ends: of the way to begin with, ("interpolate" or "walk", a, b).
    """
    how, *first = ends
    strip = panel(
        "film",
        "interpolation",
        "Film strip",
        colour="fake",
        span=[5, 4],
        how=how,
        first=first,
        steps=7,
        link="ends",
        help="Codes on the arc between two, and what each decodes to; or g along the arc between two samples of s. "
        "Words that differ from the line above are marked",
    )
    samples = _samples(
        "samples",
        "New samples",
        least=300,
        colour="g",
        span=[4, 4],
        styles=setup.transfer,
        numbers=_numbers(setup, "grammatical"),
        help=f"Decodings of samples of the prior: {PRIORS[setup.prior]}. ✓ a sentence of the grammar; "
        "seen: word for word in the training sample",
    )
    typing = _typing(
        "A sentence and its code",
        "reconstruction",
        [9, 3],
        "encode",
        typed,
        help="Back from its code; back from the code with noise added, wrong words marked; the training "
        "sentences whose codes are nearest",
    )
    return {
        "key": "-sample",
        "view": [1.2, 1.2],
        "grid": GRID,
        "panels": [strip, samples, _codes(setup, [3, 4]), typing],
        "side": {
            "legend": legend(classes, PRIORS[setup.prior]),
            "span": [3, 3],
            "views": [view("film", "large film strip", ["film", "codes"], columns=8)],
        },
        "steps": steps(setup.transfer),
        "phases": phases(setup.prior, len(classes) if setup.transfer else 0),
        "flow": TRANSFER_FLOW if setup.transfer else FLOW,
        "only": knobs(setup),
    }


def three(classes: tuple[str, ...], typed: Piece, setup: Any) -> Piece:
    """The Stage with AE, AAE and ARAE: their codes above samples of their priors."""
    codes = [
        clouds(
            f"codes_{m.name}",
            m.title,
            colour=m.colour,
            member=k,
            span=[4, 3],
            numbers=_numbers(setup, "right", end=f".{m.name}"),
            help=f"{CLOUD_HELP}. Here {m.description}",
        )
        for k, m in enumerate(MEMBERS)
    ]
    samples = [
        _samples(
            f"samples_{m.name}",
            "Samples",
            colour=m.colour,
            member=k,
            least=160,
            span=[4, 3],
            asks={"member": m.name},
            numbers=_numbers(setup, "grammatical", end=f".{m.name}"),
            help=f"New samples of the {m.title}; {m.description}",
        )
        for k, m in enumerate(MEMBERS)
    ]
    typing = _typing(
        "Your sentence, there and back",
        "reconstruction",
        [9, 3],
        "compare",
        typed,
        versions=[{"label": m.title, "member": m.name, "colour": m.colour} for m in MEMBERS],
        help="Back from its code, and back from the code with noise added; wrong words marked",
    )
    return {
        "view": [1.2, 1.2],
        "grid": GRID,
        "panels": [*codes, *samples, typing],
        "side": {"legend": legend(classes, "prior"), "span": [3, 3]},
        "steps": steps(False),
        "only": ["lam1", "noise", "critic_steps", "rate_ae", "rate_f", "rate_g"],
    }
