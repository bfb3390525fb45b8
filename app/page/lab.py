"""What every lab page does around its Stage: find or start the run that the link describes, and
mount it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import streamlit as st

from app import links
from app.live.sessions import Full, Session, sessions
from app.page.components import stage
from app.page.escape import plain
from engine.core.declare import InvalidValue, Knobs, Setup
from engine.core.method import Method
from engine.core.shipped import open_shipped, shipped
from engine.core.snapshot import InvalidSnapshot, Snapshot
from engine.runs.live import Live

# the value of `from` in a link that starts from initial weights where the page would start from a
# snapshot
SCRATCH = "scratch"


@dataclass(frozen=True)
class Opened:
    """The run of this session and link. start: the name of the shipped snapshot it came from, ""
    for none. usual: that page's own start. slot: what this session keeps the run by.
    """

    method: type[Method]
    token: str
    live: Live
    setup: Setup
    seed: int
    knobs: Knobs
    start: str = ""
    usual: str = ""
    slot: str = ""


def tab(page: str, titles: Mapping[str, str]) -> str:
    """The chosen one of a page's tabs, each with a run and a link of its own; `titles` maps its
    name in the link to its words.
    """
    key, last = f"{page}.tab", f"{page}.last"
    now = st.query_params.get("tab", "")
    now = now if now in titles else next(iter(titles))
    # What changed since the last run of the page decides: the link (a preset, the back button) or
    # the control.
    if now != st.session_state.get(last) or st.session_state.get(key) not in titles:
        st.session_state[key] = now
    chosen = (
        st.segmented_control("View", list(titles), format_func=titles.get, key=key, label_visibility="collapsed") or now
    )
    if chosen != now:
        kept = st.session_state.setdefault(f"{page}.links", {})
        kept[now] = st.query_params.to_dict()
        st.query_params.from_dict({**kept.get(chosen, {}), "tab": chosen})
    st.session_state[last] = chosen
    return chosen


def _named(method: type[Method], usual: str) -> str:
    """The start that the link names by `from`, or the page's usual one where the link asks for no
    set-up; "" or SCRATCH for new weights.
    """
    query = st.query_params.to_dict()
    asks = query.keys() & (method.Setup.declarations().keys() | {"seed"})
    return query.get("from", "" if asks or usual not in [s.name for s in shipped(method.name)] else usual)


def begins_new(method: type[Method], usual: str) -> bool:
    """Whether the link begins from new weights."""
    return _named(method, usual) in ("", SCRATCH)


def _start(method: type[Method], usual: str) -> tuple[str, Snapshot | None]:
    """The shipped snapshot that the link begins from."""
    name = _named(method, usual)
    if name in ("", SCRATCH):
        return "", None
    try:
        if name not in [s.name for s in shipped(method.name)]:
            raise InvalidSnapshot(f"There is no snapshot {name!r} of this lab: it starts from scratch.")
        return name, open_shipped(name)
    except InvalidSnapshot as error:
        st.warning(plain(str(error)))
        return "", None


def open_run(method: type[Method], usual: str = "", slot: str = "") -> Opened:
    """The run for this session and link, kept until its start, set-up or seed changes. usual: the
    shipped snapshot the page opens on. slot: a name for the run where a page has several of one
    method.
    """
    st.session_state.setdefault("session", secrets.token_hex(8))
    slot = slot or method.name
    token = st.session_state.get(f"{slot}.token", "")
    session = sessions().find(token)
    edited = _sync_query(slot, session)
    start, snapshot = _start(method, usual)
    setup, seed, knobs, problems = links.read(method, st.query_params, snapshot)
    if problems:
        st.warning(
            "Some of this link could not be used, and the usual values stand in:\n"
            + "".join(f"\n- {plain(p)}" for p in problems)
        )
    # A run that was given another seed in the Stage is no longer the snapshot's.
    if session is None or session.live.setup != setup or session.live.seed != seed or session.start is not snapshot:
        sessions().close(token)
        try:
            session = sessions().open(st.session_state.session, method, setup, seed, knobs.to_dict(), snapshot)
        except Full as error:
            st.error(str(error))
            st.stop()
        except InvalidValue as error:  # values that are allowed, and not with these data
            st.error(plain(f"This run could not be started: {error}. Choose the lab in the menu to begin anew."))
            st.stop()
        st.session_state[f"{slot}.token"] = session.token
    elif edited:
        session.live.set_knobs(knobs.changes_from(type(knobs).of(session.live.knobs)))
    return Opened(method, session.token, session.live, setup, seed, knobs, start, usual, slot)


def _sync_query(slot: str, session: Session | None) -> bool:
    """Bring Streamlit's idea of the query up to date with what the Stage wrote into the address.

    Streamlit keeps its own copy of the query and does not see `history.replaceState`. What changed
    on Streamlit's side since the last run (a preset, the form, the back button) wins; returns
    whether it did.
    """
    key = f"{slot}.query"
    now = st.query_params.to_dict()
    edited = now != st.session_state.get(key, now)
    if session is not None and session.query is not None and not edited:
        now = dict(parse_qsl(session.query.lstrip("?"), keep_blank_values=True))
        st.query_params.from_dict(now)
    st.session_state[key] = now
    return edited


def open_link(run: Opened, query: Mapping[str, str]) -> None:
    """Open a preset's query in this tab, as a new run from its start."""
    sessions().close(st.session_state.pop(f"{run.slot}.token", ""))
    st.query_params.from_dict(dict(query))
    st.rerun()


