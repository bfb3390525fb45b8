"""The tabs of the ARAE lab: what each shows of which method."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.labs.arae import charts, digits_stage, text_stage, upload_sentences
from app.labs.arae.quality import quality_panel
from app.page import lab, words
from app.page.components import curves, live_text
from app.page.presets import try_this
from app.page.setup_form import setup_form
from app.page.snapshots import keep_panel
from engine.core.declare import Setup
from engine.core.method import Method
from engine.core.shipped import shipped
from engine.methods.arae.arae import ARAE
from engine.methods.arae.digits import ARAEDigits
from engine.methods.arae.sentence_setup import corpus_of
from engine.methods.arae.three_priors import ARAEThree

FIRST = {
    "grammar": "the food was awful .",
    "reviews": "a boring movie with bad acting",
    "domains": "the film is very funny",
}
ENDS = {
    "grammar": ("the soup was stale and the waiter was rude .", "we loved the patio and the bill was fair ."),
    "reviews": ("the acting is terrible", "a great little phone"),
    "domains": ("the film is very funny", "the battery life is very good"),
}
MOST = 300  # characters of a sentence in a link
WAY = re.compile(rf"(interpolate|walk):([^|]{{0,{MOST}}})\|([^|]{{0,{MOST}}})")  # the ends of a film strip in a link
TURNS = ("-transfer", "-styles")  # how the names of runs end that ship and are told the style
NOTHING: Mapping[str, str] = {}
Layout, Charts = dict[str, Any], list[dict[str, Any]]


@dataclass(frozen=True)
class Tab:
    """usual: the shipped snapshot it opens on. layout(set-up, seed, the link's query): its Stage.
    charts(set-up): below it.
    """

    title: str
    method: type[Method]
    usual: str
    layout: Callable[..., Layout]
    charts: Callable[[Setup], Charts]


def _classes(setup: Setup, seed: int) -> tuple[str, ...]:
    """Names of a run's classes, safe to show: a visitor's file may call them anything."""
    found = corpus_of(setup, seed)
    return () if found is None else tuple(html.escape(name[:40]) for name in found.classes)


def _typed(setup: Setup, query: Mapping[str, str]) -> dict[str, Any]:
    """The sentence that a Stage begins with, and the class asked for: the link's, or the corpus's
    usual one.
    """
    usual = FIRST.get(setup.corpus, "")
    return {"first": query.get("say", usual)[:MOST], "default": usual, "link": "say", "to": query.get("to", "")[:MOST]}


def _transfer(setup: Setup, seed: int, query: Mapping[str, str] = NOTHING) -> Layout:
    if not setup.transfer:
        return _sample(setup, seed, query)
    beside = f"{setup.corpus}-cross-ae"
    there = any(s.name == beside for s in shipped("cross-ae"))
    return text_stage.transfer(_classes(setup, seed), _typed(setup, query), beside if there else "", setup)


def _sample(setup: Setup, seed: int, query: Mapping[str, str] = NOTHING) -> Layout:
    asked = WAY.fullmatch(query.get("ends", ""))
    ends = asked.groups() if asked else ("interpolate", *ENDS.get(setup.corpus, ("", "")))
    return text_stage.explore(_classes(setup, seed), _typed(setup, query), ends, setup)


def _three(setup: Setup, seed: int, query: Mapping[str, str] = NOTHING) -> Layout:
    return text_stage.three(_classes(setup, seed), _typed(setup, query), setup)


def _charts(setup: Setup) -> Charts:
    return charts.sentences(setup.prior, setup.transfer, setup.corpus)


TABS = {
    "transfer": Tab("Transfer", ARAE, "grammar-transfer", _transfer, _charts),
    "sample": Tab("Sample and interpolate", ARAE, "grammar-arae", _sample, _charts),
    "three": Tab(
        "AE, AAE, ARAE", ARAEThree, "grammar-three", _three, lambda setup: charts.three(setup.corpus == "grammar")
    ),
    "digits": Tab("Digits", ARAEDigits, "arae-digits", lambda *_: digits_stage.LAYOUT, lambda _: charts.DIGITS),
}


def show(name: str) -> None:
    """The whole tab."""
    tab = TABS[name]
    live_text("arae", "arae", words.headline("arae", name), key=f"arae-headline-{name}")
    upload_sentences.mend()
    if (
        name == "transfer"
        and "transfer" not in st.query_params
        and lab.begins_new(tab.method, tab.usual)
        and not upload_sentences.bare()
    ):
        st.query_params["transfer"] = "True"  # a new run of this tab has what the tab is about
    run = lab.open_run(tab.method, tab.usual, slot=f"arae-{name}")
    lab.start_panel(run, without=[s.name for s in shipped("arae") if s.name.endswith(TURNS) != (name == "transfer")])
    if name == "digits":
        setup_form(run, hidden=("judged",))
    else:
        setup_form(
            run, first="corpus", without=("own",), hidden=("own", "transfer") if name == "transfer" else ("own",)
        )
        upload_sentences.upload_sentences(run)
    keep_panel(run)
    lab.show_stage(
        "arae", run, {**tab.layout(run.setup, run.seed, st.query_params.to_dict()), "rests": bool(run.start)}
    )  # a trained run is looked at first
    curves("arae", "arae", tab.charts(run.setup), shared=False, key=f"arae-curves-{name}")
    if name != "digits":
        quality_panel(run)
    left, right = st.columns([2, 3], gap="large")
    with left:
        try_this(run, words.presets("arae", name))
    with right:
        st.header("What is going on")
        live_text("arae", "arae", words.explanation("arae", name), key=f"arae-explanation-{name}")
