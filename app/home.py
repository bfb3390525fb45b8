"""Home: what Saddle is, and the labs that exist."""

import streamlit as st

from app.catalogue import LABS

st.title("Saddle")
st.markdown(
    "A playground for adversarial training. Real models train in front of you; turn a knob while they do, and see what it changes "
    "within a blink. Everything runs on this server's processor, and nothing needs the network."
)
for lab in LABS:
    with st.container(border=True):
        st.page_link(f"labs/{lab.page}.py", label=f"**{lab.title}**", icon=lab.icon)
        st.markdown(lab.says)
st.caption("The labs follow S. Ryu's *Survey on adversarial training*. Where a slide of the survey slipped, the lab shows the right formula and says so.")
