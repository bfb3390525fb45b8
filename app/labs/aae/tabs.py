"""One tab of the AAE lab: a method with a Stage of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.labs.aae import charts, plane_stage, style_stage
from app.page import lab, words
from app.page.components import curves, live_text
from app.page.presets import try_this
from app.page.setup_form import setup_form
from app.page.snapshots import keep_panel
from engine.core.method import Method
from engine.methods.aae.aae import AAE, Both
from engine.methods.aae.semi_supervised import SemiAAE
from engine.methods.aae.supervised import SupervisedAAE


@dataclass(frozen=True)
class Tab:
    """usual: the shipped snapshot it opens on."""

    title: str
    method: type[Method]
    layout: Mapping[str, Any]
    charts: list[dict[str, Any]]
    usual: str


TABS = {
    "aae": Tab("AAE", AAE, plane_stage.LAYOUT, charts.charts(), "petals"),
    "vae": Tab("Beside a VAE", Both, plane_stage.BOTH, charts.charts(members=True), "beside-petals"),
    "style": Tab("Style (supervised)", SupervisedAAE, style_stage.STYLE, charts.STYLE, "style"),
    "few": Tab("Few labels (semi-supervised)", SemiAAE, style_stage.SEMI, charts.SEMI, "semi-100"),
}


def show(name: str) -> None:
    """The whole tab."""
    tab = TABS[name]
    live_text("aae", "aae", words.headline("aae", name), key=f"aae-headline-{name}")
    run = lab.open_run(tab.method, tab.usual)
    lab.start_panel(run)
    setup_form(run)
    keep_panel(run)
    lab.show_stage("aae", run, {**tab.layout, "rests": bool(run.start)})  # a trained run is looked at first
    curves("aae", "aae", tab.charts, shared=False, key=f"aae-curves-{name}")
    left, right = st.columns([2, 3], gap="large")
    with left:
        try_this(run, words.presets("aae", name))
    with right:
        st.header("What is going on")
        live_text("aae", "aae", words.explanation("aae", name), key=f"aae-explanation-{name}")
