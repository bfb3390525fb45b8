"""The attack bench's photographs: one picture, one classifier, an attack that runs step by step."""

from __future__ import annotations

import streamlit as st

from app.labs.attacks.boxes import box
from app.labs.attacks.choose_photo import choose, mend
from app.labs.attacks.downloads import downloads
from app.labs.attacks.stage import PHOTO_CHARTS, PHOTO_LAYOUT, SLICE, TRANSFER
from app.page.lab import Tab, explanation, open_tab, show_charts
from app.page.run import Opened
from app.page.setup_form import setup_form
from engine.methods.attacks.photos import PhotoAttack
from engine.nn.imagenet import classifiers


def _sidebar(run: Opened) -> None:
    choose(run)
    setup_form(run, hidden=("picture", "crop", "model"))
    downloads(run.live)


TAB = Tab("attacks", "photographs", PhotoAttack, PHOTO_LAYOUT, PHOTO_CHARTS, prepare=mend, sidebar=_sidebar)


def show() -> None:
    """The whole tab."""
    run = open_tab(TAB)
    show_charts(TAB, run)
    left, right = st.columns([3, 2], gap="large")
    with left:
        explanation(TAB)
    with right:
        models = {"titles": classifiers.SHIPPED, "values": {"models": list(classifiers.SHIPPED)}}
        box(TRANSFER, **models)
        box(SLICE, values={"cells": 15, "line": 41})
