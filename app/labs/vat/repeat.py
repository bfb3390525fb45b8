"""Repeat over 50 data sets: the buttons, the progress, and the table of results."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app.labs.vat import ready_made
from app.labs.vat.ready_made import ReadyMade
from app.labs.vat.reference import MEASURED, at_reference
from app.labs.vat.stage import ORDER, TITLES
from app.live.crew.far import FarRepeat
from app.live.sessions import sessions
from app.page import words
from app.page.escape import escape
from app.page.numbers import fixed, signed
from app.page.run import LiveRun
from engine.core.parallel import cores
from engine.methods.vat.vat import VAT
from engine.runs.repeat import Repeat, summary

SETS = 50  # data sets
STEPS = 1000  # of training on each
# Of the boxes, for both themes; app/web/draw/theme.js has two shades of each method's colour.
COLOURS = {
    "mle": "#7b8791",
    "l2": "#e69f00",
    "dropout": "#3f9fd8",
    "random": "#009e73",
    "adv_linf": "#3d7fd9",
    "adv_l2": "#c06a9c",
    "vat": "#e8691b",
}


def repeat_panel(live: LiveRun) -> None:
    """Show the panel for the page's run.

    The run's set-up and knobs are repeated, and it rests meanwhile.
    """
    st.header(words.sections("vat", "repeat")["repeat"].title)
    _say("repeat", sets=SETS, last=SETS - 1, steps=STEPS)
    _ready_made(live)
    _say("again")
    running = st.session_state.get("repeat")
    busy = running is not None and not running.ended
    st.fragment(_panel, run_every=0.7 if busy else None)(live)


def _text(name: str, **slots: object) -> str:
    """A section of repeat.md, as HTML."""
    return words.section("vat", "repeat", name, **slots)


def _say(name: str, **slots: object) -> None:
    st.markdown(_text(name, **slots), unsafe_allow_html=True)


def _ready_made(live: LiveRun) -> None:
    """Show the results that ship for the page's data set, and how the first seed was chosen."""
    setup, knobs = live.setup, VAT.Knobs.of(live.knobs)
    defaults = VAT.make_setup({"dataset": setup.dataset})
    if setup.dataset == "own":
        return
    label = dict(VAT.Setup.declarations()["dataset"].options)[setup.dataset]
    table = ready_made.find(defaults, VAT.make_knobs(defaults))
    if table is None:
        return
    mine = ready_made.find(setup, knobs.with_values({"points": ()})) is table
    chosen = ""
    if table is ready_made.read()[0]:
        seed, difference, median = ready_made.typical_seed(table)
        numbers = {"difference": fixed(difference, 2), "median": fixed(median, 2)}
        chosen = _text("seed", seed=seed, sets=SETS, **numbers)
    other = "" if mine else _text("other")
    _say("ready", label=label, other=other, seed=chosen, command=f"<code>{ready_made.COMMAND}</code>")
    st.markdown(_markdown(table))
    reference = ready_made.find(defaults, at_reference(setup)) if setup.dataset in MEASURED else None
    if reference is not None:
        if st.toggle("The same with the reference settings, beside numbers that were measured elsewhere"):
            st.markdown(_markdown(reference, MEASURED[setup.dataset]))


