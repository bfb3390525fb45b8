"""GAN lab: the minimax game in the plane and on digits."""

import streamlit as st

from app.labs.gan import digits, plane
from app.page.lab import choose_tab

st.title("GAN · two networks play against each other")
TABS = {"plane": "Plane", "pair": "Two games", "digits": "Digits"}
SHOW = {"plane": plane.show, "pair": plane.show_pair, "digits": digits.show}
SHOW[choose_tab("gan", TABS)]()
