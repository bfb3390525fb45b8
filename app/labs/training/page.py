"""Adversarial training lab: in the plane and on digits."""

import streamlit as st

from app.labs.training import digits, plane
from app.page import lab

st.title("Training · right, and right nearby")
TABS = {"plane": "Plane", "digits": "Digits"}
SHOW = {"plane": plane.show, "digits": digits.show}
SHOW[lab.tab("training", TABS)]()
