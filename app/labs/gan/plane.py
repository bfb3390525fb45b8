"""The plane of the GAN lab: one game, or two side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.labs.gan import experiments
from app.labs.gan.plane_stage import LAYOUT, PAIR, charts, pair_charts
from app.page import lab, words
from app.page.components import curves, live_text
from app.page.presets import try_this
from app.page.setup_form import setup_form
from app.page.snapshots import keep_panel
from app.page.upload_points import upload_rows
from app.page.words import Preset
from engine.core.method import Method
from engine.methods.gan.plane import GAN, GANPair


def show() -> None:
    """One game."""
    _show("plane", GAN, LAYOUT, charts(), experiments.alone())


def show_pair() -> None:
    """Two games."""
    _show("pair", GANPair, PAIR, pair_charts(), experiments.pairs())


def _show(
    tab: str,
    method: type[Method],
    layout: dict[str, Any],
    below: list[dict[str, Any]],
    presets: Sequence[Preset],
) -> None:
    live_text("gan", "gan", words.headline("gan", tab), key=f"{method.name}-headline")
    run = lab.open_run(method)
    setup_form(run, first="dataset", hidden=("rows",), without=("own",))
    upload_rows(run, labelled=False)
    keep_panel(run)
    lab.show_stage("gan", run, layout)
    curves("gan", "gan", below, shared=False, key=f"{method.name}-curves")
    left, right = st.columns([2, 3], gap="large")
    with left:
        try_this(run, presets)
    with right:
        st.header("What is going on")
        live_text("gan", "gan", words.explanation("gan", tab), key=f"{method.name}-explanation")
