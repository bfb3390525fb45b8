"""Adversarial training lab: six networks learn the same points under attack."""

import streamlit as st

from app import lab, training_text
from app.keep import keep_panel
from app.robustness import robustness_panel
from app.setup_form import setup_form
from app.stage import curves, live_text
from app.training_stage import CHARTS, LAYOUT
from app.upload import upload_rows
from engine.methods.training import Training

st.title("Training · right, and right nearby")
live_text("training", "training", training_text.HEADLINE, key="training-headline")

run = lab.open_run(Training)
own = run.setup.dataset == "own"
if own:
    upload_rows(run)
setup_form(run, first="dataset", hidden=("rows", "noise") if own else ("rows",))
keep_panel(run)
lab.show_stage("training", run, LAYOUT)

left, right = st.columns([3, 2], gap="large")
with left:
    curves("training", "training", CHARTS)
    robustness_panel(run.live, dict(zip(training_text.ORDER, training_text.TITLES)))
with right:
    st.header("Try this")
    for preset in training_text.PRESETS:
        if st.button(f"**{preset.title}**", width="stretch"):
            lab.open_link(Training, preset.query)
        st.caption(preset.says)
st.header("What is going on")
live_text("training", "training", training_text.EXPLANATION, key="training-explanation")
