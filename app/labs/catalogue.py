"""The labs that exist: one entry each, shown by the navigation and on the home page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.page import words


@dataclass(frozen=True)
class Lab:
    """One lab.

    page: its folder in app/labs, and the path of its address. icon: as Streamlit names it. methods:
    tab, as links name it, → name of the method it shows; "" stands for a lab without tabs. Title
    and description are in the lab.toml of its folder.
    """

    page: str
    icon: str
    methods: Mapping[str, str]

    @property
    def title(self) -> str:
        return words.lab(self.page).title

    @property
    def description(self) -> str:
        return words.lab(self.page).description

    @property
    def picture(self) -> str:
        return words.lab(self.page).picture


LABS = (
    Lab("vat", ":material/blur_on:", {"": "vat"}),
    Lab("gan", ":material/swords:", {"plane": "gan", "pair": "gan-pair", "digits": "gan-digits"}),
    Lab(
        "aae",
        ":material/scatter_plot:",
        {"aae": "aae", "vae": "aae-vae", "style": "aae-supervised", "few": "aae-semi"},
    ),
    Lab(
        "arae",
        ":material/translate:",
        {"transfer": "arae", "sample": "arae", "three": "arae-three", "digits": "arae-digits"},
    ),
    Lab(
        "attacks",
        ":material/target:",
        {"photographs": "attack", "digits": "attack-digits", "why": "attack-digits"},
    ),
    Lab("training", ":material/shield:", {"plane": "training", "digits": "training-digits"}),
)
