"""VAT lab: seven regularisers learn the same points."""

import streamlit as st

from app.labs.vat.repeat import repeat_panel
from app.labs.vat.stage import CHARTS, LAYOUT
from app.page import lab, words
from app.page.components import curves, live_text
from app.page.presets import try_this
from app.page.setup_form import setup_form
from app.page.snapshots import keep_panel
from app.page.upload_points import upload_rows
from engine.methods.vat.vat import VAT

st.title("VAT · smooth where the data is dense")
live_text("vat", "vat", words.headline("vat"), key="vat-headline")

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
    try_this(run, words.presets("vat"))
left, right = st.columns(2, gap="large")
with left:
    repeat_panel(run.live)
with right:
    st.header("What is going on")
    live_text("vat", "vat", words.explanation("vat"), key="vat-explanation")
