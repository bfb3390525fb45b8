"""ARAE lab: sentences from a learned prior, turned into another class's words."""

import streamlit as st

from app.labs.arae import tabs
from app.page.lab import choose_tab

st.title("ARAE · sentences from a learned prior")
tabs.show(choose_tab("arae", {name: tab.title for name, tab in tabs.TABS.items()}))
