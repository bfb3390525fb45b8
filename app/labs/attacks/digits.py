"""The attack bench's digits: eight classifiers under the same attack, side by side."""

from __future__ import annotations

import streamlit as st

from app.labs.attacks.error_table import error_table, wide_errors
from app.labs.attacks.stage import CURVES, SURFACE, WHY_LAYOUT, digit_layout, label_of
from app.page import lab, words
from app.page.components import live_text, measured
from app.page.presets import try_this
from app.page.setup_form import setup_form
from app.page.snapshots import keep_panel
from engine.methods.attacks.digits import DigitAttack

HIDDEN = ("drawn", "count")


def show() -> None:
    """The whole tab."""
    live_text("attacks", "attacks", words.headline("attacks", "digits"), key="attacks-digit-headline")
    run = lab.open_run(DigitAttack)
    setup_form(run, hidden=(*HIDDEN, "digit" if run.setup.drawn else "label"))
    keep_panel(run)
    lab.show_stage("attacks", run, digit_layout(run.setup))
    left, right = st.columns([2, 3], gap="large")
    with left:
        try_this(run, words.presets("attacks", "digits"))
    with right:
        measured("attacks", "attacks", key="attacks-curves", **CURVES, values={"count": 200})
        st.header("What is going on")
        live_text(
            "attacks",
            "attacks",
            words.explanation("attacks", "digits", errors=error_table(), wide_errors=wide_errors()),
            key="attacks-digit-explanation",
        )


def why() -> None:
    """The tab that explains: a linear unit in n dimensions, and the loss around a digit."""
    live_text("attacks", "attacks", words.headline("attacks", "why"), key="attacks-why-headline")
    st.query_params["method"] = "fgsm"  # the attack that the linear explanation leads to
    st.query_params["norm"] = "linf"
    st.query_params.pop("target", None)
    run = lab.open_run(DigitAttack)
    setup_form(run, hidden=(*HIDDEN, "digit" if run.setup.drawn else "label"))
    lab.show_stage("attacks", run, WHY_LAYOUT | {"label": label_of(run.setup)})
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.header("What is going on")
        live_text("attacks", "attacks", words.explanation("attacks", "why"), key="attacks-why-explanation")
    with right:
        measured(
            "attacks", "attacks", key="attacks-surface", **SURFACE, values={"model": "cnn", "index": 0, "cells": 21}
        )
