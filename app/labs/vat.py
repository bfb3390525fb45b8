"""VAT lab: seven regularisers learn the same points."""

import streamlit as st

from app import lab, vat_text
from app.keep import keep_panel
from app.repeat import repeat_panel
from app.setup_form import setup_form
from app.stage import curves, live_text
from app.try_this import try_this
from app.upload import upload_rows
from app.vat_stage import CHARTS, LAYOUT
from engine.methods.vat import VAT

st.title("VAT · smooth where the data is dense")
live_text("vat", "vat", vat_text.HEADLINE, key="vat-headline")

run = lab.open_run(VAT)
own = run.setup.dataset == "own"
if own:
    upload_rows(run)
setup_form(run, first="dataset", hidden=("rows", "noise") if own else ("rows",))
keep_panel(run)
lab.show_stage("vat", run, LAYOUT)

left, right = st.columns([3, 2], gap="large")
with left:
    curves("vat", "vat", CHARTS)
with right:
    try_this(run, vat_text.PRESETS)
left, right = st.columns(2, gap="large")
with left:
    repeat_panel(run.live)
with right:
    st.header("What is going on")
    live_text("vat", "vat", vat_text.EXPLANATION, key="vat-explanation")
