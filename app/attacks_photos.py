"""The attack bench's photographs: one picture, one classifier, an attack that runs step by step."""

from __future__ import annotations

import streamlit as st

from app import attacks_text, lab
from app.attacks_picture import choose, mend
from app.attacks_presets import PHOTOS
from app.attacks_save import downloads
from app.attacks_stage import PHOTO_CHARTS, PHOTO_LAYOUT, SLICE, TRANSFER
from app.keep import keep_panel
from app.setup_form import setup_form
from app.stage import curves, live_text, measured
from app.try_this import try_this
from engine.methods.attack import PhotoAttack
from engine.vision import classifiers


def show() -> None:
    """The whole tab."""
    live_text("attacks", "attacks", attacks_text.PHOTO_HEADLINE, key="attacks-photo-headline")
    mend()
    run = lab.open_run(PhotoAttack)
    choose(run)
    setup_form(run, hidden=("picture", "crop", "model"))
    downloads(run.live)
    keep_panel(run)
    lab.show_stage("attacks", run, PHOTO_LAYOUT)
    curves("attacks", "attacks", PHOTO_CHARTS, shared=False, key="attacks-photo-curves")
    left, right = st.columns([2, 3], gap="large")
    with left:
        try_this(run, PHOTOS)
    with right:
        measured("attacks", "attacks", key="attacks-transfer", **TRANSFER, titles=classifiers.SHIPPED, values={"models": list(classifiers.SHIPPED)})
        measured("attacks", "attacks", key="attacks-slice", **SLICE, values={"cells": 15, "line": 41})
        st.header("What is going on")
        live_text("attacks", "attacks", attacks_text.PHOTO_EXPLANATION, key="attacks-photo-explanation")
