"""Save the run in its present state, and open one that was saved."""

from __future__ import annotations

import streamlit as st

from app import links
from app.page.escape import escape
from app.page.run import SCRATCH, Opened
from engine.core.snapshot import InvalidSnapshot, Snapshot
from engine.runs.run import Run


def snapshot_panel(opened: Opened) -> None:
    """Show both in the sidebar. A file that cannot be opened leaves the run unchanged."""
    method = opened.method
    live = opened.live
    slot = opened.slot
    pending: Snapshot | None = st.session_state.pop(f"{slot}.pending", None)
    if pending is not None:
        live.take(pending)
    with st.sidebar.expander("Save and open"):
        # The file is made when the button is pressed, so it contains the state of that moment.
        st.download_button(
            "Save this run",
            lambda: live.snapshot().result(timeout=30).to_bytes(),
            f"{method.name}.snapshot",
            "application/octet-stream",
            width="stretch",
            on_click="ignore",
            help="Weights, optimiser, generators, set-up and every knob turned: it goes on bit for bit.",
        )
        file = st.file_uploader("Open a saved run", type=["snapshot"])
    if file is None or st.session_state.get(f"{slot}.opened") == file.file_id:
        return
    try:
        snapshot = Snapshot.from_bytes(file.getvalue())
        if snapshot.method != method.name:
            raise InvalidSnapshot(f"This is a run of {snapshot.method}: open it on that lab's page.")
        if len(snapshot.seeds) != 1:
            raise InvalidSnapshot("This snapshot holds several seeds: save a single one.")
        run = Run.restore(snapshot)
    except InvalidSnapshot as error:
        st.error(escape(str(error)))
        return
    st.session_state[f"{slot}.opened"] = file.file_id
    st.session_state[f"{slot}.pending"] = snapshot
    kept = {k: v for k, v in st.query_params.to_dict().items() if k == "tab"}
    if opened.default_start:
        kept["from"] = SCRATCH
    st.query_params.from_dict({**kept, **links.of_run(method, run)})
    st.rerun()
