"""One tab of the AAE lab: a method with a Stage of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app import aae_charts, aae_stage, aae_style_stage, lab
from app.aae_presets import PRESETS
from app.aae_text import EXPLANATIONS, HEADLINES
from app.keep import keep_panel
from app.setup_form import setup_form
from app.stage import curves, live_text
from app.try_this import try_this
from engine.method import Method
from engine.methods.aae import AAE, Both
from engine.methods.aae_semi import SemiAAE
from engine.methods.aae_supervised import SupervisedAAE


@dataclass(frozen=True)
class Tab:
    """usual: the shipped snapshot it opens on."""

    title: str
    method: type[Method]
    layout: Mapping[str, Any]
    charts: list[dict[str, Any]]
    usual: str


TABS = {
    "aae": Tab("AAE", AAE, aae_stage.LAYOUT, aae_charts.charts(), "petals"),
    "vae": Tab("Beside a VAE", Both, aae_stage.BOTH, aae_charts.charts(members=True), "beside-petals"),
    "style": Tab("Style (supervised)", SupervisedAAE, aae_style_stage.STYLE, aae_charts.STYLE, "style"),
    "few": Tab("Few labels (semi-supervised)", SemiAAE, aae_style_stage.SEMI, aae_charts.SEMI, "semi-100"),
}


def show(name: str) -> None:
    """The whole tab."""
    tab = TABS[name]
    live_text("aae", "aae", HEADLINES[name], key=f"aae-headline-{name}")
    run = lab.open_run(tab.method, tab.usual)
    lab.start_panel(run)
    setup_form(run)
    keep_panel(run)
    lab.show_stage("aae", run, {**tab.layout, "rests": bool(run.start)})  # a trained run is looked at first
    curves("aae", "aae", tab.charts, shared=False, key=f"aae-curves-{name}")
    left, right = st.columns([2, 3], gap="large")
    with left:
        try_this(run, PRESETS[name])
    with right:
        st.header("What is going on")
        live_text("aae", "aae", EXPLANATIONS[name], key=f"aae-explanation-{name}")
