"""The phases of a step of an ARAE, and the diagrams whose parts they light up.

The texts of the phases are in phases.md, those of digits in digits_phases.md as well.
"""

from __future__ import annotations

from app.page import words
from app.page.stage_parts import Piece, flow

RECONSTRUCTION = {
    "name": "reconstruction", "panel": "probes", "parts": ["x", "enc", "z", "dec", "xh"],
    "layers": {"before": "batch_in", "after": "batch_out", "codes": "batch", "codes_after": "batch_after"},
}  # fmt: skip
CRITIC = {
    "name": "critic", "panel": "codes", "parts": ["z", "s", "g", "zt", "f"],
    "layers": {"real": "batch_real", "prior": "batch_prior"},
}  # fmt: skip
CLASSIFIER = {"name": "classifier", "panel": "codes", "parts": ["x", "enc", "z", "u"], "layers": {"codes": "batch"}}


def phases(prior: str, classes: int, tab: str = "") -> list[Piece]:
    """The phases of a step, numbered, with their texts.

    prior: none, gaussian or learned. classes: to transfer between; 0 for no transfer. tab: whose
    texts are taken where they differ from those that all tabs share.
    """
    sections = words.phases("arae", tab)
    learned = prior == "learned"
    critic = prior != "none"
    steps = [RECONSTRUCTION, *([CRITIC] if critic else []), *([CLASSIFIER] if classes else [])]
    pulls = _pulls(prior, classes)
    if pulls:
        steps.append(
            {
                "name": "adversarial",
                "words": "adversarial" if learned else "adversarial-without-g",
                "panel": "codes",
                "parts": _adversarial_parts(prior, classes),
                "layers": {"codes": "batch", "codes_after": "batch_after"},
            }
        )
    worded = words.worded(
        steps,
        sections,
        prior=sections[f"prior-{prior}"].html if critic else "",
        pulls=" ".join(sections[f"pull-{name}"].html for name in pulls),
    )
    return [{**phase, "title": f"{k} {phase['title']}"} for k, phase in enumerate(worded, 1)]


def _pulls(prior: str, classes: int) -> list[str]:
    """Sections of phases.md, named pull-NAME, on what moves codes in the adversarial phase."""
    of_prior = {"none": [], "gaussian": ["f"], "learned": ["g", "f"]}[prior]
    of_classes = ["flip" if classes == 2 else "uniform"] if classes else []
    return of_prior + of_classes


def _adversarial_parts(prior: str, classes: int) -> list[str]:
    """Parts of the diagram that the adversarial phase lights up."""
    of_prior = {"none": [], "gaussian": ["f", "zt"], "learned": ["f", "zt", "s", "g"]}[prior]
    return ["x", "enc", "z", *of_prior, *(["u"] if classes else [])]


FLOW = flow(
    {
        "x": ("x", 0, 0),
        "enc": ("enc", 1, 0),
        "z": ("z", 2, 0),
        "dec": ("dec", 3, 0),
        "xh": ("x̂", 4, 0),
        "s": ("s", 0, 1),
        "g": ("g", 1, 1),
        "zt": ("z̃", 2, 1),
        "f": ("f", 3, 1),
    },
    "x enc z dec xh",
    "s g zt",
    "z f",
    "zt f",
)
TRANSFER_FLOW = flow(
    {
        "x": ("x", 0, 1),
        "enc": ("enc", 1, 1),
        "z": ("z", 2, 1),
        "dec": ("dec", 3, 1),
        "xh": ("x̂", 4, 1),
        "y": ("style y", 3, 0),
        "u": ("u", 2, 0),
        "s": ("s", 0, 2),
        "g": ("g", 1, 2),
        "zt": ("z̃", 2, 2),
        "f": ("f", 3, 2),
    },
    "x enc z dec",
    "y dec xh",
    "s g zt",
    "z f",
    "zt f",
    "z u",
)
