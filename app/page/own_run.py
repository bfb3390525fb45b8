"""Open a run that a room has forked for this visitor, on the page of its lab."""

from __future__ import annotations

from urllib.parse import parse_qsl

import streamlit as st

from app import links
from app.live.sessions import sessions
from app.page.presets import LOOKS
from app.page.run import SCRATCH
from engine.core.registry import find
from engine.runs.live import SPEEDS


def adopt(token: str, speed: str = "") -> tuple[str, dict[str, str]] | None:
    """Make the run with this token the present one of its lab in this session of Streamlit.

    Returns the lab's name in addresses and the query that describes the run; None where the run is
    gone. speed: steps a second it plays with, as text; "" for the page's own rule.
    """
    session = sessions().find(token)
    if session is None or session.shown is None:
        return None
    shown, live = session.shown, session.live
    method = find(session.method)
    query = links.of_parts(method, live.setup, live.knobs, live.seed)
    if shown.tab:
        query = {"tab": shown.tab, **query}
    if shown.default_start:
        query["from"] = SCRATCH
    if session.query:  # how it was looked at
        before = dict(parse_qsl(session.query.lstrip("?")))
        query |= {k: v for k, v in before.items() if k in LOOKS or k.startswith("show_")}
    if speed in map(str, SPEEDS):
        query["speed"] = speed
    slot = shown.slot
    st.session_state[f"{slot}.token"] = token
    st.session_state[f"{slot}.tokens"] = [*st.session_state.get(f"{slot}.tokens", []), token]
    st.session_state[f"{slot}.query"] = query
    return shown.page, query
