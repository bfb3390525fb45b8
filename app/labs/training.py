"""Adversarial training lab: in the plane and on digits."""

import streamlit as st

from app import lab, training_digits, training_plane

st.title("Training · right, and right nearby")
TABS = {"plane": "Plane", "digits": "Digits"}
SHOW = {"plane": training_plane.show, "digits": training_digits.show}
SHOW[lab.tab("training", TABS)]()
