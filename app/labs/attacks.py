"""Attack bench: adversarial examples on photographs, on digits, and why they exist."""

import streamlit as st

from app import attacks_digits, attacks_photos, lab

st.title("Attacks · a change too small to see, another answer")
TABS = {"photographs": "Photographs", "digits": "Digits", "why": "Why"}
SHOW = {"photographs": attacks_photos.show, "digits": attacks_digits.show, "why": attacks_digits.why}
SHOW[lab.tab("attacks", TABS)]()
