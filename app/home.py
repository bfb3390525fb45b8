"""Home: what Saddle is, and the labs that exist."""

from pathlib import Path

import streamlit as st

from app.labs.catalogue import LABS
from app.page.words import home

PICTURES = Path(__file__).parents[1] / "assets" / "labs"  # taken by `python -m tests.looks.cards`
IN_A_ROW = 2

above, below = home()
st.title("Saddle")
st.markdown(above)
theme = st.context.theme.type or "light"
for first in range(0, len(LABS), IN_A_ROW):
    for lab, column in zip(LABS[first : first + IN_A_ROW], st.columns(IN_A_ROW)):
        with column.container(border=True, height="stretch"):
            st.image(PICTURES / f"{lab.page}-{theme}.webp", width="stretch", alt=f"The {lab.title} lab: {lab.picture}")
            st.subheader(lab.title, anchor=False)
            st.markdown(lab.description)
            st.page_link(f"labs/{lab.page}/page.py", label=f"**Open the {lab.title} lab**", icon=lab.icon)
st.caption(below)
