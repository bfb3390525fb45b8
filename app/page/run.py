"""The run of a page: find or start the run that the link describes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import parse_qsl

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app import links
from app.live.crew.far import FarLive
from app.live.sessions import KEPT_PER_VISITOR, RUNS_PER_SERVER, Full, Session, sessions
from app.page.components import waiting
from app.page.escape import escape
from engine.core.declare import InvalidValue, Knobs, Setup
from engine.core.memory import give_back_soon
from engine.core.method import Method
from engine.core.shipped import open_shipped, shipped
from engine.core.snapshot import InvalidSnapshot, Snapshot
from engine.runs.live import Live

# The value of `from` in a link that starts from initial weights, on a page that would start from a
# snapshot otherwise.
SCRATCH = "scratch"


LiveRun = Live | FarLive  # in this process, or in a worker


@dataclass(frozen=True)
class Opened:
    """The run of this session and link.

    start: the name of the shipped snapshot it came from, "" for none. default_start: the one the
    page opens on. slot: the name under which this session keeps the run.
    """

    method: type[Method]
    token: str
    live: LiveRun
    setup: Setup
    seed: int
    knobs: Knobs
    start: str = ""
    default_start: str = ""
    slot: str = ""


def begins_new(method: type[Method], default_start: str) -> bool:
    """Whether the link begins from new weights."""
    return _start_name(method, default_start) in ("", SCRATCH)


def open_run(method: type[Method], default_start: str = "", slot: str = "", first_seed: int = 0) -> Opened:
    """The run for this session and link, kept until its start, set-up or seed changes.

    default_start: the shipped snapshot the page opens on. slot: a name for the run where a page has
    several of one method. first_seed: of the page without any parameter. Stops the page with a
    message where no run can be started.
    """
    slot = slot or method.name
    try:
        return _opened(method, default_start, slot, first_seed, st.session_state.get("ticket", ""))
    except Full:
        _wait()


def _wait() -> NoReturn:
    """Show the place in line, and stop the page until it is its turn."""
    st.session_state.ticket = sessions().queue.join(st.session_state.get("ticket", ""))
    waiting(st.session_state.get("page", ""), st.session_state.ticket, RUNS_PER_SERVER, key="waiting")
    st.stop()


def _opened(method: type[Method], default_start: str, slot: str, first_seed: int, ticket: str) -> Opened:
    """What `open_run` returns. ticket: the name of the page's place in line. Raises Full."""
    token = st.session_state.get(f"{slot}.token", "")
    session = sessions().claim(token, ticket)
    edited = _sync_query(slot, session)
    start, snapshot = _start(method, default_start)
    setup, seed, knobs, problems = links.read(method, st.query_params, snapshot, first_seed)
    if problems:
        st.warning(
            "Some of this link could not be used, and default values are used instead:\n"
            + "".join(f"\n- {escape(p)}" for p in problems)
        )
    wanted = start, setup, seed
    if session is None or session.made_of != wanted:
        session = _earlier(slot, wanted, ticket)
        edited = session is not None  # the link has the last word on its knobs
    if session is None:
        try:
            session = sessions().open(visitor(), method, setup, seed, knobs.to_dict(), snapshot, start, ticket)
        except InvalidValue as error:  # allowed values that these data do not suit
            st.error(escape(f"This run could not be started: {error}. Choose the lab in the menu to begin anew."))
            st.stop()
    if edited:
        session.live.set_knobs(knobs.changes_from(type(knobs).of(session.live.knobs)))
    _keep(slot, session)
    give_back_soon()  # what was needed to build this page, and by those left before it
    return Opened(method, session.token, session.live, setup, seed, knobs, start, default_start, slot)


def visitor() -> str:
    """A name for whoever has this page, that runs are counted by."""
    return st.session_state.setdefault("session", secrets.token_hex(8))


def open_link(run: Opened, query: Mapping[str, str]) -> None:
    """Open a preset's query in this tab, as a new run from its start."""
    begin_anew(run.slot)
    st.query_params.from_dict(dict(query))
    st.rerun()


# -- the runs of a slot ----------------------------------------------------------------------------
#
# A lab left by the menu, by the back button or for a preset is as it was when one comes back: the
# session of the page keeps the tokens of all runs that it has opened in a slot, and a link that
# describes one of them leads back to it. app/live/sessions.py says how many rest, and how long.


def begin_anew(slot: str) -> None:
    """The next link of a slot opens a new run, whatever it describes. The present one is kept."""
    st.session_state[f"{slot}.token"] = ""
    st.session_state[f"{slot}.anew"] = True


