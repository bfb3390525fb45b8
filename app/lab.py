"""What every lab page does around its Stage: find or start the run that the link describes, and mount it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import streamlit as st

from app import links
from app.live.rooms import Full, Room, rooms
from app.plain import plain
from app.stage import stage
from engine.declare import Knobs, Setup
from engine.live import Live
from engine.method import Method


def open_run(method: type[Method]) -> tuple[str, Live, Setup, int, Knobs]:
    """Token, run, set-up, seed and knobs for this session and link. A run is kept until its set-up or seed changes."""
    st.session_state.setdefault("session", secrets.token_hex(8))
    slot = f"{method.name}.token"
    token = st.session_state.get(slot, "")
    room = rooms().find(token)
    edited = _sync_query(method, room)
    setup, seed, knobs, problems = links.read(method, st.query_params)
    if problems:
        st.warning("Some of this link could not be used, and the usual values stand in:\n" + "".join(f"\n- {plain(p)}" for p in problems))
    if room is None or room.live.setup != setup or room.live.seed != seed:
        rooms().close(token)
        try:
            room = rooms().open(st.session_state.session, method, setup, seed, knobs.to_dict())
        except Full as error:
            st.error(str(error))
            st.stop()
        st.session_state[slot] = room.token
    elif edited:
        room.live.set_knobs(knobs.changes_from(type(knobs).of(room.live.knobs)))
    return room.token, room.live, setup, seed, knobs


def _sync_query(method: type[Method], room: Room | None) -> bool:
    """Bring Streamlit's idea of the query up to date with what the Stage wrote into the address.

    Streamlit keeps its own copy of the query and does not see `history.replaceState`. What changed on Streamlit's side since the last
    run (a preset, the form, the back button) wins; returns whether it did.
    """
    slot = f"{method.name}.query"
    now = st.query_params.to_dict()
    edited = now != st.session_state.get(slot, now)
    if room is not None and room.query is not None and not edited:
        now = dict(parse_qsl(room.query.lstrip("?"), keep_blank_values=True))
        st.query_params.from_dict(now)
    st.session_state[slot] = now
    return edited


def open_link(method: type[Method], query: Mapping[str, str]) -> None:
    """Open a preset's query in this tab, as a new run from step 0."""
    rooms().close(st.session_state.pop(f"{method.name}.token", ""))
    st.query_params.from_dict(dict(query))
    st.rerun()


def show_stage(method: type[Method], token: str, setup: Setup, knobs: Knobs, layout: Mapping[str, Any]) -> None:
    """Mount the Stage. layout: panels, view, focus and chrome, see app/stage.py."""
    scalar = {n: d for n, d in method.Knobs.declarations().items() if d.kind != "points"}
    usual = method.make_knobs(setup).to_dict()
    query = st.query_params.to_dict()
    look = {
        "test": query.get("show_test") == "1", "arrows": query.get("show_arrows") == "1", "focus": query.get("focus") == "1",
        "lock": query.get("lock") == "1", "play": query.get("play") != "0", "speed": _speed(query.get("speed", "0")),
    }  # fmt: skip
    data = {
        "name": method.name, "page": method.name, "token": token, "knobs": {n: d.to_json() for n, d in scalar.items()},
        "values": {n: getattr(knobs, n) for n in scalar}, "fallbacks": {n: usual[n] for n in scalar}, "look": look, **layout,
    }  # fmt: skip
    stage(data, key=f"{method.name}-stage")


def _speed(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0