def start_panel(run: Opened, without: Sequence[str] = ()) -> None:
    """In the sidebar: begin from scratch or from one of the method's shipped snapshots, `without`
    some unless the run came from it.
    """
    offered = [s for s in shipped(run.method.name) if s.name not in without or s.name == run.start]
    entries = {SCRATCH: "scratch: new weights"} | {s.name: f"{s.name}: {s.description}" for s in offered}
    if len(entries) == 1:
        return
    with st.sidebar:
        now = run.start or SCRATCH
        chosen = st.selectbox(
            "Start from",
            list(entries),
            index=list(entries).index(now),
            format_func=lambda name: name,
            help="Trained runs that ship with Saddle; training goes on from them. R in the lab comes back to the "
            "start.",
        )
        st.caption(entries[chosen].partition(": ")[2])  # in the box it would be cut
    if chosen != now:
        kept = {k: v for k, v in st.query_params.to_dict().items() if k in ("tab", "view") or k.startswith("show_")}
        open_link(run, {**kept, "from": chosen})


def show_stage(page: str, run: Opened, layout: Mapping[str, Any]) -> None:
    """Mount the Stage of a page. layout: panels, grid, side and the rest that app/web/README.md
    lists.
    """
    declared = run.method.Knobs.declarations()
    only = layout.get("only", declared)
    scalar = {n: declared[n] for n in only if declared[n].kind not in ("points", "ink")}
    snapshot = open_shipped(run.start) if run.start else None
    usual = snapshot.knobs if snapshot else run.method.make_knobs(run.setup).to_dict()
    query = st.query_params.to_dict()
    look = {
        "show": {name.removeprefix("show_"): value == "1" for name, value in query.items() if name.startswith("show_")},
        "view": query.get("view", ""),
        "locks": query.get("lock", "").split("."),
        "play": query.get("play", "0" if layout.get("rests") else "1") != "0",
        "speed": _speed(query.get("speed", "0")),
    }
    placing = layout.get("placing")
    if placing and placing.get("side"):
        placing = {**placing, "painted": list(getattr(run.knobs, placing.get("ink", "density")))}
    data = {
        "name": page,
        "page": page,
        "token": run.token,
        "knobs": {n: d.to_json() for n, d in scalar.items()},
        "values": {n: getattr(run.knobs, n) for n in scalar},
        "defaults": {n: usual[n] for n in scalar},
        "look": look,
        "start": run.start,
        "setup": {n: v for n, v in run.setup.to_dict().items() if not isinstance(v, tuple)},
        **layout,
        "placing": placing,
    }
    stage(data, key=f"{run.slot}-stage{layout.get('key', '')}")


def _speed(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0
