"""The visitor's own sentences: a file in the sidebar, one sentence a line or CSV with a label."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import links
from app.page.escape import escape
from app.page.run import SCRATCH, Opened
from engine.core.declare import InvalidValue
from engine.data.text import own_sentences
from engine.methods.arae.sentence_run import corpus_of


def mend() -> None:
    """Before the run is opened: drop what a link asks of sentences that are not here or have no
    labels, with a warning.
    """
    query = st.query_params
    if query.get("corpus") == "own" and own_sentences.own_text(query.get("own", "")) is None:
        st.warning(
            "The sentences of this link were uploaded elsewhere, or long ago, and are not here: upload them "
            "again. The grammar is used instead."
        )
        _drop("corpus", "own")
    if bare() and query.get("transfer", "").lower() in ("true", "1"):
        st.warning(
            "The sentences of this link have no labels, so there is nothing to transfer between: samples and "
            "ways between codes are shown instead."
        )
        _drop("transfer")


def bare() -> bool:
    """Whether the link is to a visitor's sentences without labels."""
    text = own_sentences.own_text(st.query_params.get("own", "")) if st.query_params.get("corpus") == "own" else None
    return text is not None and len(text.classes) < 2


def _drop(*names: str) -> None:
    for name in names:
        if name in st.query_params:
            del st.query_params[name]


def upload_sentences(run: Opened) -> None:
    """Show the uploader. A file that can be used becomes the run's corpus; one that cannot leaves
    the run as it is.
    """
    with st.sidebar.expander("Your own sentences", expanded=run.setup.corpus == "own"):
        if note := st.session_state.get(f"{run.slot}.note"):
            st.info(note)
        file = st.file_uploader(
            "Text or table",
            type=["txt", "csv", "tsv", "tab", "json", "jsonl", "ndjson"],
            key=f"{run.slot}.file",
            help=f"One sentence a line; or sentences with labels, which transfer needs: a table with columns text and "
            f"label, separated by commas, semicolons, tabs or +++$+++, JSON or JSON lines, or a label before each "
            f"line, such as __label__pos, “pos:” or 1. "
            f"{own_sentences.LEAST_ROWS} to "
            f"{own_sentences.MOST_ROWS:,} sentences, "
            f"at most {own_sentences.MOST_BYTES / 1e6:.0f} MB and {own_sentences.MOST_CLASSES} labels. It stays "
            f"on this server.",
        )
        if file is None or st.session_state.get(f"{run.slot}.uploaded") == file.file_id:
            return
        try:
            text = own_sentences.read(file.getvalue())
            setup, used = _setup(run, own_sentences.store_text(text), len(text.classes) > 1)
        except InvalidValue as error:
            st.error(escape(str(error)))
            return
    st.session_state[f"{run.slot}.uploaded"] = file.file_id
    transfer = "" if len(text.classes) > 1 else " No labels, so no transfer: look at samples and ways between codes."
    st.session_state[f"{run.slot}.note"] = (
        f"{escape(text.told())}. {used:,} are different and have at most {setup['words']} words, as the set-up says; "
        f"the first is “{escape(text.rows[0][0][:60])}”.{transfer}"
    )
    kept = {k: v for k, v in st.query_params.to_dict().items() if k in ("tab", "view")}
    st.query_params.from_dict({**kept, "from": SCRATCH, **links.of_setup(run.method, setup)})
    st.rerun()


def _setup(run: Opened, digest: str, labelled: bool) -> tuple[dict[str, Any], int]:
    """The set-up for these sentences, and how many of them it uses. Raises InvalidValue where they
    cannot be learned from.
    """
    values = {"corpus": "own", "own": digest} | (
        {"transfer": labelled and run.setup.transfer} if hasattr(run.setup, "transfer") else {}
    )
    setup = run.method.make_setup(values)
    corpus = corpus_of(setup, run.seed)  # what a run refuses it refuses here, before the present one is given up
    return setup.to_dict(), len(corpus.train) + len(corpus.held)
