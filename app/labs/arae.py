"""ARAE lab: sentences from a learned prior, turned into another class's words."""

import streamlit as st

from app import arae_tab, lab

st.title("ARAE · sentences from a learned prior")
TABS = {"transfer": "Transfer", "sample": "Sample and interpolate"}
SHOW = {"transfer": arae_tab.show, "sample": arae_tab.show}
name = lab.tab("arae", TABS)
SHOW[name](name)
