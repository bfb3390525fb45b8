"""The labs that exist: one entry each, shown by the navigation and on the home page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Lab:
    """One lab.

    page: its folder in app/labs, and the path of its address. description: what one sees there.
    icon: as Streamlit names it. picture: what its picture on the home page shows, for those who
    cannot see it. methods: tab, as links name it, → name of the method it shows; ""
    stands for a lab without tabs.
    """

    page: str
    title: str
    description: str
    icon: str
    picture: str
    methods: Mapping[str, str]


LABS = (
    Lab(
        "vat",
        "VAT",
        "Seven regularisers learn the same 16 points side by side. Drag ε, λ and ξ while they train, "
        "and see which one stays smooth where the data is dense.",
        ":material/blur_on:",
        "six networks' decision boundaries between the two moons, each under another regulariser",
        {"": "vat"},
    ),
    Lab(
        "gan",
        "GAN",
        "A generator and a discriminator play the minimax game over a distribution you can see, or "
        "paint. Five losses, the theory checked beside the game, one step at a time if you like; then "
        "the same game on real digits.",
        ":material/swords:",
        "generated points spread over a ring of eight clusters, and D's verdict behind them",
        {"plane": "gan", "pair": "gan-pair", "digits": "gan-digits"},
    ),
    Lab(
        "aae",
        "AAE",
        "An autoencoder lays real digits out in a plane after a prior you choose, swap or paint. "
        "Point anywhere and see what lies there; a VAE does the same beside it. Then digit and style "
        "apart, and a classifier from a hundred labels.",
        ":material/scatter_plot:",
        "codes of digits in the shape of petals, and the digits that the decoder makes of the plane",
        {"aae": "aae", "vae": "aae-vae", "style": "aae-supervised", "few": "aae-semi"},
    ),
    Lab(
        "arae",
        "ARAE",
        "Type “the food was awful .” and read it turned positive, word by word. Sentences become "
        "points of a sphere, a learned prior comes to meet them, and between any two lies a film "
        "strip of text; beside it a Cross-AE, the plain autoencoder and a fixed prior.",
        ":material/translate:",
        "a typed sentence turned positive, word by word, and held-out sentences turned beside it",
        {"transfer": "arae", "sample": "arae", "three": "arae-three", "digits": "arae-digits"},
    ),
    Lab(
        "attacks",
        "Attacks",
        "Turn a hog into an airliner with a change too small to see, on a real ImageNet classifier "
        "and offline; attack eight digit models side by side, four of them robust; and see why a "
        "little in every direction adds up to a lot.",
        ":material/target:",
        "a photograph, a magnified perturbation and the adversarial image that another class is read in",
        {"photographs": "attack", "digits": "attack-digits", "why": "attack-digits"},
    ),
    Lab(
        "training",
        "Training",
        "Standard and adversarial training side by side. Drag α and ε while six networks learn, and "
        "see margins open and accuracies trade.",
        ":material/shield:",
        "six networks' boundaries around the same points, each with the ball it must hold in",
        {"plane": "training", "digits": "training-digits"},
    ),
)
