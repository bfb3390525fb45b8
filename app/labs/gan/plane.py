"""The plane of the GAN lab: one game, or two side by side."""

from __future__ import annotations

from app.labs.gan import experiments
from app.labs.gan.plane_stage import LAYOUT, PAIR, charts, pair_charts
from app.page.lab import Tab, show_tab
from app.page.run import Opened
from app.page.setup_form import setup_form
from app.page.upload_points import upload_rows
from engine.methods.gan.plane import GAN, GANPair


def _sidebar(run: Opened) -> None:
    setup_form(run, first="dataset", hidden=("rows",), without=("own",))
    upload_rows(run, labelled=False)


ONE = Tab("gan", "plane", GAN, LAYOUT, charts(), sidebar=_sidebar)
TWO = Tab("gan", "pair", GANPair, PAIR, pair_charts(), sidebar=_sidebar)


def show() -> None:
    """One game."""
    show_tab(ONE, experiments.alone())


def show_pair() -> None:
    """Two games."""
    show_tab(TWO, experiments.pairs())
