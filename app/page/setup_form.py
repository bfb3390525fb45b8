"""The set-up form in the sidebar, built from declarations. Applying it starts a new run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from app import links
from app.page.escape import escape
from app.page.run import SCRATCH, Opened, begin_anew
from engine.core.declare import Declaration


def widget(name: str, declaration: Declaration, value: Any, key: str | None = None) -> Any:
    """The Streamlit widget for one declared field, showing `value`."""
    d = declaration
    label = field_name(name, d)
    label += f" · {d.low:g} to {d.high:g}" if d.kind in ("number", "whole") else ""
    text = f"{d.help}{f', in {d.unit}' if d.unit else ''}."
    if d.kind == "choice":
        options = dict(d.options)
        return st.selectbox(
            label, list(options), index=list(options).index(value), format_func=options.get, help=text, key=key
        )
    if d.kind == "flag":
        return st.checkbox(label, value, help=text, key=key)
    if d.kind == "whole":
        return st.number_input(label, int(d.low), int(d.high), value, int(d.step), help=text, key=key)
    return st.number_input(label, float(d.low), float(d.high), value, float(d.step), format="%.4g", help=text, key=key)


def field_name(name: str, declaration: Declaration) -> str:
    """A field's label with its symbol."""
    label = declaration.label or name.replace("_", " ").capitalize()
    return f"{label} {declaration.symbol}" if declaration.symbol else label


def setup_form(run: Opened, first: str = "", hidden: Sequence[str] = (), without: Sequence[str] = ()) -> None:
    """Show the form.

    first: a choice that acts at once and has defaults of its own for other fields. without: its
    options that are not offered, unless it has one of them already. hidden: fields that keep their
    value.

    What was changed and is not applied yet is named below the button. A new run begins with a form
    of its own.

    A change is written to the page's query and the page runs again, so that the link always
    describes what is running.
    """
    declarations = run.method.Setup.declarations()
    setup = run.setup
    with st.sidebar:
        st.markdown("**Set-up** · starts a new run")
        if first:
            now, declared = getattr(setup, first), declarations[first]
            offered = tuple((v, text) for v, text in declared.options if v not in without or v == now)
            chosen = widget(first, replace(declared, options=offered), now)
            if chosen != getattr(setup, first):
                _go(run, {first: chosen}, run.seed, drop_knobs=True)
        key = f"{run.slot}.setup.{run.token[:8]}"
        shown = {n: d for n, d in declarations.items() if n != first and n not in hidden}
        values = {n: widget(n, d, getattr(setup, n), f"{key}.{n}") for n, d in shown.items()}
        number = st.number_input(
            "Seed",
            *links.SEEDS,
            run.seed,
            help="Draws the points, the embedding, the weights and all noise.",
            key=f"{key}.seed",
        )
        if st.button("Apply and restart", key=f"{run.slot}.apply", type="primary", width="stretch"):
            begin_anew(run.slot)  # a new run even where nothing has changed
            _go(run, {**setup.to_dict(), **values}, number)
        changed = [field_name(n, d) for n, d in shown.items() if values[n] != getattr(setup, n)]
        changed += ["Seed"] if number != run.seed else []
        if changed:
            st.info(
                f"Not applied yet: **{escape(', '.join(changed))}**. The run goes on as it was.", icon=":material/edit:"
            )


def _go(run: Opened, values: dict[str, Any], seed: int, drop_knobs: bool = False) -> None:
    """Write a set-up into the query and run the page again."""
    fields = set(run.method.Setup.declarations())
    knobs = set(run.method.Knobs.declarations())
    kept = {
        k: v
        for k, v in st.query_params.to_dict().items()
        if k not in fields and k != "seed" and not (drop_knobs and k in knobs)
    }
    kept.pop("points", None)  # points placed on another set-up's data would hide it
    kept |= {"from": SCRATCH} if run.start or run.default_start else {}
    st.query_params.from_dict({**kept, **links.of_setup(run.method, values), **({"seed": str(seed)} if seed else {})})
    st.rerun()
