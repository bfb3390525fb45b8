"""The Stages of the ARAE lab that show sentences: transfer, samples with ways between codes, three priors side by side."""

from __future__ import annotations

from typing import Any

from app.arae_phases import FLOW, PHASES, TRANSFER_FLOW, TRANSFER_PHASES

CLOUD = {
    "kind": "clouds", "colour": "g", "real": "codes_real", "prior": "codes_prior", "kinds": "codes_class", "tokens": "codes_tokens",
    "help": "Codes of 256 sentences, and as many that g makes of draws of s, in one fixed projection to two directions. Point at a code: "
    "its sentence. Click: take that sentence. Two of many directions: clouds that agree here may differ elsewhere, clouds that differ here do differ",
}  # fmt: skip
GRID = {"columns": 12, "cell": [2.1, 1], "free": True, "narrow": 2, "least": 330, "smallest": 40}
BATCH = [
    {"draw": "dots", "layer": "batch_real", "colour": "real", "radius": 3.4}, {"draw": "dots", "layer": "batch_prior", "colour": "g", "radius": 4, "ring": True},
    {"draw": "dots", "layer": "batch", "colour": "fake", "radius": 3}, {"draw": "shifts", "layer": "batch_after", "from": "batch", "absolute": True, "colour": "ink", "longest": 0.35},
]  # fmt: skip
BATCH_LINES = [{"label": "x", "layer": "batch_in"}, {"label": "next words", "layer": "batch_out", "mark": "wrong", "colour": "reconstruction"}]
GAP = {"metric": "wasserstein", "label": "Ŵ", "form": "signed", "title": "E f(enc x) − E f(g(s)) on a batch: the critic's estimate of the Wasserstein distance, up to its slope"}
NUMBERS = [
    {"metric": "token_accuracy", "label": "words right", "form": "percent", "title": "Words of held-out sentences that come back from their code, the decoder on its own"},
    {"metric": "grammatical", "label": "grammatical", "form": "percent", "title": "Fresh samples that are sentences of the grammar"},
    {"metric": "transfer_accuracy", "label": "turned", "form": "percent", "title": "Held-out sentences that a classifier trained apart reads as the other class after transfer"},
    {"metric": "wasserstein", "label": "Ŵ", "form": "signed", "title": GAP["title"]},
    {"metric": "code_variance", "label": "Var enc(x)", "title": "Sum of the variances of the codes over their directions; codes of length 1 reach at most 1, and 0 is collapse"},
    {"metric": "code_variance.prior", "label": "Var g(s)", "title": "The same of the codes that g makes"},
]  # fmt: skip


def _tiles(*names: str) -> list[dict[str, Any]]:
    return [n for n in NUMBERS if n["metric"] in names]


def steps(transfer: bool) -> list[dict[str, Any]]:
    """Buttons for a step of one part alone."""
    return [
        {"label": "AE", "title": "One step of reconstruction alone", "knobs": {"update": "ae"}},
        {"label": "f", "title": "One round of the critic alone", "knobs": {"update": "critic"}},
        {"label": "enc + g", "title": "One step of the game alone: encoder and generator" + (", and of the classifier" if transfer else ""), "knobs": {"update": "game"}},
    ]  # fmt: skip


def legend(classes: tuple[str, ...], prior: bool = True) -> list[dict[str, Any]]:
    """Marks of the classes and of the prior's codes."""
    ring = [{"ring": "g", "label": "g(s)"}] if prior else []
    return [*({"kind": i, "label": name} for i, name in enumerate(classes)), *ring, {"diamond": "fake", "label": "yours"}]


ORDER = ("lam1", "lam2", "noise", "critic_steps", "penalty", "gp", "clip", "anneal", "rate_ae", "rate_f", "rate_g", "rate_u", "half_life")


def knobs(setup: Any) -> list[str]:
    """Names of the knobs that matter under a set-up; `update` is turned by the buttons for a step of one part, and `ema` by links alone."""
    away = set() if setup.transfer else {"lam2", "rate_u"}
    away |= {"none": {"lam1", "critic_steps", "penalty", "gp", "clip", "rate_f", "rate_g"}, "gaussian": {"rate_g"}, "learned": set()}[setup.prior]
    return [name for name in ORDER if name not in away]


