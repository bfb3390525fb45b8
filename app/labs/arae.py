"""ARAE lab: sentences from a learned prior, turned into another class's words."""

import streamlit as st

from app import arae_tab, lab

st.title("ARAE · sentences from a learned prior")
TABS = {"transfer": "Transfer", "sample": "Sample and interpolate", "three": "AE, AAE, ARAE"}
arae_tab.show(lab.tab("arae", TABS))
