"""The sub-steps of a step of an ARAE, in words with the numbers of that very step, and the diagrams
whose parts they light.
"""

from __future__ import annotations

from typing import Any

OUT = '<output data-number="{}"></output>'
SIGNED = '<output data-number="{}" data-form="signed"></output>'

RECONSTRUCTION = {
    "name": "reconstruction",
    "title": "reconstruction",
    "panel": "probes",
    "parts": ["x", "enc", "z", "dec", "xh"],
    "layers": {"before": "batch_in", "after": "batch_out", "codes": "batch", "codes_after": "batch_after"},
    "html": f"Encoder and decoder lower L<sub>rec</sub> = −log p(x | z), {OUT.format('loss')} nats a word, "
    f"{OUT.format('right')} % of the next words "
    f"guessed right. z = enc(x) has length 1 and is given noise σ = {OUT.format('sigma')} a coordinate. The "
    f"words come one "
    "after the other, so the loss does; z does not, and the game is played there.",
}
CRITIC = {
    "name": "critic",
    "title": "critic",
    "panel": "codes",
    "parts": ["z", "s", "g", "zt", "f"],
    "layers": {"real": "batch_real", "prior": "batch_prior"},
    "html": f"f takes its steps to raise E f(enc(x)) − E f(g(s)), now Ŵ = {SIGNED.format('wasserstein')}. Kept from "
    f"growing steep, f says how far the two "
    f"clouds are apart. Its loss, penalty included: {SIGNED.format('loss')}.",
}
CLASSIFIER = {
    "name": "classifier",
    "title": "classifier",
    "panel": "codes",
    "parts": ["x", "enc", "z", "u"],
    "layers": {"codes": "batch"},
    "html": f"u learns to read the class from z and lowers L<sub>class</sub> = −log p<sub>u</sub>(y | z) = "
    f"{OUT.format('loss')} nats; it is right "
    f"{OUT.format('right')} % of the time. "
    "What the decoder is told by its style must not be told by z: next the encoder goes against u.",
}

PULL = {
    "g": f"g lowers −E f(g(s)) = {SIGNED.format('loss_g')}.",
    "f": f"The encoder lowers λ₁·E f(enc(x)), now E f(enc(x)) = {SIGNED.format('f')}.",
    "flip": f"Against u it lowers λ₂ times the loss of the flipped label, {OUT.format('flip')} nats.",
    "uniform": f"Against u it lowers λ₂ times the cross-entropy of u's answer with the uniform distribution, "
    f"{OUT.format('flip')} nats.",
}


def phases(prior: str, classes: int) -> list[dict[str, Any]]:
    """Of a run with this prior (none, gaussian, learned) and as many classes to transfer between; 0
    for no transfer.
    """
    critic = (
        [CRITIC if prior == "learned" else {**CRITIC, "html": CRITIC["html"].replace("f(g(s))", "f(prior)")}]
        if prior != "none"
        else []
    )
    pulls = (
        (["g"] if prior == "learned" else [])
        + (["f"] if critic else [])
        + (["flip" if classes == 2 else "uniform"] if classes else [])
    )
    out = [RECONSTRUCTION, *critic, *([CLASSIFIER] if classes else [])]
    if pulls:
        parts = [
            "x",
            "enc",
            "z",
            *(["f", "zt"] if critic else []),
            *(["s", "g"] if prior == "learned" else []),
            *(["u"] if classes else []),
        ]
        title = "encoder and g" if prior == "learned" else "encoder"
        out.append(
            {
                "name": "adversarial",
                "title": title,
                "panel": "codes",
                "parts": parts,
                "layers": {"codes": "batch", "codes_after": "batch_after"},
                "html": f"Those who judge are held fixed. {' '.join(PULL[p] for p in pulls)} <i>Next</i> takes the "
                f"step.",
            }
        )
    return [{**p, "title": f"{k} {p['title']}"} for k, p in enumerate(out, 1)]


FLOW = {
    "nodes": [["x", "x", 0, 0], ["enc", "enc", 1, 0], ["z", "z", 2, 0], ["dec", "dec", 3, 0], ["xh", "x̂", 4, 0],
              ["s", "s", 0, 1], ["g", "g", 1, 1], ["zt", "z̃", 2, 1], ["f", "f", 3, 1]],
    "edges": [["x", "enc"], ["enc", "z"], ["z", "dec"], ["dec", "xh"], ["s", "g"], ["g", "zt"], ["z", "f"], ["zt", "f"]],
}  # fmt: skip
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