def _markdown(table: ReadyMade, reference: Mapping[str, str] | None = None) -> str:
    """A table that ships. It is Markdown, because pandas takes a second to import."""
    values, other = table.test_error, reference or {}
    rows = [_row(kind, title, values[kind], values["mle"], other.get(kind)) for kind, title in zip(ORDER, TITLES)]
    if not diverged(values):
        rows = [{column: cell for column, cell in row.items() if column != "sets"} for row in rows]
    lines = [list(rows[0]), ["---", *["--:"] * (len(rows[0]) - 1)], *(map(str, row.values()) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _panel(live: LiveRun) -> None:
    setup = live.setup
    knobs = VAT.Knobs.of(live.knobs)
    repeat: Repeat | FarRepeat | None = st.session_state.get("repeat")
    if repeat is not None and not repeat.ended:
        columns = st.columns([4, 1], vertical_alignment="center")
        share = repeat.progress
        spent = time.monotonic() - repeat.started
        left = f", about {spent / share - spent:.0f} s left" if share > 0.02 else ""
        columns[0].progress(
            share, f"Training {7 * SETS} networks: {100 * share:.0f} %{left}. The lab above rests meanwhile."
        )
        if columns[1].button("Cancel", width="stretch"):
            repeat.cancel()
        else:
            return
    if repeat is not None and st.session_state.get("repeat_seen") is not repeat:
        st.session_state.repeat_seen = repeat
        if st.session_state.pop("repeat_resumes", False):
            live.play()
        st.rerun()  # the whole page, which ends the polling
    left, right = st.columns(2)
    own = left.button("Repeat with these knobs", width="stretch", disabled=setup.dataset == "own")
    reference = right.button(
        "Repeat with the reference settings",
        width="stretch",
        disabled=setup.dataset not in MEASURED,
        help="All knobs as in the reference experiment on moons and circles",
    )
    if own or reference:
        chosen = at_reference(setup) if reference else knobs.with_values({"points": ()})
        # Two cores cannot repeat, train, paint and answer a cancel button at once.
        st.session_state.repeat_resumes = live.playing
        live.play(False)
        st.session_state.repeat = sessions().crew.repeat(live, VAT, setup, chosen, range(SETS), STEPS, cores())
        st.rerun()
    if setup.dataset == "own":
        st.info("Your own points are one data set. Choose another data set to repeat over new draws.")
    if repeat is not None:
        _outcome(repeat)


def _outcome(repeat: Repeat | FarRepeat) -> None:
    """Show the table and the boxes, or why there are none."""
    # Imported here because both take a second that the page's first picture should not wait for.
    import pandas as pd
    import plotly.graph_objects as go

    if repeat.failure:
        st.error(escape(f"The repetition stopped: {repeat.failure}. Change the knobs and try again."))
        return
    if repeat.cancelled:
        st.info("Cancelled. Nothing was kept.")
        return
    values = {kind: [m[f"test_error.{kind}"] for m in repeat.metrics] for kind in ORDER}
    reference = MEASURED.get(repeat.setup.dataset, {}) if _is_reference(repeat) else {}
    rows = [_row(kind, title, values[kind], values["mle"], reference.get(kind)) for kind, title in zip(ORDER, TITLES)]
    same = "reference settings" if reference else "knobs as they were"
    st.markdown(
        f"Test error in per cent over {len(repeat.metrics)} data sets, {repeat.setup.dataset}, {same}; "
        f"{repeat.seconds:.0f} s."
    )
    if words := diverged(values):
        st.warning(words)
    else:
        rows = [{column: cell for column, cell in row.items() if column != "sets"} for row in rows]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    style = {"boxpoints": "all", "jitter": 0.5, "pointpos": 0, "marker_size": 4, "line_width": 2}
    boxes = [
        go.Box(y=values[kind], name=title, marker_color=COLOURS[kind], **style) for kind, title in zip(ORDER, TITLES)
    ]
    figure = go.Figure(boxes)
    figure.update_layout(height=300, margin=dict(l=40, r=8, t=8, b=30), showlegend=False, yaxis_title="test error, %")
    st.plotly_chart(figure, width="stretch", config={"displayModeBar": False})


def _is_reference(repeat: Repeat | FarRepeat) -> bool:
    """Whether data, network and knobs are those of the reference experiment.

    How it is measured, and in which precision, may differ.
    """
    measured = {name: getattr(repeat.setup, name) for name in ("test", "lds_epsilon", "precision")}
    setup = VAT.make_setup({"dataset": repeat.setup.dataset, **measured})
    return repeat.knobs == at_reference(repeat.setup) and repeat.setup == setup


def diverged(values: Mapping[str, Sequence[float]]) -> str:
    """Which methods diverged on how many sets, in words; "" where none did.

    values: method → its test errors, NaN where it diverged.
    """
    titles = dict(zip(ORDER, TITLES))
    each = []
    for kind, errors in values.items():
        bad = sum(not math.isfinite(v) for v in errors)
        if bad:
            rest = len(errors) - bad
            each.append(f"{titles[kind]} diverged on {bad} of {len(errors)} sets; its row is over the other {rest}.")
    if not each:
        return ""
    return " ".join(each) + " Differences to MLE are over the sets on which neither diverged. Lower the rate η."


def _row(kind: str, title: str, values: list[float], mle: list[float], reference: str | None) -> dict[str, Any]:
    """A row of the table: mean and median over the data sets on which this network did not diverge,
    and the difference over those on which MLE's did not either.

    values, mle: test errors in per cent, one for each data set.
    """
    known = [v for v in values if math.isfinite(v)]
    pairs = [(v, b) for v, b in zip(values, mle) if math.isfinite(v) and math.isfinite(b)]
    paired = "–"
    if kind != "mle" and len(pairs) > 1:
        s = summary(*zip(*pairs))
        paired = f"{signed(s.difference, 1)} ± {fixed(s.error, 1)}"
    several = len(known) > 1
    row = {
        "method": title,
        "sets": len(known),
        "mean ± sd": f"{fixed(statistics.fmean(known), 1)} ± {fixed(statistics.stdev(known), 1)}" if several else "–",
        "median": fixed(statistics.median(known), 1) if several else "–",
        "minus MLE, paired ± s.e.": paired,
    }
    return {**row, "reference: mean ± sd (median)": reference} if reference else row
