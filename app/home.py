"""Home: what Saddle is, and the labs that exist."""

from pathlib import Path

import streamlit as st

from app.labs.catalogue import LABS

ASSETS = Path(__file__).parents[1] / "assets"

st.title("Saddle")
st.markdown(
    "A playground for adversarial training. Real models train in front of you; turn a knob while they do, and "
    "see what it changes within a blink. Everything runs on the processor of the machine that serves this page; "
    "nothing is loaded from elsewhere."
)
for lab in LABS:
    with st.container(border=True):
        words, picture = st.columns([2, 3], gap="large", vertical_alignment="center")
        words.subheader(lab.title)
        words.markdown(lab.description)
        words.page_link(f"labs/{lab.page}/page.py", label=f"**Open the {lab.title} lab**", icon=lab.icon)
        if (file := ASSETS / f"{lab.page}-lab.png").exists():
            picture.image(file)
st.caption(
    "The labs follow S. Ryu's *Survey on adversarial training*. Where a slide of the survey slipped, the lab "
    "shows the right formula and says so."
)
