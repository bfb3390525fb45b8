"""The sub-steps of a step of an ARAE, in words with the numbers of that very step, and the diagrams whose parts they light."""

from __future__ import annotations

OUT = '<output data-number="{}"></output>'
SIGNED = '<output data-number="{}" data-form="signed"></output>'

RECONSTRUCTION = {
    "name": "reconstruction", "title": "1 reconstruction", "panel": "probes", "parts": ["x", "enc", "z", "dec", "xh"],
    "layers": {"before": "batch_in", "after": "batch_out", "codes": "batch", "codes_after": "batch_after"},
    "html": f"Encoder and decoder lower L<sub>rec</sub> = −log p(x | z), {OUT.format('loss')} nats a word, {OUT.format('right')} % of the next words "
            f"guessed right. z = enc(x) has length 1 and is given noise σ = {OUT.format('sigma')} a coordinate. The words come one "
            "after the other, so the loss does; z does not, and the game is played there.",
}  # fmt: skip
CRITIC = {
    "name": "critic", "title": "2 critic", "panel": "codes", "parts": ["z", "s", "g", "zt", "f"], "layers": {"real": "batch_real", "prior": "batch_prior"},
    "html": f"f takes its steps to raise E f(enc(x)) − E f(g(s)), now Ŵ = {SIGNED.format('wasserstein')}. Kept from growing steep, f says how far the two "
            f"clouds are apart. Its loss, penalty included: {SIGNED.format('loss')}.",
}  # fmt: skip
CLASSIFIER = {
    "name": "classifier", "title": "3 classifier", "panel": "codes", "parts": ["x", "enc", "z", "u"], "layers": {"codes": "batch"},
    "html": f"u learns to read the class from z and lowers L<sub>class</sub> = −log p<sub>u</sub>(y | z) = {OUT.format('loss')} nats; it is right "
            f"{OUT.format('right')} % of the time. "
            "What the decoder is told by its style must not be told by z: next the encoder goes against u.",
}  # fmt: skip

ADVERSARIAL = {
    "name": "adversarial", "title": "3 encoder and g", "panel": "codes", "parts": ["x", "enc", "z", "s", "g", "zt", "f"],
    "layers": {"codes": "batch", "codes_after": "batch_after"},
    "html": f"f is held fixed. g lowers −E f(g(s)) = {SIGNED.format('loss_g')}; the encoder lowers λ₁·E f(enc(x)), now E f(enc(x)) = "
            f"{SIGNED.format('f')}. Each cloud goes where f finds the other. <i>Next</i> takes the step.",
}  # fmt: skip
AGAINST_U = f" Against u it lowers λ₂ times the loss of the flipped label, {OUT.format('flip')} nats."
BOTH = {
    **ADVERSARIAL,
    "title": "4 encoder and g",
    "parts": [*ADVERSARIAL["parts"], "u"],
    "html": ADVERSARIAL["html"].replace(" Each cloud", f"{AGAINST_U} Each cloud"),
}
PHASES = [RECONSTRUCTION, CRITIC, ADVERSARIAL]
TRANSFER_PHASES = [RECONSTRUCTION, CRITIC, CLASSIFIER, BOTH]

FLOW = {
    "nodes": [["x", "x", 0, 0], ["enc", "enc", 1, 0], ["z", "z", 2, 0], ["dec", "dec", 3, 0], ["xh", "x̂", 4, 0],
              ["s", "s", 0, 1], ["g", "g", 1, 1], ["zt", "z̃", 2, 1], ["f", "f", 3, 1]],
    "edges": [["x", "enc"], ["enc", "z"], ["z", "dec"], ["dec", "xh"], ["s", "g"], ["g", "zt"], ["z", "f"], ["zt", "f"]],
}  # fmt: skip
TRANSFER_FLOW = {
    "nodes": [["x", "x", 0, 1], ["enc", "enc", 1, 1], ["z", "z", 2, 1], ["dec", "dec", 3, 1], ["xh", "x̂", 4, 1], ["y", "style y", 2, 0], ["u", "u", 4, 0],
              ["s", "s", 0, 2], ["g", "g", 1, 2], ["zt", "z̃", 2, 2], ["f", "f", 3, 2]],
    "edges": [["x", "enc"], ["enc", "z"], ["z", "dec"], ["y", "dec"], ["dec", "xh"], ["s", "g"], ["g", "zt"], ["z", "f"], ["zt", "f"], ["z", "u"]],
}  # fmt: skip
