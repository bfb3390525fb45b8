"""The digits of the ARAE lab: its Stage on binarised MNIST."""

from __future__ import annotations

from app.labs.arae.phases import FLOW, phases
from app.labs.arae.text_stage import BATCH, GAP, GRID, ORDER, clouds, steps
from app.page.stage_parts import Piece, number, panel

PHASES = phases("learned", 0, "digits")
RECONSTRUCTION = {
    **PHASES[0],
    "layers": {
        "images": "batch_images",
        "reconstructions": "batch_reconstructions",
        "codes": "batch",
        "codes_after": "batch_after",
    },
}
SAMPLES = panel(
    "samples",
    "images",
    "New samples",
    layer="samples",
    columns=8,
    lines=8,
    side=28,
    gap=0,
    colour="g",
    span=[4, 7],
    numbers=[
        number("class_share_min", "rarest digit", "share", "Of 300 samples, as an included classifier reads them"),
        number("confident_share", "clear", "share", "Of 300 samples, those that the classifier is over 90 % sure of"),
    ],
    help="Decodings of g(s), s drawn from N(0, I): how likely each pixel is on",
)
CODES = clouds(
    "codes",
    "Codes",
    batch=BATCH,
    tokens=None,
    images="codes_images",
    span=[4, 4],
    numbers=[GAP],
    help="Codes of 256 test digits in the digits' colours, and as many that g makes of samples of s, in one "
    "fixed projection. Point at a code: its digit. Click two: a way between them",
)
PROBES = panel(
    "probes",
    "reconstructions",
    "Test digits, and again",
    scene="originals",
    layer="reconstructions",
    columns=8,
    lines=4,
    side=28,
    colour="reconstruction",
    span=[4, 4],
    batch=["batch_images", "batch_reconstructions"],
    numbers=[
        number(
            "pixel_accuracy",
            "pixels right (blank: 86 %)",
            "percent",
            "Of 500 test digits; an image without ink would have 86 % of its pixels right",
        )
    ],
    help="Rows of test digits, thresholded, each with what comes back from its code below it",
)
WAY = panel(
    "way",
    "latent_strip",
    "Way",
    columns=8,
    lines=3,
    side=28,
    colour="fake",
    span=[4, 3],
    help="The arc between two samples of s through g, or between the codes of two test digits; the path is "
    "shown among the codes",
)
CLASSES = {
    "name": "classes",
    "label": "10,000 samples",
    "title": "Take 10,000 samples and have the included classifier read them",
    "html": 'rarest <output data-number="class_share_min" data-form="share"></output>, '
    'clear <output data-number="confident_share" data-form="share"></output>',
    "bars": {"number": "counts", "labels": list("0123456789")},
}
LAYOUT: Piece = {
    "view": [1.2, 1.2],
    "grid": GRID,
    "panels": [
        SAMPLES,
        CODES,
        PROBES,
        WAY,
        panel("classes", "measure", "Which digits", span=[2, 3], colour="ink", measures=[CLASSES]),
    ],
    "side": {"legend": [{"dot": "code", "label": "enc(x), by digit"}, {"ring": "g", "label": "g(s)"}], "span": [2, 3]},
    "steps": steps(False),
    "phases": [RECONSTRUCTION, *PHASES[1:]],
    "flow": FLOW,
    "only": [name for name in ORDER if name not in ("lam2", "rate_u")],
}
