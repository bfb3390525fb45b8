"""The tabs of the ARAE lab: what each shows of which method."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from app.labs.arae import charts, digits_stage, text_stage, upload_sentences
from app.labs.arae.quality import quality_panel
from app.page.lab import Charts, Layout, Tab, show_tab
from app.page.run import Opened, begins_new
from app.page.setup_form import setup_form
from engine.core.declare import Setup
from engine.core.method import Method
from engine.core.shipped import shipped
from engine.methods.arae.arae import ARAE
from engine.methods.arae.digits import ARAEDigits
from engine.methods.arae.sentence_run import corpus_of
from engine.methods.arae.three_priors import ARAEThree

FIRST = {  # corpus → the sentence that a Stage begins with
    "grammar": "the food was awful .",
    "reviews": "a boring movie with bad acting",
    "domains": "the film is very funny",
}
ENDS = {  # corpus → the ends of the interpolation that a Stage begins with
    "grammar": ("the soup was stale and the waiter was rude .", "we loved the patio and the bill was fair ."),
    "reviews": ("the acting is terrible", "a great little phone"),
    "domains": ("the film is very funny", "the battery life is very good"),
}
MOST = 300  # characters of a sentence in a link
WAY = re.compile(rf"(interpolate|walk):([^|]{{0,{MOST}}})\|([^|]{{0,{MOST}}})")  # the ends of a film strip in a link
WITH_STYLES = ("-transfer", "-styles")  # endings of shipped runs whose decoder is given the style


def _classes(setup: Setup, seed: int) -> tuple[str, ...]:
    """Names of a run's classes, escaped because those of a visitor's file may be anything."""
    corpus = corpus_of(setup, seed)
    return () if corpus is None else tuple(html.escape(name[:40]) for name in corpus.classes)


def _typed(setup: Setup, query: Mapping[str, str]) -> dict[str, Any]:
    """The sentence that a Stage begins with and the class asked for: the link's, or the default."""
    default = FIRST.get(setup.corpus, "")
    return {
        "first": query.get("say", default)[:MOST],
        "default": default,
        "link": "say",
        "to": query.get("to", "")[:MOST],
    }


def _transfer(setup: Setup, seed: int, query: Mapping[str, str]) -> Layout:
    if not setup.transfer:
        return _sample(setup, seed, query)
    cross_ae = f"{setup.corpus}-cross-ae"
    ships = any(s.name == cross_ae for s in shipped("cross-ae"))
    return text_stage.transfer(_classes(setup, seed), _typed(setup, query), cross_ae if ships else "", setup)


def _sample(setup: Setup, seed: int, query: Mapping[str, str]) -> Layout:
    ends = WAY.fullmatch(query.get("ends", ""))
    default = ("interpolate", *ENDS.get(setup.corpus, ("", "")))
    return text_stage.explore(_classes(setup, seed), _typed(setup, query), ends.groups() if ends else default, setup)


def _three(setup: Setup, seed: int, query: Mapping[str, str]) -> Layout:
    return text_stage.three(_classes(setup, seed), _typed(setup, query), setup)


STAGES: Mapping[str, Callable[[Setup, int, Mapping[str, str]], Layout]] = {
    "transfer": _transfer,
    "sample": _sample,
    "three": _three,
    "digits": lambda *_: digits_stage.LAYOUT,
}


def layout(name: str, setup: Setup, seed: int, query: Mapping[str, str]) -> Layout:
    """The Stage of a tab. query: the link's, which may name a sentence, a class or two ends."""
    return STAGES[name](setup, seed, query)


def _tab(name: str, title: str, method: type[Method], plots: Callable[[Opened], Charts], **more: Any) -> Tab:
    """A tab of this lab. plots: the charts below its Stage. more: further fields of Tab."""

    def stage(run: Opened) -> Layout:
        return layout(name, run.setup, run.seed, st.query_params.to_dict())

    return Tab("arae", name, method, stage, plots, title, slot=f"arae-{name}", **more)


def _charts(run: Opened) -> Charts:
    return charts.sentences(run.setup.prior, run.setup.transfer, run.setup.corpus)


def _prepare_transfer() -> None:
    """A new run of the transfer tab has transfer, where the link does not say otherwise."""
    upload_sentences.mend()
    tab = TABS["transfer"]
    if "transfer" in st.query_params or upload_sentences.bare():
        return
    if begins_new(tab.method, tab.default_start):
        st.query_params["transfer"] = "True"


def _sidebar(run: Opened) -> None:
    setup_form(run, first="corpus", without=("own",), hidden=("own",))
    upload_sentences.upload_sentences(run)


def _transfer_sidebar(run: Opened) -> None:
    setup_form(run, first="corpus", without=("own",), hidden=("own", "transfer"))
    upload_sentences.upload_sentences(run)


TABS = {
    "transfer": _tab(
        "transfer",
        "Transfer",
        ARAE,
        _charts,
        default_start="grammar-transfer",
        offers=lambda name: name.endswith(WITH_STYLES),
        prepare=_prepare_transfer,
        sidebar=_transfer_sidebar,
    ),
    "sample": _tab(
        "sample",
        "Sample and interpolate",
        ARAE,
        _charts,
        default_start="grammar-arae",
        offers=lambda name: not name.endswith(WITH_STYLES),
        prepare=upload_sentences.mend,
        sidebar=_sidebar,
    ),
    "three": _tab(
        "three",
        "AE, AAE, ARAE",
        ARAEThree,
        lambda run: charts.three(run.setup.corpus == "grammar"),
        default_start="grammar-three",
        prepare=upload_sentences.mend,
        sidebar=_sidebar,
    ),
    "digits": _tab(
        "digits",
        "Digits",
        ARAEDigits,
        lambda _: charts.DIGITS,
        default_start="arae-digits",
        prepare=upload_sentences.mend,
        sidebar=lambda run: setup_form(run, hidden=("judged",)),
    ),
}


def show(name: str) -> None:
    """The whole tab."""
    show_tab(TABS[name], below=None if name == "digits" else quality_panel)
