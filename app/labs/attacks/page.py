"""Attack bench: adversarial examples on photographs, on digits, and why they exist."""

import streamlit as st

from app.labs.attacks import digits, photos
from app.page.lab import choose_tab

st.title("Attacks · a change too small to see, another answer")
TABS = {"photographs": "Photographs", "digits": "Digits", "why": "Why"}
SHOW = {"photographs": photos.show, "digits": digits.show, "why": digits.why}
SHOW[choose_tab("attacks", TABS)]()
