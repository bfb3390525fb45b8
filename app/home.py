"""Home: what Saddle is, and the labs that exist."""

from pathlib import Path

import streamlit as st

from app.labs.catalogue import LABS

PICTURES = Path(__file__).parents[1] / "assets" / "labs"  # taken by `python -m tests.looks.cards`
IN_A_ROW = 2

st.title("Saddle")
st.markdown(
    "A playground for adversarial training. Real models train in front of you; turn a knob while they do, and "
    "see what it changes within a blink. Everything runs on the processor of the machine that serves this page; "
    "nothing is loaded from elsewhere."
)
theme = st.context.theme.type or "light"
for first in range(0, len(LABS), IN_A_ROW):
    for lab, column in zip(LABS[first : first + IN_A_ROW], st.columns(IN_A_ROW)):
        with column.container(border=True, height="stretch"):
            st.image(PICTURES / f"{lab.page}-{theme}.webp", width="stretch", alt=f"The {lab.title} lab: {lab.picture}")
            st.subheader(lab.title, anchor=False)
            st.markdown(lab.description)
            st.page_link(f"labs/{lab.page}/page.py", label=f"**Open the {lab.title} lab**", icon=lab.icon)
st.caption(
    "The labs follow S. Ryu's *Survey on adversarial training*. Where a slide of the survey slipped, the lab "
    "shows the right formula and says so."
)
