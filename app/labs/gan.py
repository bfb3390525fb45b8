"""GAN lab: the minimax game in the plane and on digits."""

import streamlit as st

from app import gan_digits, gan_plane, lab

st.title("GAN · two networks play against each other")
TABS = {"plane": "Plane", "pair": "Two games", "digits": "Digits"}
SHOW = {"plane": gan_plane.show, "pair": gan_plane.show_pair, "digits": gan_digits.show}
SHOW[lab.tab("gan", TABS)]()
