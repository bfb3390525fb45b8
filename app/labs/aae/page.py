"""AAE lab: codes of digits that fit a prior, beside a VAE, with and without labels."""

import streamlit as st

from app.labs.aae import tabs
from app.page.lab import choose_tab

st.title("AAE · codes that follow a prior")
tabs.show(choose_tab("aae", {name: tab.title for name, tab in tabs.TABS.items()}))
