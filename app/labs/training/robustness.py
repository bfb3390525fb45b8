"""The robustness report on the networks of a page's run: the button, the progress, the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.page import words
from app.page.escape import escape
from app.page.numbers import fixed, significant
from app.page.run import Opened
from engine.methods.training.robustness import WORSE
from engine.runs.measurement import Measurement

NAME = "robustness"
# Between the two shades that the Stage has for a member, so that a chart keeps in both themes.
COLOURS = {
    "standard": "#87929b",
    "smoothing": "#d09a1a",
    "random": "#14a079",
    "fgsm": "#3c7fdd",
    "pgd": "#b163a5",
    "vat": "#ea6a0c",
    "robust": "#b163a5",
}


@dataclass(frozen=True)
class Report:
    """What differs between the report of the plane and that of digits.

    kind: ends the names of the sections of report.md that say what distances and worst cases are.
    columns: titles of the table of worst cases.
    """

    kind: str
    columns: tuple[str, ...]


PLANE = Report("plane", ("point", "class", "distance", "nearest place of the boundary"))
DIGITS = Report("digits", ("probe digit", "label", "answer there", "distance"))


def robustness_panel(run: Opened, titles: Mapping[str, str], kind: Report) -> None:
    """Show the panel for the page's run.

    titles: network → its title, in the order they are offered. kind: PLANE or DIGITS.
    """
    texts = words.sections("training", "report")
    st.header(texts["report"].title)
    st.markdown(texts["report"].html, unsafe_allow_html=True)
    slot = f"{NAME}.{run.method.name}"
    running: Measurement | None = st.session_state.get(slot)
    busy = running is not None and not running.ended
    st.fragment(_panel, run_every=0.7 if busy else None)(run, slot, titles, kind)


def _panel(run: Opened, slot: str, titles: Mapping[str, str], kind: Report) -> None:
    measurement: Measurement | None = st.session_state.get(slot)
    if measurement is not None and not measurement.ended:
        columns = st.columns([4, 1], vertical_alignment="center")
        columns[0].progress(measurement.share, f"Attacking {len(titles)} networks: {100 * measurement.share:.0f} %")
        if columns[1].button("Cancel", width="stretch"):
            measurement.cancel()
        else:
            return
    if measurement is not None and st.session_state.get(f"{slot}.seen") is not measurement:
        st.session_state[f"{slot}.seen"] = measurement
        st.rerun()  # the whole page, which ends the polling
    if st.button("Measure now", type="primary"):
        st.session_state[slot] = run.live.measure(NAME, {})
        st.rerun()
    if measurement is None:
        return
    if measurement.cancelled:
        st.info("Cancelled. Nothing was kept.")
    elif measurement.failure:
        st.error(escape(f"The report stopped: {measurement.failure}"))
    elif measurement.answer is not None:
        _outcome(measurement.answer.numbers, slot, titles, kind)


def _outcome(report: Mapping[str, Any], slot: str, titles: Mapping[str, str], kind: Report) -> None:
    """Show a finished report, whose fields engine/methods/training/robustness.py lists."""
    # Imported here because both take a second that the page's first picture should not wait for.
    import pandas as pd
    import plotly.graph_objects as go

    members = report["members"]
    for network, title in titles.items():
        for warning in members[network]["warnings"]:
            st.warning(f"**{title}, signs of masking.** {warning}")
    gone = [title for kind, title in titles.items() if members[kind].get("diverged")]
    if gone:
        st.error(f"**{', '.join(gone)}**: diverged, so that there is nothing to measure. Lower the learning rate η.")
    elif not any(m["warnings"] for m in members.values()):
        searched = (
            ", and a search of the whole ball finds no more than gradients do"
            if any("search" in attack for attack in report["attacks"])
            else ""
        )
        st.success(
            f"No sign of masked gradients: no attack does worse than a simpler one by more than {WORSE:g} points of a "
            f"hundred{searched}."
        )
    texts = words.sections("training", "report")

    def heading(name: str) -> None:
        st.markdown(f"**{texts[name].title}**: {texts[name].html}", unsafe_allow_html=True)

    heading("error")
    st.plotly_chart(_over_epsilon(go, report, titles), width="stretch", config={"displayModeBar": False})
    chosen = st.selectbox("Network", list(titles), format_func=titles.get, key=f"{slot}.member")
    member = members[chosen]
    columns = [f"ε = {significant(radius)}" for radius in report["epsilons"]]
    table = pd.DataFrame(member["table"], index=report["attacks"], columns=columns)
    st.markdown(
        f"Error in per cent on {report['points']} points, {report['norm']}. {texts['last'].html}",
        unsafe_allow_html=True,
    )
    st.dataframe(table.map(lambda v: fixed(v, 1)), width="stretch")
    left, right = st.columns(2)
    with left:
        heading(f"distance-{kind.kind}")
        if all(d is None or d != d for d in member["distances"]):
            st.info("No boundary in view." if not member.get("diverged") else "This network has diverged.")
        st.plotly_chart(
            _histogram(go, member["distances"], report["epsilon"]), width="stretch", config={"displayModeBar": False}
        )
    with right:
        heading(f"worst-{kind.kind}")
        st.dataframe(_worst(pd, member["worst"], kind.columns), hide_index=True, width="stretch")


def _over_epsilon(go: Any, report: Mapping[str, Any], titles: Mapping[str, str]) -> Any:
    """A figure of the error of every network over ε, without the large ball of the sanity check."""
    radii = report["epsilons"][:-1]
    figure = go.Figure()
    fgsm = next(i for i, attack in enumerate(report["attacks"]) if attack.startswith("FGSM"))
    for kind, title in titles.items():
        table = [row[:-1] for row in report["members"][kind]["table"]]
        figure.add_scatter(
            x=radii,
            y=[max(column) for column in zip(*table)],
            name=title,
            legendgroup=kind,
            line=dict(color=COLOURS[kind], width=3),
            hovertemplate=f"{title}: %{{y:.1f}} %",
        )
        figure.add_scatter(
            x=radii,
            y=table[fgsm],
            name=title,
            legendgroup=kind,
            showlegend=False,
            line=dict(color=COLOURS[kind], width=1.5, dash="dot"),
            mode="lines",
            hovertemplate=f"{title}, FGSM: %{{y:.1f}} %",
        )
    figure.add_vline(x=report["epsilon"], line_dash="dot", annotation_text="ε", annotation_font_size=15)
    figure.update_layout(
        height=300,
        margin=dict(l=40, r=8, t=24, b=40),
        xaxis_title="ε",
        yaxis_title="error, %",
        yaxis_range=[-2, 102],
        hovermode="x unified",
        legend=dict(orientation="h", y=1.14),
    )
    return figure


def _histogram(go: Any, distances: Sequence[float | None], epsilon: float) -> Any:
    """A figure of the distances to the boundary; those that are None or NaN are left out."""
    known = [d for d in distances if d is not None and d == d]
    figure = go.Figure(go.Histogram(x=known, nbinsx=40, marker_color="#8a3d7c"))
    figure.add_vline(x=epsilon, line_dash="dot", annotation_text="ε", annotation_font_size=15)
    figure.update_layout(
        height=270, margin=dict(l=40, r=8, t=24, b=40), xaxis_title="distance", yaxis_title="points", bargap=0.05
    )
    return figure


def _place(x: float, y: float) -> str:
    """A place of the plane."""
    return f"({fixed(x, 2)}, {fixed(y, 2)})"


def _worst(pd: Any, rows: Sequence[Sequence[float]], columns: Sequence[str]) -> Any:
    """The table of worst cases.

    rows: of the plane (x, y, label, distance, x and y of the nearest place); of digits a cell for
    each column.
    """
    if not rows:
        return pd.DataFrame(columns=list(columns))
    if len(columns) == len(rows[0]):
        text = [[str(cell) if isinstance(cell, int) else fixed(cell, 3) for cell in row] for row in rows]
    else:
        text = [
            [_place(x, y), "▲" if label else "●", fixed(distance, 3), _place(to_x, to_y)]
            for x, y, label, distance, to_x, to_y in rows
        ]
    return pd.DataFrame(text, columns=list(columns))
