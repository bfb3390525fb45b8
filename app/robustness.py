"""The robustness report: its button, its progress, and what came out, for the networks of a page's run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.live import Live
from engine.measurement import Measurement

NAME = "robustness"


def robustness_panel(live: Live, titles: Mapping[str, str]) -> None:
    """Show the panel for the page's run. titles: member → its name, in the order they are offered."""
    st.header("Robustness report")
    st.markdown("Attacks of growing strength at growing ε, against the networks as they stand: a network is as robust as the strongest attack says. "
                "It works on a copy; training goes on above.")  # fmt: skip
    running: Measurement | None = st.session_state.get(NAME)
    busy = running is not None and not running.ended
    st.fragment(_panel, run_every=0.7 if busy else None)(live, titles)


def _panel(live: Live, titles: Mapping[str, str]) -> None:
    measurement: Measurement | None = st.session_state.get(NAME)
    if measurement is not None and not measurement.ended:
        columns = st.columns([4, 1], vertical_alignment="center")
        columns[0].progress(measurement.share, f"Attacking {len(titles)} networks: {100 * measurement.share:.0f} %")
        if columns[1].button("Cancel", width="stretch"):
            measurement.cancel()
        else:
            return
    if measurement is not None and st.session_state.get(f"{NAME}.seen") is not measurement:
        st.session_state[f"{NAME}.seen"] = measurement
        st.rerun()  # the whole page, which ends the polling
    if st.button("Measure now", type="primary"):
        st.session_state[NAME] = live.measure(NAME, {})
        st.rerun()
    if measurement is None:
        return
    if measurement.cancelled:
        st.info("Cancelled. Nothing was kept.")
    elif measurement.failure:
        st.error(f"The report stopped: {measurement.failure}")
    elif measurement.answer is not None:
        _outcome(measurement.answer.numbers, titles)


def _outcome(report: Mapping[str, Any], titles: Mapping[str, str]) -> None:
    # Imported here because both take a second that the page's first picture should not wait for.
    import pandas as pd
    import plotly.graph_objects as go

    members, radii = report["members"], report["epsilons"]
    for kind, title in titles.items():
        for warning in members[kind]["warnings"]:
            st.warning(f"**{title}, signs of masking.** {warning}")
    if not any(m["warnings"] for m in members.values()):
        st.success("No sign of masked gradients: no attack does worse than a simpler one, and search finds nothing that gradients miss.")
    chosen = st.selectbox("Network", list(titles), index=list(titles).index("pgd") if "pgd" in titles else 0, format_func=titles.get, key=f"{NAME}.member")
    member = members[chosen]
    columns = [f"ε = {radius:.3g}" for radius in radii]
    table = pd.DataFrame(member["table"], index=report["attacks"], columns=columns)
    st.markdown(f"Error in per cent on {report['points']} points, {report['norm']}; the last column is a sanity check: in a ball that large everything can be broken.")
    st.dataframe(table.map(lambda v: f"{v:.1f}"), width="stretch")
    left, right = st.columns(2)
    with left:
        st.markdown("**Distance to the boundary**, the least perturbation that changes the answer; negative: already wrong")
        st.plotly_chart(_histogram(go, member["distances"], report["epsilon"]), width="stretch", config={"displayModeBar": False})
    with right:
        st.markdown("**Worst cases**, the points nearest to the boundary or furthest on the wrong side")
        st.dataframe(_worst(pd, member["worst"]), hide_index=True, width="stretch")


def _histogram(go: Any, distances: Sequence[float], epsilon: float) -> Any:
    figure = go.Figure(go.Histogram(x=distances, nbinsx=40, marker_color="#8a3d7c"))
    figure.add_vline(x=epsilon, line_dash="dot", annotation_text="ε", annotation_font_size=15)
    figure.update_layout(height=270, margin=dict(l=40, r=8, t=24, b=40), xaxis_title="distance, plane units", yaxis_title="points", bargap=0.05)
    return figure


def _worst(pd: Any, rows: Sequence[Sequence[float]]) -> Any:
    text = [[f"({x:.2f}, {y:.2f})", "▲" if label else "●", f"{distance:.3f}", f"({to_x:.2f}, {to_y:.2f})"] for x, y, label, distance, to_x, to_y in rows]
    return pd.DataFrame([[cell.replace("-", "−") for cell in row] for row in text], columns=["point", "class", "distance", "nearest place of the boundary"])
