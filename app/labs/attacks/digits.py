"""The attack bench's digits: eight classifiers under the same attack, side by side."""

from __future__ import annotations

import streamlit as st

from app.labs.attacks.boxes import box
from app.labs.attacks.error_table import error_table, wide_errors
from app.labs.attacks.stage import CURVES, SURFACE, WHY_LAYOUT, digit_layout, label_of
from app.page.lab import Tab, explanation, open_tab
from app.page.run import Opened
from app.page.setup_form import setup_form
from engine.methods.attacks.digits import DigitAttack


def _sidebar(run: Opened) -> None:
    setup_form(run, hidden=("drawn", "count", "digit" if run.setup.drawn else "label"))


def _prepare_why() -> None:
    """Show the attack that the linear explanation leads to."""
    st.query_params["method"] = "fgsm"
    st.query_params["norm"] = "linf"
    st.query_params.pop("target", None)


DIGITS = Tab("attacks", "digits", DigitAttack, lambda run: digit_layout(run.setup), sidebar=_sidebar)
WHY = Tab(
    "attacks",
    "why",
    DigitAttack,
    lambda run: WHY_LAYOUT | {"label": label_of(run.setup)},
    prepare=_prepare_why,
    sidebar=_sidebar,
)


def show() -> None:
    """The whole tab."""
    open_tab(DIGITS)
    left, right = st.columns([3, 2], gap="large")
    with left:
        explanation(DIGITS, errors=error_table(), wide_errors=wide_errors())
    with right:
        box(CURVES, values={"count": 200})


def why() -> None:
    """The tab that explains: a linear unit in n dimensions, and the loss around a digit."""
    open_tab(WHY, snapshots=False)
    left, right = st.columns([3, 2], gap="large")
    with left:
        explanation(WHY)
    with right:
        box(SURFACE, values={"model": "cnn", "index": 0, "cells": 21})
