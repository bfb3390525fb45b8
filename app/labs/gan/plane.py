"""The plane of the GAN lab: one game, or two side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.labs.gan import plane_text
from app.labs.gan.plane_presets import PAIRS, PRESETS
from app.labs.gan.plane_stage import LAYOUT, PAIR, charts, pair_charts
from app.page import lab
from app.page.components import curves, live_text
from app.page.presets import Preset, try_this
from app.page.setup_form import setup_form
from app.page.snapshots import keep_panel
from app.page.upload_points import upload_rows
from engine.core.method import Method
from engine.methods.gan.plane import GAN, GANPair


def show() -> None:
    """One game."""
    _show(GAN, plane_text.HEADLINE, LAYOUT, charts(), PRESETS, plane_text.EXPLANATION)


def show_pair() -> None:
    """Two games."""
    _show(GANPair, plane_text.PAIR_HEADLINE, PAIR, pair_charts(), PAIRS, plane_text.PAIR_EXPLANATION)


def _show(
    method: type[Method],
    headline: str,
    layout: dict[str, Any],
    below: list[dict[str, Any]],
    presets: Sequence[Preset],
    explanation: str,
) -> None:
    live_text("gan", "gan", headline, key=f"{method.name}-headline")
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
        live_text("gan", "gan", explanation, key=f"{method.name}-explanation")
