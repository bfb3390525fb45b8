"""The plane of the GAN lab: one game."""

from __future__ import annotations

import streamlit as st

from app import gan_text, lab
from app.gan_presets import PRESETS
from app.gan_stage import LAYOUT, charts
from app.keep import keep_panel
from app.setup_form import setup_form
from app.stage import curves, live_text
from app.try_this import try_this
from app.upload import upload_rows
from engine.methods.gan import GAN


def show() -> None:
    """The whole tab."""
    live_text("gan", "gan", gan_text.HEADLINE, key="gan-headline")
    run = lab.open_run(GAN)
    if run.setup.dataset == "own":
        upload_rows(run, labelled=False)
    setup_form(run, first="dataset", hidden=("rows",))
    keep_panel(run)
    lab.show_stage("gan", run, LAYOUT)
    curves("gan", "gan", charts(), shared=False, key="gan-curves")
    left, right = st.columns([2, 3], gap="large")
    with left:
        try_this(run, PRESETS)
    with right:
        st.header("What is going on")
        live_text("gan", "gan", gan_text.EXPLANATION, key="gan-explanation")
