"""The sub-steps of a step of each AAE, in words with the numbers of that very step, and the
diagrams whose parts they light.
"""

from __future__ import annotations

OUT = '<output data-number="{}"></output>'
CODE, PRIOR = '<span data-method="code">{}</span>', '<span data-method="prior">{}</span>'

PHASES = [
    {
        "name": "reconstruction",
        "title": "1 reconstruction",
        "parts": ["x", "enc", "z", "dec", "xh"],
        "panel": "look",
        "layers": {"codes": "batch", "codes_after": "batch_after"},
        "html": f"Encoder and decoder lower L<sub>rec</sub> = −log p(x | Enc(x)) = {OUT.format('loss')} nats, the mean "
        f"over the batch. Arrows: where this step moves "
        "the batch's codes, drawn long.",
    },
    {
        "name": "d",
        "title": "2 discriminator",
        "parts": ["z", "p", "d"],
        "panel": "codes",
        "layers": {"codes": "batch"},
        "html": f"D learns to tell prior samples, its <i>real</i> side, from codes, its <i>fake</i> side: L<sub>D</sub> "
        f"= −½ log D(z) − ½ log(1 − D(Enc(x))) = "
        f"{OUT.format('cross_entropy')}, with the gradient penalty {OUT.format('loss')}. Mean D "
        f"{OUT.format('d_real')} on prior samples, "
        f"{OUT.format('d_codes')} on codes.",
    },
    {
        "name": "encoder",
        "title": "3 encoder",
        "parts": ["x", "enc", "z", "d"],
        "panel": "codes",
        "layers": {"codes": "batch", "arrows": "batch_pull", "codes_after": "batch_after"},
        "html": f"D is held fixed. The encoder lowers L<sub>Enc</sub> = −log D(Enc(x)) = {OUT.format('loss')}, so codes "
        f"go where D takes them for prior samples. "
        f"This step moves them by {OUT.format('moved')} on average; λ scales it. <i>Next</i> takes the step.",
    },
]
ELBO = {
    "name": "elbo",
    "title": "4 the VAE's step",
    "parts": ["x", "enc", "z", "dec", "xh"],
    "panel": "vae_codes",
    "layers": {"codes": "vae_batch", "codes_after": "vae_batch_after"},
    "html": f"On the same batch the VAE lowers −log p(x|z) + β·KL(q(z|x) ‖ p(z)) = {OUT.format('reconstruction')} + β · "
    f"{OUT.format('kl')}: "
    f"{OUT.format('loss')} in all. No game: the density of the prior itself pulls, code by code.",
}
BOTH_PHASES = [*PHASES, ELBO]

FLOW = {
    "nodes": [
        ["x", "x", 0, 0],
        ["enc", "Enc", 1, 0],
        ["z", "z", 2, 0],
        ["dec", "Dec", 3, 0],
        ["xh", "x̂", 4, 0],
        ["p", "p(z)", 2, 1],
        ["d", "D", 3, 1],
    ],
    "edges": [["x", "enc"], ["enc", "z"], ["z", "dec"], ["dec", "xh"], ["z", "d"], ["p", "d"]],
}

STYLE_PHASES = [
    {
        **PHASES[0],
        "parts": ["x", "enc", "z", "y", "dec", "xh"],
        "panel": "style",
        "layers": {},
        "html": f"The decoder is told the label: L<sub>rec</sub> = −log p(x | Enc(x), y) = {OUT.format('loss')} nats. "
        f"What the label says need not be in z.",
    },
    {
        **PHASES[1],
        "panel": "codes",
        "html": f"D tells draws of N(0, I) from styles: L<sub>D</sub> = {OUT.format('cross_entropy')}, with its penalty "
        f"{OUT.format('loss')}. "
        "Blue dots are draws, orange ones are styles, in their first two directions.",
    },
    {
        **PHASES[2],
        "panel": "codes",
        "layers": {"codes": "batch", "codes_after": "batch_after"},
        "html": f"The encoder lowers −log D(Enc(x)) = {OUT.format('loss')}. Arrows: where this step moves the batch's "
        f"styles, drawn long.",
    },
]
STYLE_FLOW = {
    "nodes": [
        ["x", "x", 0, 0],
        ["enc", "Enc", 1, 0],
        ["z", "z", 2, 0],
        ["dec", "Dec", 3, 0],
        ["xh", "x̂", 4, 0],
        ["y", "y", 2, 1],
        ["p", "N(0, I)", 2, 2],
        ["d", "D", 3, 2],
    ],
    "edges": [["x", "enc"], ["enc", "z"], ["z", "dec"], ["y", "dec"], ["dec", "xh"], ["z", "d"], ["p", "d"]],
}

SEMI_PHASES = [
    {
        "name": "reconstruction",
        "title": "1 reconstruction",
        "parts": ["x", "enc", "y", "z", "dec", "xh"],
        "panel": "look",
        "html": f"On unlabelled images: −log p(x | q(y|x), z) = {OUT.format('loss')} nats. The encoder sees them turned, "
        f"shifted and noised; it must give back the clean ones.",
    },
    {
        "name": "regularisation",
        "title": "2 regularisation",
        "parts": ["enc", "y", "z", "cat", "p", "dy", "dz"],
        "panel": "codes",
        "layers": {"codes": "batch"},
        "html": f"Two games. D<sub>y</sub> tells one-hot draws of a uniform digit from q(y|x): {OUT.format('loss_dy')}. "
        f"D<sub>z</sub> tells N(0, I) from styles: "
        f"{OUT.format('loss_dz')}. The encoder then fools both: {OUT.format('loss_encoder')}.",
    },
    {
        "name": "classification",
        "title": "3 classification",
        "parts": ["x", "enc", "y"],
        "panel": "confusion",
        "html": f"On labelled images alone: cross-entropy of q(y|x) with the label, {OUT.format('loss')} nats; "
        f"{OUT.format('wrong')} % of them are read wrongly. "
        "<i>Next</i> takes the step.",
    },
]
SEMI_FLOW = {
    "nodes": [
        ["x", "x", 0, 1],
        ["enc", "Enc", 1, 1],
        ["y", "q(y|x)", 2, 0],
        ["z", "z", 2, 2],
        ["dec", "Dec", 3, 1],
        ["xh", "x̂", 4, 1],
        ["cat", "Cat", 3, 0],
        ["dy", "D_y", 4, 0],
        ["p", "N(0, I)", 3, 2],
        ["dz", "D_z", 4, 2],
    ],
    "edges": [
        ["x", "enc"],
        ["enc", "y"],
        ["enc", "z"],
        ["y", "dec"],
        ["z", "dec"],
        ["dec", "xh"],
        ["cat", "dy"],
        ["p", "dz"],
    ],
}
