"""Try this: guided experiments that reliably show something, each a link."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.page.run import Opened, open_link
from app.page.words import Preset


def preset_panel(run: Opened, presets: Sequence[Preset]) -> None:
    """Show a button and a description for each preset of a tab."""
    st.header("Try this")
    for preset in presets:
        if st.button(f"**{preset.title}**", width="stretch"):
            open_link(run, preset.query)
        st.caption(preset.description)
