"""Save the run in its present state, and open one that was saved."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app import links
from app.live.sessions import sessions
from app.page.components import save_button
from app.page.escape import escape
from app.page.numbers import whole
from app.page.run import SCRATCH, Opened, begin_anew
from engine.core.snapshot import MOST_MB, InvalidSnapshot, Snapshot
from engine.runs.run import Run


def came_from_file(opened: Opened) -> bool:
    """Whether the run is one that was opened from a file."""
    return st.session_state.get(f"{opened.slot}.note", ("", ""))[0] == opened.token


def saving(megabytes: float) -> str:
    """What is saved of a run whose snapshot takes so many MB, in words for before it is saved."""
    if megabytes <= MOST_MB:
        return "Weights, optimiser, generators, set-up and all knobs: it goes on exactly as it would have here."
    return (
        f"This run takes {megabytes:.0f} MB, and a page opens {MOST_MB} MB at most. So its small form is saved: "
        "weights in half precision and none of the optimiser's moments. Training goes on from it, but not bit for bit. "
        "For an exact copy choose smaller networks, or use --save and --from of the command line, which have no limit."
    )


def take_up(opened: Opened) -> None:
    """Have the run take up the file that was just opened, if any, before its Stage is shown."""
    pending: Snapshot | None = st.session_state.pop(f"{opened.slot}.pending", None)
    if pending is None:
        return
    opened.live.take(pending)
    sessions().replace(opened.token)
    where = f"step {whole(pending.step)}, seed {pending.seeds[0]}"
    note = f"Opened: a run of {escape(pending.method)} at {where}. It waits; play trains on."
    st.session_state[f"{opened.slot}.note"] = opened.token, note
    st.toast(note)


def snapshot_panel(opened: Opened, page: str) -> None:
    """Show both in the sidebar, and what was opened last.

    A file that cannot be opened leaves the run unchanged.

    page: the lab's name in addresses.
    """
    method = opened.method
    live = opened.live
    slot = opened.slot
    with st.sidebar.expander("Save and open", expanded=came_from_file(opened)):
        if came_from_file(opened):
            st.success(st.session_state[f"{slot}.note"][1])
        save_button(
            page,
            opened.token,
            "Save this run",
            saving(live.megabytes),
            key=f"{slot}-save",
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
    _forget(file)
    st.session_state[f"{slot}.opened"] = file.file_id
    st.session_state[f"{slot}.pending"] = snapshot
    begin_anew(slot)
    kept = {k: v for k, v in st.query_params.to_dict().items() if k == "tab"}
    if opened.default_start:
        kept["from"] = SCRATCH
    st.query_params.from_dict({**kept, **links.of_run(method, run)})
    st.rerun()


def _forget(file: UploadedFile) -> None:
    """Remove an upload from the server's memory, where Streamlit would keep it with the session."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
