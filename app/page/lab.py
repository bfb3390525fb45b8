"""The body of a lab page: the choice of a tab, and a tab from its headline to its explanation."""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.live.session import Shown
from app.live.sessions import sessions
from app.page import words
from app.page.components import curves, live_text, stage
from app.page.presets import chosen, preset_strip
from app.page.run import SCRATCH, Opened, kept_query, open_link, open_run, slot_of_tab
from app.page.setup_form import setup_form
from app.page.snapshots import came_from_file, snapshot_panel, take_up
from engine.core.method import Method
from engine.core.shipped import open_shipped, shipped
from engine.runs.live import SPEEDS

# The one rule of what plays by itself, for all labs. What learns from scratch plays, so slowly that
# one sees it learn: its first hundred steps take ten seconds. What was trained before waits: a run
# from a shipped snapshot or a saved file. So does what a layout declares by `rests`: an attack on
# trained networks, or a run without data yet. `play` and `speed` in a link have priority.
FIRST_SPEED = 10  # steps a second of what learns from scratch
TRAINED_SPEED = 0  # of what waits, once it is played: as fast as it goes

STAGE_WITHIN = 1.0  # seconds that the rest of a page waits for its Stage at most
FIRST_FRAME = 0.1  # and from the Stage's connection to its first painted frame

Layout = Mapping[str, Any]
Charts = Sequence[Mapping[str, Any]]


def _any(name: str) -> bool:
    return True


@dataclass(frozen=True)
class Tab:
    """A tab of a lab, or a lab without tabs: what it runs, and what it shows of the run.

    page: the lab's name in addresses. name: the tab's name in links and in the names of its files
    of text, "" in a lab without tabs. title: its label where one chooses between tabs.

    layout: the Stage, as `show_stage` takes it, or a function of the run that returns it. charts:
    those below the Stage, likewise.

    default_start: the shipped snapshot it opens on. first_seed: the seed it opens on where the
    address has no parameter at all; a link without a seed means 0. offers: whether a snapshot, by
    its name, is offered as a start. slot: a name for the run where a page has several of one
    method. prepare: called below the headline, before the run is opened. sidebar: shows the set-up
    form and whatever else starts a new run.
    """

    page: str
    name: str
    method: type[Method]
    layout: Layout | Callable[[Opened], Layout]
    charts: Charts | Callable[[Opened], Charts] = ()
    title: str = ""
    default_start: str = ""
    first_seed: int = 0
    offers: Callable[[str], bool] = _any
    slot: str = ""
    prepare: Callable[[], None] | None = None
    sidebar: Callable[[Opened], None] = setup_form

    def key(self, part: str) -> str:
        """The key of one of its components."""
        return "-".join(filter(None, (self.page, self.name, part)))


def choose_tab(page: str, titles: Mapping[str, str]) -> str:
    """The chosen one of a page's tabs, each with a run and a link of its own.

    titles: the name of a tab in the link → its label.
    """
    key, last = f"{page}.tab", f"{page}.last"
    address = st.query_params.get("tab", "")
    address = address if address in titles else next(iter(titles))
    # What changed since the last run of the page decides: the control, or the link (a preset, the
    # back button). The control comes first: who presses twice at once sends the address of before.
    control, before = st.session_state.get(key), st.session_state.get(last)
    if control not in titles or control == before != address or before is None:
        st.session_state[key] = address
    look = {"label_visibility": "collapsed", "wrap": True}
    chosen = st.segmented_control("View", list(titles), format_func=titles.get, key=key, **look) or address
    if chosen != address:
        kept = st.session_state.setdefault(f"{page}.links", {})
        slot = slot_of_tab(page, address)
        kept[address] = kept_query(slot) if slot else st.query_params.to_dict()
        st.query_params.from_dict({**kept.get(chosen, {}), "tab": chosen})
    st.session_state[last] = chosen
    return chosen


def lab_title(page: str, tabs: Mapping[str, str] | None = None) -> str:
    """Show the title of a lab and, in the same row, the choice of a tab; returns the chosen one.

    tabs: as for `choose_tab`; None in a lab without tabs, which returns "".
    """
    with st.container(key="saddle-title", horizontal=True, vertical_alignment="center", gap="medium"):
        st.title(words.lab(page).heading, width="content")
        return choose_tab(page, tabs) if tabs else ""


def show_tab(
    tab: Tab,
    presets: Sequence[words.Preset] | None = None,
    below: Callable[[Opened], None] | None = None,
) -> None:
    """Show a whole tab: `open_tab`, charts and explanation.

    presets: those of the tab's file where none are given. below: shows something between charts and
    explanation.
    """
    run = open_tab(tab, presets)
    show_charts(tab, run)
    if below is not None:
        below(run)
    explanation(tab)


def open_tab(tab: Tab, presets: Sequence[words.Preset] | None = None, snapshots: bool = True) -> Opened:
    """Show what to do in a tab, its headline, the presets, the sidebar and the Stage; returns its
    run.

    presets: as for `show_tab`. snapshots: whether the run can be saved and a saved one opened.
    """
    top = st.container()
    if tab.prepare is not None:
        tab.prepare()
    run = open_run(tab.method, tab.default_start, tab.slot, tab.first_seed)
    presets = words.presets(tab.page, tab.name) if presets is None else presets
    now = chosen(run, presets)
    with top:
        live_text(tab.page, tab.page, _introduction(tab, presets, now), key=tab.key("headline"))
        preset_strip(run, presets, now)
    if snapshots:
        take_up(run)
    above = st.container()  # for what the sidebar's parts say on the page
    show_stage(tab.page, run, tab.layout(run) if callable(tab.layout) else tab.layout, tab.first_seed)
    _first_the_stage(run)
    with above:
        start_panel(run, tab.offers)
        tab.sidebar(run)
        if snapshots:
            snapshot_panel(run, tab.page)
    return run