def transfer(classes: tuple[str, ...], first: str, usual: str, beside: str, only: list[str]) -> dict[str, Any]:
    """Type a sentence, see it turned. first: the sentence to begin with, usual: the one a link need not name. beside: the shipped Cross-AE, "" for none."""
    versions = [{"label": "ARAE", "colour": "g"}, *([{"label": "Cross-AE", "by": beside, "colour": "adv_l2"}] if beside else [])]
    lines = [{"label": "source", "scene": "probe_in"}, {"label": "again", "layer": "probe_out", "mark": "wrong", "colour": "reconstruction"},
             {"label": "ARAE", "layer": "probe_to", "mark": "come", "colour": "g"},
             *([{"label": "Cross-AE", "ask": "transfer", "by": beside, "mark": "come", "colour": "adv_l2"}] if beside else [])]  # fmt: skip
    return {
        "key": "-transfer", "view": [1.2, 1.2], "grid": GRID,
        "panels": [
            {"name": "typing", "kind": "typing", "title": "Your sentence, turned", "colour": "g", "span": [8, 3], "ask": "transfer", "first": first, "usual": usual, "link": "say",
             "versions": versions, "help": "The bar is the chance of the class asked for, by a classifier that was trained apart from all of these"},
            {**CLOUD, "batch": BATCH, "name": "codes", "title": "Codes", "span": [4, 5], "numbers": [GAP]},
            {"name": "probes", "kind": "sentences", "title": "Held-out sentences", "colour": "reconstruction", "span": [8, 3], "lines": lines, "batch": BATCH_LINES,
             "numbers": _tiles("token_accuracy", "transfer_accuracy", "grammatical"),
             "help": "Again: back from its code, words that are wrong underlined. Then turned into the other class, new words on colour. Click one to take it"},
        ],
        "side": {"legend": legend(classes), "span": [4, 1]},
        "steps": steps(True), "phases": TRANSFER_PHASES, "flow": TRANSFER_FLOW, "only": only,
    }  # fmt: skip


def explore(classes: tuple[str, ...], ends: tuple[str, str], first: str, usual: str, only: list[str], prior: bool, transfer: bool) -> dict[str, Any]:
    """Sentences through their code, fresh samples, ways between codes. ends: of the way to begin with. prior: whether the run has one to sample from."""
    return {
        "key": "-sample", "view": [1.2, 1.2], "grid": GRID,
        "panels": [
            {"name": "film", "kind": "film", "title": "Film strip", "colour": "fake", "span": [5, 4], "first": list(ends), "steps": 7,
             "help": "Codes on the arc between two, and what each decodes to; or g along the arc between two draws of s. Words that are new against the line above are marked"},
            {"name": "samples", "kind": "fresh", "title": "Fresh samples", "colour": "g", "span": [4, 4], "layer": "samples", "marks": "sample_marks", "styles": transfer,
             "numbers": _tiles("grammatical"), "help": "Decodings of g(s), s drawn from N(0, I). ✓ a sentence of the grammar; seen: word for word in the training sample"},
            {**CLOUD, "batch": BATCH, "name": "codes", "title": "Codes", "span": [3, 4], "numbers": [GAP]},
            {"name": "typing", "kind": "typing", "title": "A sentence and its code", "colour": "reconstruction", "span": [9, 3], "ask": "encode", "first": first, "usual": usual, "link": "say",
             "numbers": _tiles("token_accuracy"),
             "help": "Back from its code; back from the code with noise added, wrong words marked; the training sentences whose codes are nearest"},
        ],
        "side": {"legend": legend(classes, prior), "span": [3, 3], "views": [{"name": "film", "label": "large film strip", "panels": ["film", "codes"], "columns": 8}]},
        "steps": steps(transfer), "phases": TRANSFER_PHASES if transfer else PHASES, "flow": TRANSFER_FLOW if transfer else FLOW, "only": only,
    }  # fmt: skip


MEMBERS = (("ae", "AE", "standard", "no prior; rings: a normal fitted to its codes"), ("aae", "AAE", "prior", "rings: noise that is fixed, N(0, I) brought to length 1"),
           ("arae", "ARAE", "g", "rings: g(s), a prior that is learned"))  # fmt: skip


def three(classes: tuple[str, ...], first: str, usual: str) -> dict[str, Any]:
    """AE, AAE and ARAE: their clouds above what their priors say."""
    clouds, samples = [], []
    for k, (member, title, colour, says) in enumerate(MEMBERS):
        numbers = [{**n, "metric": f"{n['metric']}.{member}"} for n in _tiles("token_accuracy")]
        clouds.append({**CLOUD, "name": f"codes_{member}", "title": title, "colour": colour, "span": [4, 3], "member": k, "numbers": numbers, "help": f"{CLOUD['help']}. Here {says}"})
        known = [{**n, "metric": f"{n['metric']}.{member}"} for n in _tiles("grammatical")]
        samples.append({"name": f"samples_{member}", "kind": "fresh", "title": "Samples", "colour": colour, "span": [4, 2], "layer": "samples", "marks": "sample_marks", "member": k,
                        "numbers": known, "help": f"Fresh samples of the {title}; {says}"})  # fmt: skip
    return {
        "view": [1.2, 1.2], "grid": GRID,
        "panels": [
            *clouds, *samples,
            {"name": "typing", "kind": "typing", "title": "Your sentence, there and back", "colour": "reconstruction", "span": [9, 3], "ask": "compare", "first": first, "usual": usual,
             "link": "say", "versions": [{"label": title, "member": member, "colour": colour} for member, title, colour, _ in MEMBERS],
             "help": "Back from its code, and back from the code with noise added; wrong words marked"},
        ],
        "side": {"legend": [*legend(classes, False), {"ring": "g", "label": "prior"}], "span": [3, 3]},
        "steps": steps(False), "only": ["lam1", "noise", "critic_steps", "rate_ae", "rate_f", "rate_g"],
    }  # fmt: skip
