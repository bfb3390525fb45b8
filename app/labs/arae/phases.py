"""The sub-steps of a step of an ARAE, and the diagrams whose parts they light; their words are in phases.md."""

from __future__ import annotations

from typing import Any

from app.page import words

RECONSTRUCTION = {
    "name": "reconstruction", "panel": "probes", "parts": ["x", "enc", "z", "dec", "xh"],
    "layers": {"before": "batch_in", "after": "batch_out", "codes": "batch", "codes_after": "batch_after"},
}  # fmt: skip
CRITIC = {
    "name": "critic", "panel": "codes", "parts": ["z", "s", "g", "zt", "f"],
    "layers": {"real": "batch_real", "prior": "batch_prior"},
}  # fmt: skip
CLASSIFIER = {"name": "classifier", "panel": "codes", "parts": ["x", "enc", "z", "u"], "layers": {"codes": "batch"}}
AFTER = {"codes": "batch", "codes_after": "batch_after"}


def phases(prior: str, classes: int, tab: str = "") -> list[dict[str, Any]]:
    """Of a run with this prior (none, gaussian, learned).

    classes: to transfer between; 0 for no transfer. tab: whose words are taken where they differ from
    those that all tabs share.
    """
    sections = words.phases("arae", tab)
    learned, critic = prior == "learned", prior != "none"
    pulls = [name for name, there in (("g", learned), ("f", critic)) if there]
    pulls += ["flip" if classes == 2 else "uniform"] if classes else []
    out = [RECONSTRUCTION, *([CRITIC] if critic else []), *([CLASSIFIER] if classes else [])]
    if pulls:
        parts = ["x", "enc", "z"]
        parts += ["f", "zt"] if critic else []
        parts += ["s", "g"] if learned else []
        parts += ["u"] if classes else []
        title = "adversarial" if learned else "adversarial-without-g"
        out.append({"name": "adversarial", "words": title, "panel": "codes", "parts": parts, "layers": AFTER})
    found = words.worded(
        out,
        sections,
        prior=sections[f"prior-{prior}"].html if critic else "",
        pulls=" ".join(sections[f"pull-{name}"].html for name in pulls),
    )
    return [{**phase, "title": f"{k} {phase['title']}"} for k, phase in enumerate(found, 1)]


FLOW = {
    "nodes": [
        ["x", "x", 0, 0],
        ["enc", "enc", 1, 0],
        ["z", "z", 2, 0],
        ["dec", "dec", 3, 0],
        ["xh", "x̂", 4, 0],
        ["s", "s", 0, 1],
        ["g", "g", 1, 1],
        ["zt", "z̃", 2, 1],
        ["f", "f", 3, 1],
    ],
    "edges": [
        ["x", "enc"],
        ["enc", "z"],
        ["z", "dec"],
        ["dec", "xh"],
        ["s", "g"],
        ["g", "zt"],
        ["z", "f"],
        ["zt", "f"],
    ],
}
TRANSFER_FLOW = {
    "nodes": [
        ["x", "x", 0, 1],
        ["enc", "enc", 1, 1],
        ["z", "z", 2, 1],
        ["dec", "dec", 3, 1],
        ["xh", "x̂", 4, 1],
        ["y", "style y", 3, 0],
        ["u", "u", 2, 0],
        ["s", "s", 0, 2],
        ["g", "g", 1, 2],
        ["zt", "z̃", 2, 2],
        ["f", "f", 3, 2],
    ],
    "edges": [
        ["x", "enc"],
        ["enc", "z"],
        ["z", "dec"],
        ["y", "dec"],
        ["dec", "xh"],
        ["s", "g"],
        ["g", "zt"],
        ["z", "f"],
        ["zt", "f"],
        ["z", "u"],
    ],
}
