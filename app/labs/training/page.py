"""Adversarial training lab: in the plane and on digits."""

import streamlit as st

from app.labs.training import digits, plane
from app.page.lab import choose_tab

st.title("Training · right, and right nearby")
TABS = {"plane": "Plane", "digits": "Digits"}
SHOW = {"plane": plane.show, "digits": digits.show}
SHOW[choose_tab("training", TABS)]()
