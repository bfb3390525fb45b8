"""AAE lab: codes of digits that fit a prior, beside a VAE, with and without labels."""

import streamlit as st

from app.labs.aae import tabs
from app.page import lab

st.title("AAE · codes that follow a prior")
tabs.show(lab.tab("aae", {name: tab.title for name, tab in tabs.TABS.items()}))
