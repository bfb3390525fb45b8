"""VAT lab: seven regularisers learn the same points."""

import streamlit as st

from app.labs.vat.ready_made import first_seed
from app.labs.vat.repeat import repeat_panel
from app.labs.vat.stage import CHARTS, LAYOUT
from app.page import words
from app.page.lab import Tab, explanation, open_tab, show_charts
from app.page.presets import preset_panel
from app.page.upload_points import points_sidebar
from engine.methods.vat.vat import VAT

TAB = Tab("vat", "", VAT, LAYOUT, CHARTS, first_seed=first_seed(), sidebar=points_sidebar)

st.title("VAT · smooth where the data is dense")
run = open_tab(TAB)
left, right = st.columns([3, 2], gap="large")
with left:
    show_charts(TAB, run)
with right:
    preset_panel(run, words.presets("vat"))
left, right = st.columns(2, gap="large")
with left:
    repeat_panel(run.live)
with right:
    explanation(TAB)
