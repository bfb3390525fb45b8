"""The attack bench's photographs: one picture, one classifier, an attack that runs step by step."""

from __future__ import annotations

import streamlit as st

from app.labs.attacks.choose_photo import choose, mend
from app.labs.attacks.downloads import downloads
from app.labs.attacks.stage import PHOTO_CHARTS, PHOTO_LAYOUT, SLICE, TRANSFER
from app.page import lab, words
from app.page.components import curves, live_text, measured
from app.page.presets import try_this
from app.page.setup_form import setup_form
from app.page.snapshots import keep_panel
from engine.methods.attacks.photos import PhotoAttack
from engine.nn.imagenet import classifiers


def show() -> None:
    """The whole tab."""
    live_text("attacks", "attacks", words.headline("attacks", "photographs"), key="attacks-photo-headline")
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
        try_this(run, words.presets("attacks", "photographs"))
    with right:
        measured(
            "attacks",
            "attacks",
            key="attacks-transfer",
            **TRANSFER,
            titles=classifiers.SHIPPED,
            values={"models": list(classifiers.SHIPPED)},
        )
        measured("attacks", "attacks", key="attacks-slice", **SLICE, values={"cells": 15, "line": 41})
        st.header("What is going on")
        live_text("attacks", "attacks", words.explanation("attacks", "photographs"), key="attacks-photo-explanation")
