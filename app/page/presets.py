"""Try this: guided experiments that reliably show something, each a link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app.page.run import Opened, open_link
from app.page.words import Preset

CHOSEN = "preset"  # of the session: title of the preset that was opened last, and the token of its run
LOOKS = ("play", "speed", "view", "lock")  # of a link: how a run is looked at


def preset_panel(run: Opened, presets: Sequence[Preset]) -> None:
    """Show a button and a description for each preset of a tab; the one that runs is marked."""
    st.header("Try this")
    now = chosen(run, presets)
    for preset in presets:
        marked = preset.title == now
        label = f"✓ **{preset.title}** · running" if marked else f"**{preset.title}**"
        if st.button(label, key=f"{run.slot}.preset.{preset.title}", width="stretch"):
            st.session_state[CHOSEN] = preset.title, None
            speed = {k: v for k, v in st.query_params.to_dict().items() if k == "speed"}  # the visitor's choice
            open_link(run, {**speed, **preset.query})
        st.caption(preset.description)


def chosen(run: Opened, presets: Sequence[Preset]) -> str:
    """The title of the preset that the run came from, "" for none.

    It is the one whose button was pressed, as long as that run lives, or whose link was opened.
    """
    title, token = st.session_state.get(CHOSEN, ("", None))
    if token is None and title in [p.title for p in presets]:
        token = run.token  # its run has just been opened
        st.session_state[CHOSEN] = title, token
    if token == run.token:
        return title
    now = _made_of(st.query_params.to_dict())
    return next((p.title for p in presets if _made_of(p.query) == now), "")


def _made_of(query: Mapping[str, str]) -> dict[str, str]:
    """A query without what changes the look alone."""
    return {k: v for k, v in query.items() if k not in LOOKS and not k.startswith("show_")}
