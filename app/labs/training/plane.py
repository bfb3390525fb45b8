"""The plane of the training lab: six networks learn the same points under attack."""

from __future__ import annotations

import streamlit as st

from app.labs.training.plane_stage import CHARTS, LAYOUT, ORDER, TITLES
from app.labs.training.robustness import PLANE, robustness_panel
from app.page import lab, words
from app.page.components import curves, live_text
from app.page.presets import try_this
from app.page.setup_form import setup_form
from app.page.snapshots import keep_panel
from app.page.upload_points import upload_rows
from engine.methods.training.plane import Training


def show() -> None:
    """The whole tab."""
    live_text("training", "training", words.headline("training", "plane"), key="training-headline")
    run = lab.open_run(Training)
    own = run.setup.dataset == "own"
    if own:
        upload_rows(run)
    setup_form(run, first="dataset", hidden=("rows", "noise") if own else ("rows",))
    keep_panel(run)
    lab.show_stage(
        "training", run, {**LAYOUT, "rests": own and not run.setup.rows and not run.knobs.points}
    )  # nothing to train on yet
    curves("training", "training", CHARTS, key="training-curves")
    left, right = st.columns([2, 3], gap="large")
    with left:
        try_this(run, words.presets("training", "plane"))
    with right:
        robustness_panel(run, dict(zip(ORDER, TITLES)), PLANE)
    st.header("What is going on")
    live_text("training", "training", words.explanation("training", "plane"), key="training-explanation")