def come_back(page: str) -> None:
    """Bring the address of a lab that one comes back to from another page, without an address of
    its own, to what it was when one left.

    page: the lab's name in addresses, "" for a page without runs.
    """
    _return()
    before = st.session_state.get("page", "")
    st.session_state.page = page
    if page == before or st.query_params:
        return
    slot = st.session_state.get(f"{page}.slot")
    if slot:
        query = kept_query(slot)
        st.session_state[f"{slot}.query"] = query
        st.query_params.from_dict(query)


def _return() -> None:
    """Bring the runs of a browser back that has lost its Streamlit session: the server was started
    again, or the connection was cut for long. The browser then names the session that it had.
    """
    if "session" in st.session_state:
        return
    before = _session_before()
    for session in sessions().adopt(before, _streamlit_session()) if before else ():
        st.session_state.session = session.visitor
        if session.slot:
            st.session_state.page = session.page
            st.session_state[f"{session.page}.last"] = session.tab or None
            _keep(session.slot, session)
    visitor()


def _streamlit_session() -> str:
    """The name of this Streamlit session, which none but its browser knows."""
    context = get_script_run_ctx()
    return context.session_id if context is not None else ""


def _session_before() -> str:
    """The Streamlit session that the browser had before it connected; "" for none. It is the third
    of the protocols that Streamlit's page asks for.
    """
    protocols = (st.context.headers.get("Sec-Websocket-Protocol") or "").split(",")
    return protocols[2].strip() if len(protocols) > 2 else ""


def kept_query(slot: str) -> dict[str, str]:
    """The query of a slot's present run, as the Stage or the page wrote it last."""
    written = sessions().query_of(st.session_state.get(f"{slot}.token", ""))
    if written is None:
        return dict(st.session_state.get(f"{slot}.query", {}))
    return _parsed(written)


def slot_of_tab(page: str, tab: str) -> str:
    """The slot of the run that a tab of a page has opened; "" where it has none yet."""
    return st.session_state.get(f"{page}.slots", {}).get(tab, "")


def _earlier(slot: str, wanted: tuple[str, Setup, int], ticket: str) -> Session | None:
    """The run that the link describes, of those that were opened in this slot before. Raises
    Full.
    """
    if st.session_state.pop(f"{slot}.anew", False):
        return None
    for token in reversed(st.session_state.get(f"{slot}.tokens", [])):
        if sessions().describes(token, wanted):
            return sessions().claim(token, ticket)
    return None


def _keep(slot: str, session: Session) -> None:
    """Remember a run as the slot's present one."""
    token = session.token
    st.session_state.pop(f"{slot}.anew", None)
    st.session_state[f"{slot}.token"] = token
    earlier = [t for t in st.session_state.get(f"{slot}.tokens", []) if t != token]
    st.session_state[f"{slot}.tokens"] = [*earlier, token][-KEPT_PER_VISITOR:]
    if page := st.session_state.get("page"):
        st.session_state[f"{page}.slot"] = slot
        tab = st.session_state.get(f"{page}.last")
        st.session_state.setdefault(f"{page}.slots", {})[tab] = slot
        sessions().shown(session, _streamlit_session(), page, tab or "", slot)


def _start_name(method: type[Method], default_start: str) -> str:
    """The start that the link names by `from`; "" or SCRATCH for new weights.

    A link that has neither `from` nor a set-up nor a seed means the page's default.
    """
    query = st.query_params.to_dict()
    describes_run = query.keys() & (method.Setup.declarations().keys() | {"seed"})
    default = default_start if default_start in [s.name for s in shipped(method.name)] else ""
    return query.get("from", "" if describes_run else default)


def _start(method: type[Method], default_start: str) -> tuple[str, Snapshot | None]:
    """The shipped snapshot that the link begins from, and its name."""
    name = _start_name(method, default_start)
    if name in ("", SCRATCH):
        return "", None
    try:
        if name not in [s.name for s in shipped(method.name)]:
            raise InvalidSnapshot(f"There is no snapshot {name!r} of this lab: it starts from scratch.")
        return name, open_shipped(name)
    except InvalidSnapshot as error:
        st.warning(escape(str(error)))
        return "", None


def _sync_query(slot: str, session: Session | None) -> bool:
    """Bring Streamlit's copy of the query up to date with what the Stage wrote into the address.

    Streamlit keeps its own copy of the query and does not see `history.replaceState`. What changed
    on Streamlit's side since the last run of the page (by a preset, the form, the back button) has
    priority; returns whether something did.
    """
    key = f"{slot}.query"
    now = st.query_params.to_dict()
    edited = now != st.session_state.get(key, now)
    if session is not None and session.query is not None and not edited:
        now = _parsed(session.query)
        st.query_params.from_dict(now)
    elif session is not None and edited:
        session.query = None  # older than what the page has now
    st.session_state[key] = now
    return edited


def _parsed(query: str) -> dict[str, str]:
    return dict(parse_qsl(query.lstrip("?"), keep_blank_values=True))
