"""ARAE lab: sentences from a learned prior, turned into another class's words."""

import streamlit as st

from app import arae_tab, lab

st.title("ARAE · sentences from a learned prior")
arae_tab.show(lab.tab("arae", {name: tab.title for name, tab in arae_tab.TABS.items()}))
