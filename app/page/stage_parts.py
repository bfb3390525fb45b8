"""What the labs declare their Stages and charts with: a function for each kind of piece.

Each returns the dict that the browser gets; app/web/README.md lists the fields of a Stage, and
app/page/components.py those of a chart. A piece that is not asked for (None) is left out, since the
modules in app/web/ tell a missing field from an empty one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

Piece = dict[str, Any]

# Help on the sliced W₂ of two samples in the plane.
SLICED_HELP = (
    "Sliced Wasserstein-2 distance: the root of the mean squared W₂ of projections to random lines; in the plane a "
    "shift by 1 shows as 1/√2 = 0.71"
)
# Where the visitor places points of two classes.
POINT_TOOLS = [
    ["add0", "Add ●", "Click a panel to add a point of class 0"],
    ["add1", "Add ▲", "Click a panel to add a point of class 1"],
    ["move", "Move", "Drag a point to move it"],
    ["erase", "Erase", "Click or drag over points to erase them"],
    ["restore", "Restore points", "Bring back the points of the data set"],
]
CLASS_LEGEND = [
    {"mark": 0, "label": "class 0"},
    {"mark": 1, "label": "class 1"},
    {"line": "ink", "label": "p = 0.5"},
]


def _given(**fields: Any) -> Piece:
    return {name: value for name, value in fields.items() if value is not None}


def panel(name: str, kind: str, title: str, **fields: Any) -> Piece:
    """A panel of the Stage. kind: a module of app/web/panels/, which lists the further `fields`."""
    return {"name": name, "kind": kind, "title": title, **fields}


def layer(draw: str, name: str, **fields: Any) -> Piece:
    """The layer `name` of a frame, in a plane. draw: a function of app/web/draw/layers.js."""
    return {"draw": draw, "layer": name, **fields}


def number(metric: str, label: str, form: str | None = None, title: str | None = None, **fields: Any) -> Piece:
    """A metric of the run as a number: under a panel's title, in a tile or in a table's row.

    form: how it is written, a name of app/web/draw/numbers.js; four significant digits without.
    title: what it is, shown while the pointer rests on it.
    """
    return {**_given(metric=metric, label=label, form=form, title=title), **fields}


def toggle(name: str, label: str, on: bool = False, title: str | None = None) -> Piece:
    """A box to tick in the sidebar of the Stage; layers with `show=name` obey it."""
    return _given(name=name, label=label, on=on, title=title)


def view(name: str, label: str, panels: Sequence[str], columns: int, title: str | None = None) -> Piece:
    """A choice to show only these panels, in so many columns."""
    return _given(name=name, label=label, panels=list(panels), columns=columns, title=title)


def step_of(label: str, title: str, update: str) -> Piece:
    """A button for one step of one part alone, for which the knob `update` is set."""
    return {"label": label, "title": title, "knobs": {"update": update}}


def flow(nodes: Mapping[str, tuple[str, float, float]], *paths: str) -> Piece:
    """The diagram of a training step, whose parts its phases light up.

    nodes: name of a part → its text, column and row. paths: names along arrows, such as "x enc z".
    """
    edges = [list(edge) for path in paths for edge in pairwise(path.split())]
    return {"nodes": [[name, *node] for name, node in nodes.items()], "edges": edges}


def no_points(then: str = "") -> Piece:
    """The text in a plane without points. then: a sentence to end with."""
    how = "Click in a panel to add some of class 0, pick Add ▲ for class 1, or upload a CSV in the sidebar."
    return {"tool": "add0", "description": f"No points yet. {how}{then and ' '}{then}"}


def trace(metric: str, title: str, colour: str, **fields: Any) -> Piece:
    """A line of a chart. colour: a name of app/web/draw/theme.js."""
    return {"metric": metric, "title": title, "colour": colour, **fields}


def chart(title: str, unit: str, *traces: Piece, **fields: Any) -> Piece:
    """A chart below the Stage. unit: follows the numbers, so it begins with a space or is empty."""
    return {"title": title, "unit": unit, "traces": list(traces), **fields}