def _first_the_stage(run: Opened) -> None:
    """Let the browser draw a Stage that it has not shown yet before it is sent the rest of the
    page, whose drawing would take it as long again.
    """
    key, until = f"{run.slot}.shown", time.monotonic() + STAGE_WITHIN
    if st.session_state.get(key) == run.token:
        return
    st.session_state[key] = run.token
    if not st.context.headers:  # no browser: a test runs the page
        return
    while not run.live.watched and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(FIRST_FRAME)


def _introduction(tab: Tab, presets: Sequence[words.Preset], now: str) -> str:
    """What to do and what to see, and the headline below it.

    now: the title of the preset that runs; its description takes the place of the tab's task.
    """
    preset = next((p for p in presets if p.title == now), None)
    task = words.task(tab.page, tab.name)
    if preset is not None:
        task = f"<b>{html.escape(preset.title)}.</b> {html.escape(preset.description)}"
    return f'<p class="task">{task}</p>{words.headline(tab.page, tab.name)}'


def show_charts(tab: Tab, run: Opened) -> None:
    """The charts of a tab, which follow its Stage."""
    charts = tab.charts(run) if callable(tab.charts) else tab.charts
    curves(tab.page, tab.page, charts, key=tab.key("curves"))


def explanation(tab: Tab, **slots: str) -> None:
    """What is going on in a tab. slots: HTML for the slots of its text."""
    st.header("What is going on")
    live_text(tab.page, tab.page, words.explanation(tab.page, tab.name, **slots), key=tab.key("explanation"))


def start_panel(run: Opened, offers: Callable[[str], bool] = _any) -> None:
    """In the sidebar: begin from scratch or from one of the method's shipped snapshots.

    offers: whether to offer a snapshot, by its name; the one the run came from is offered always.
    """
    offered = [s for s in shipped(run.method.name) if offers(s.name) or s.name == run.start]
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
            help="Trained runs that are included; training goes on from them. R in the lab comes back to the start.",
        )
        st.caption(entries[chosen].partition(": ")[2])  # it would be cut off in the box
    if chosen != now:
        kept = {k: v for k, v in st.query_params.to_dict().items() if k in ("tab", "view") or k.startswith("show_")}
        open_link(run, {**kept, "from": chosen})


def show_stage(page: str, run: Opened, layout: Layout, first_seed: int = 0) -> None:
    """Mount the Stage of a page.

    layout: panels, grid, side and the rest that app/web/README.md lists. first_seed: as in a Tab.
    """
    declared = run.method.Knobs.declarations()
    only = layout.get("only", declared)
    scalar = {n: declared[n] for n in only if declared[n].kind not in ("points", "ink")}
    snapshot = open_shipped(run.start) if run.start else None
    defaults = snapshot.knobs if snapshot else run.method.make_knobs(run.setup).to_dict()
    query = st.query_params.to_dict()
    look = {
        "show": {name.removeprefix("show_"): value == "1" for name, value in query.items() if name.startswith("show_")},
        "view": query.get("view", ""),
        "locks": query.get("lock", "").split("."),
        **_begin(run, layout, query),
    }
    placing = layout.get("placing")
    if placing and placing.get("side"):
        placing = {**placing, "painted": list(getattr(run.knobs, placing.get("ink", "density")))}
    elif placing:
        placing = {**placing, "byHand": bool(run.knobs.points)}
    data = {
        "name": page,
        "page": page,
        "token": run.token,
        "seed": run.live.seed,
        "firstSeed": first_seed,
        "knobs": {n: d.to_json() for n, d in scalar.items()},
        "values": {n: getattr(run.knobs, n) for n in scalar},
        "defaults": {n: defaults[n] for n in scalar},
        "look": look,
        "start": run.start,
        "setup": {n: v for n, v in run.setup.to_dict().items() if not isinstance(v, tuple)},
        **layout,
        "placing": placing,
    }
    tab = st.session_state.get(f"{page}.last") or ""
    shown = {k: v for k, v in data.items() if k != "token"}
    sessions().show(run.token, Shown(page, tab, run.slot, run.default_start, shown))
    stage(data, key=f"{run.slot}-stage{layout.get('key', '')}")


def _begin(run: Opened, layout: Layout, query: Mapping[str, str]) -> dict[str, Any]:
    """How a run begins: whether it plays, and its speed in steps a second, 0 for no limit.

    `first` is the speed that the rule gives, which links leave out.
    """
    waits = bool(run.start or layout.get("rests") or came_from_file(run))
    first = TRAINED_SPEED if waits else FIRST_SPEED
    asked = query.get("speed", "")
    return {
        "play": query.get("play", "0" if waits else "1") != "0",
        "speed": int(asked) if asked in map(str, SPEEDS) else first,
        "first": first,
    }
