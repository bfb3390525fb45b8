"""AAE lab: codes of digits that fit a prior, beside a VAE, with and without labels."""

import streamlit as st

from app import aae_tab, lab

st.title("AAE · codes that follow a prior")
aae_tab.show(lab.tab("aae", {name: tab.title for name, tab in aae_tab.TABS.items()}))
