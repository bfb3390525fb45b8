"""The tabs of the ARAE lab that show sentences: transfer, samples with ways between codes, three priors side by side."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import arae_charts, arae_own, arae_stage, lab
from app.arae_presets import PRESETS
from app.arae_quality import quality_panel
from app.arae_text import EXPLANATIONS, HEADLINES
from app.keep import keep_panel
from app.lab import Opened
from app.setup_form import setup_form
from app.stage import curves, live_text
from app.try_this import try_this
from engine.method import Method
from engine.methods.arae import ARAE
from engine.methods.arae_three import ARAEThree
from engine.shipped import shipped
from engine.text_setup import corpus_of

METHODS: dict[str, type[Method]] = {"transfer": ARAE, "sample": ARAE, "three": ARAEThree}
USUAL = {"transfer": "grammar-transfer", "sample": "grammar-arae", "three": "grammar-three"}
FIRST = {"grammar": "the food was awful .", "reviews": "a boring movie with bad acting"}
ENDS = {"grammar": ("the soup was stale .", "we loved the patio ."), "reviews": ("the acting is terrible", "a great little phone")}
MOST = 300  # characters of a sentence in a link


def classes_of(setup: Any, seed: int) -> tuple[str, ...]:
    """Names of a run's classes."""
    found = corpus_of(setup, seed)
    return () if found is None else found.classes


def show(name: str) -> None:
    """The whole tab."""
    live_text("arae", "arae", HEADLINES[name], key=f"arae-headline-{name}")
    arae_own.mend()
    if name == "transfer" and "transfer" not in st.query_params and lab.begins_new(ARAE, USUAL[name]):
        st.query_params["transfer"] = "True"  # a new run of this tab has what the tab is about
    run = lab.open_run(METHODS[name], USUAL[name], slot=f"arae-{name}")
    lab.start_panel(run, without=[s.name for s in shipped("arae") if s.name.endswith("transfer") != (name == "transfer")])
    setup_form(run, first="corpus", without=("own",), hidden=("own", "transfer") if name == "transfer" else ("own",))
    arae_own.upload_sentences(run)
    keep_panel(run)
    lab.show_stage("arae", run, {**layout(name, run), "rests": bool(run.start)})  # a trained run is looked at first
    known = run.setup.corpus == "grammar"
    charts = arae_charts.three(known) if name == "three" else arae_charts.sentences(run.setup.transfer, known)
    curves("arae", "arae", charts, shared=False, key=f"arae-curves-{name}")
    quality_panel(run)
    left, right = st.columns([2, 3], gap="large")
    with left:
        try_this(run, PRESETS[name])
    with right:
        st.header("What is going on")
        live_text("arae", "arae", EXPLANATIONS[name], key=f"arae-explanation-{name}")


def layout(name: str, run: Opened) -> dict[str, Any]:
    """The Stage of a tab for the run it has."""
    setup, classes = run.setup, classes_of(run.setup, run.seed)
    usual = FIRST.get(setup.corpus, "")
    first = st.query_params.get("say", usual)[:MOST]
    if name == "three":
        return arae_stage.three(classes, first, usual)
    only = arae_stage.knobs(setup)
    if name == "transfer" and setup.transfer:
        beside = f"{setup.corpus}-cross-ae"
        known = {s.name for s in shipped("cross-ae")}
        return arae_stage.transfer(classes, first, usual, beside if beside in known else "", only)
    return arae_stage.explore(classes, ENDS.get(setup.corpus, ("", "")), first, usual, only, setup.prior != "none", setup.transfer)
