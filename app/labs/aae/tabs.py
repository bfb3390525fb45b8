"""The tabs of the AAE lab, each a method with a Stage of its own."""

from __future__ import annotations

from app.labs.aae import charts, plane_stage, style_stage
from app.page.lab import Tab, show_tab
from engine.methods.aae.aae import AAE, Both
from engine.methods.aae.semi_supervised import SemiAAE
from engine.methods.aae.supervised import SupervisedAAE

TABS = {
    "aae": Tab("aae", "aae", AAE, plane_stage.LAYOUT, charts.charts(), "AAE", default_start="petals"),
    "vae": Tab(
        "aae",
        "vae",
        Both,
        plane_stage.BOTH,
        charts.charts(members=True),
        "Beside a VAE",
        default_start="beside-petals",
    ),
    "style": Tab(
        "aae", "style", SupervisedAAE, style_stage.STYLE, charts.STYLE, "Style (supervised)", default_start="style"
    ),
    "few": Tab(
        "aae",
        "few",
        SemiAAE,
        style_stage.SEMI,
        charts.SEMI,
        "Few labels (semi-supervised)",
        default_start="semi-100",
    ),
}


def show(name: str) -> None:
    """The whole tab."""
    show_tab(TABS[name])
