"""The digits of the ARAE lab: its Stage on binarised MNIST."""

from __future__ import annotations

from typing import Any

from app.labs.arae.phases import FLOW, phases
from app.labs.arae.text_stage import BATCH, CLOUD, GAP, GRID, ORDER, steps

PHASES = phases("learned", 0, "digits")
DIGITS = [str(k) for k in range(10)]
RECONSTRUCTION = {
    **PHASES[0], "layers": {"images": "batch_images", "reconstructions": "batch_reconstructions", "codes": "batch",
                            "codes_after": "batch_after"},
}  # fmt: skip
LAYOUT: dict[str, Any] = {
    "view": [1.2, 1.2],
    "grid": GRID,
    "panels": [
        {
            "name": "samples",
            "kind": "images",
            "title": "Fresh samples",
            "layer": "samples",
            "columns": 8,
            "lines": 8,
            "side": 28,
            "gap": 0,
            "colour": "g",
            "span": [4, 7],
            "numbers": [
                {
                    "metric": "class_share_min",
                    "label": "rarest digit",
                    "form": "share",
                    "title": "Of 300 samples, by the classifier that ships",
                },
                {
                    "metric": "confident_share",
                    "label": "clear",
                    "form": "share",
                    "title": "Of 300 samples, those that the classifier is over 90 % sure of",
                },
            ],
            "help": "Decodings of g(s), s drawn from N(0, I): how likely each pixel is on",
        },
        {
            **CLOUD,
            "batch": BATCH,
            "name": "codes",
            "title": "Codes",
            "span": [4, 4],
            "tokens": None,
            "images": "codes_images",
            "numbers": [GAP],
            "help": "Codes of 256 test digits in the digits' colours, and as many that g makes of draws of s, in one "
            "fixed projection. Point at a code: its "
            "digit. Click two: a way between them",
        },
        {
            "name": "probes",
            "kind": "reconstructions",
            "title": "Test digits, and again",
            "scene": "originals",
            "layer": "reconstructions",
            "columns": 8,
            "lines": 4,
            "side": 28,
            "colour": "reconstruction",
            "span": [4, 4],
            "batch": ["batch_images", "batch_reconstructions"],
            "help": "Rows of test digits, thresholded, each with what comes back from its code below it",
            "numbers": [
                {
                    "metric": "pixel_accuracy",
                    "label": "pixels right (blank: 86 %)",
                    "form": "percent",
                    "title": "Of 500 test digits; an image without ink would have 86 % of its pixels right",
                }
            ],
        },
        {
            "name": "way",
            "kind": "latent_strip",
            "title": "Way",
            "columns": 8,
            "lines": 3,
            "side": 28,
            "colour": "fake",
            "span": [4, 3],
            "help": "The arc between two draws of s through g, or between the codes of two test digits; the path is "
            "drawn among the codes",
        },
        {
            "name": "classes",
            "kind": "measure",
            "title": "Which digits",
            "span": [2, 3],
            "colour": "ink",
            "measures": [
                {
                    "name": "classes",
                    "label": "10,000 samples",
                    "title": "Draw 10,000 samples and have the classifier that ships read them",
                    "html": 'rarest <output data-number="class_share_min" data-form="share"></output>, clear <output '
                    'data-number="confident_share" '
                    'data-form="share"></output>',
                    "bars": {"number": "counts", "labels": DIGITS},
                }
            ],
        },
    ],
    "side": {"legend": [{"dot": "code", "label": "enc(x), by digit"}, {"ring": "g", "label": "g(s)"}], "span": [2, 3]},
    "steps": steps(False),
    "phases": [RECONSTRUCTION, *PHASES[1:]],
    "flow": FLOW,
    "only": [n for n in ORDER if n not in ("lam2", "rate_u")],
}
