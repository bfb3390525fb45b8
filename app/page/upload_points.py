"""The visitor's own points: a CSV file in the sidebar."""

from __future__ import annotations

import streamlit as st

from app import links
from app.page.escape import escape
from app.page.run import Opened
from app.page.setup_form import setup_form
from engine.data.points_csv import MOST_ROWS, InvalidTable, read


def points_sidebar(run: Opened) -> None:
    """The set-up form of a lab whose points have labels, below the uploader for a visitor's own."""
    own = run.setup.dataset == "own"
    if own:
        upload_rows(run)
    setup_form(run, first="dataset", hidden=("rows", "noise") if own else ("rows",))


def upload_rows(run: Opened, labelled: bool = True) -> None:
    """Show the uploader.

    A file that can be read becomes the set-up's rows; one that cannot leaves the run unchanged.

    labelled: whether lines are x, y, label, or else x, y.
    """
    method = run.method
    setup = run.setup
    with st.sidebar if labelled else st.sidebar.expander("Your own points", expanded=setup.dataset == "own"):
        if note := st.session_state.get(f"{run.slot}.points_note"):
            st.info(note)
        file = st.file_uploader(
            f"Points from a table: x, y{', label' if labelled else ''}",
            type=["csv", "tsv", "tab", "txt", "dat", "json", "jsonl", "ndjson"],
            help=f"At most {MOST_ROWS} lines{', two classes' if labelled else ''}; scaled to fit the view. Cells "
            "separated by commas, semicolons, tabs or spaces, with any decimal mark, or JSON or JSON lines; columns "
            "are taken by their names, or else in this order.",
        )
        if labelled:
            st.caption(
                "Or pick *Add ●* and *Add ▲* beside the panels and click. Points from a file beyond the training "
                "sample are the test set."
            )
    if file is None or st.session_state.get("uploaded") == file.file_id:
        return
    try:
        table = read(file.getvalue(), labelled)
    except InvalidTable as error:
        st.session_state.pop(f"{run.slot}.points_note", None)
        st.sidebar.error(escape(str(error)))
        return
    st.session_state.uploaded = file.file_id
    note = f"{escape(table.told())}."
    if labelled:
        zero, one = (escape(name[:40]) for name in table.names)
        trained = min(setup.train, len(table.rows))
        split = (
            f"About {trained} are for training, as the set-up says; the rest are for testing."
            if trained < len(table.rows)
            else "All are for training, so nothing is left to measure errors on: ask for fewer training points in the "
            "set-up, or for more in the file."
        )
        note += f" ● is {zero}, ▲ is {one}. {split}"
    st.session_state[f"{run.slot}.points_note"] = note
    kept = {k: v for k, v in st.query_params.to_dict().items() if k != "points"} | {"show_test": "1"}
    st.query_params.from_dict(
        {**kept, **links.of_setup(method, {**setup.to_dict(), "dataset": "own", "rows": table.rows})}
    )
    st.rerun()
