"""Try this: guided experiments that reliably show something, each a link.

They stand as a strip of cards above the Stage. A card names an experiment; pressed, by mouse, touch
or keyboard, it says what to do and what to see, and starts it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app.page.run import Opened, open_link
from app.page.words import Preset

FIRST = 3  # cards in view; all others stand under "More"
CHOSEN = "preset"  # of the session: title of the preset that was opened last, and the token of its run
LOOKS = ("play", "speed", "view", "lock")  # of a link: how a run is looked at


def preset_strip(run: Opened, presets: Sequence[Preset], now: str) -> None:
    """Show the cards in a row. now: the title of the preset that runs, which is marked."""
    with st.container(key="saddle-cards", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("Try this", width="content")
        for preset in presets[:FIRST]:
            with st.popover(_marked(preset, now), key=f"{run.slot}.card.{preset.title}.{run.token[:8]}"):
                _open(run, preset, now)
        if others := presets[FIRST:]:
            here = now if now in [p.title for p in others] else ""
            label = f"✓ **More** · {here}" if here else f"More ({len(others)})"
            with st.popover(label, key=f"{run.slot}.more.{run.token[:8]}"):
                for preset in others:
                    _open(run, preset, now)


def _marked(preset: Preset, now: str) -> str:
    return f"✓ **{preset.title}**" if preset.title == now else preset.title


def _open(run: Opened, preset: Preset, now: str) -> None:
    """The description of a preset, and the button that starts it."""
    st.markdown(preset.description)
    label = f"{'Start again' if preset.title == now else 'Start'}: **{preset.title}**"
    if st.button(label, key=f"{run.slot}.preset.{preset.title}", width="stretch", icon=":material/play_arrow:"):
        st.session_state[CHOSEN] = preset.title, None
        speed = {k: v for k, v in st.query_params.to_dict().items() if k == "speed"}  # the visitor's choice
        open_link(run, {**speed, **preset.query})


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
