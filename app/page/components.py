"""The Stage and its companions: components that mount Saddle's ES modules in the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import streamlit as st

from app.delivery.bundle import PREFIX, bundle

WEB = Path(__file__).parents[1] / "web"


def _loader(module: str) -> str:
    """JavaScript that mounts web/`module` from the bundle that the data name, found relative to
    where this page was served from.
    """
    return f"""
    let loaded;
    export default function (component) {{
      const {{ data: [data], ...rest }} = component;
      const base = location.pathname.replace(/\\/+$/, "").replace(new RegExp(`/${{data.page}}$`), "");
      loaded ??= import(`${{location.origin}}${{base}}/{PREFIX}/bundle/${{data.bundle}}`);
      let leave, left = false;
      loaded.then(
        ({{ modules }}) => {{ if (!left) leave = modules["{module}"].mount({{ data, ...rest }}); }},
        (error) => {{
          console.error(error);
          const message = "This view could not be loaded. Reload the page.";
          component.parentElement.firstElementChild.textContent = message;
        }},
      );
      return () => {{ left = true; leave?.(); }};
    }}"""


def _component(name: str, module: str, styles: Sequence[str] = (), isolated: bool = True) -> Any:
    """A component in an element of the class saddle-`name`.

    module, styles: files of web/. isolated: whether the page's styles stay outside.
    """
    return st.components.v2.component(
        f"saddle_{name}",
        html=f'<div class="saddle-{name}"></div>',
        css="".join((WEB / file).read_text(encoding="utf-8") for file in styles),
        js=_loader(module),
        isolate_styles=isolated,
    )


@st.cache_resource
def _components() -> dict[str, Any]:
    return {
        "stage": _component(
            "stage",
            "stage/stage.js",
            ("stage/stage.css", "panels/text/words.css", "controls/controls.css", "rooms/bar.css"),
        ),
        "room": _component(
            "room",
            "rooms/room.js",
            (
                "stage/stage.css",
                "panels/text/words.css",
                "controls/controls.css",
                "rooms/bar.css",
                "rooms/room.css",
            ),
        ),
        "curves": _component("curves", "widgets/curves.js", ("vendor/uPlot.css", "widgets/curves.css"), isolated=False),
        "measurement": _component(
            "measurement", "widgets/measurement.js", ("widgets/measurement.css", "widgets/wide.css"), isolated=False
        ),
        "thumbnails": _component("thumbnails", "widgets/thumbnails.js", ("widgets/thumbnails.css",)),
        "cropper": _component("cropper", "widgets/cropper.js", ("widgets/cropper.css",)),
        "save": _component("save", "widgets/save.js", ("widgets/save.css",)),
        "waiting": _component("waiting", "widgets/waiting.js", ("widgets/waiting.css",)),
        "text": _component("text", "widgets/live_text.js", ("widgets/live_text.css", "widgets/wide.css")),
    }


def _mount(name: str, data: Mapping[str, Any], key: str, **callbacks: Any) -> Any:
    """Mount a component with its data, from the bundle of this moment.

    The data are in a list of one. Streamlit would ask of every value of a dictionary whether it is
    a table, and import pandas and pyarrow for that: 57 MB, a third of a second of the first page.
    """
    return _components()[name](data=[{**data, "bundle": bundle().name}], key=key, **callbacks)


def stage(data: Mapping[str, Any], key: str) -> None:
    """Mount a Stage.

    It reruns the page when the server no longer has its run; the page then opens a new one.

    data: as app/web/README.md lists it.
    """

    def reopen() -> None:
        """Take the query from the address, which may be newer than Streamlit's copy.

        Streamlit calls this before the page runs, so the new run starts from the address.
        """
        query = st.session_state[key].lost
        st.query_params.from_dict(dict(parse_qsl(query.lstrip("?"), keep_blank_values=True)))

    _mount("stage", data, key, on_lost_change=reopen)


def curves(name: str, page: str, charts: Sequence[Mapping[str, Any]], key: str = "") -> None:
    """Charts of metrics against steps that follow the Stage `name`.

    A chart: title, unit, traces (each metric, title, colour, perhaps dash), perhaps lines (each y,
    title), markers, log, range.
    """
    data = {"name": name, "page": page, "charts": list(charts)}
    _mount("curves", data, key or f"{name}-curves")


def live_text(name: str, page: str, html: str, key: str) -> None:
    """Saddle's own text, whose numbers follow the Stage `name`. Never pass a visitor's text."""
    _mount("text", {"name": name, "page": page, "html": html}, key)


def measurement(name: str, page: str, key: str, **options: Any) -> None:
    """A box that has the run of the Stage `name` measure something.

    options: title, description (HTML, never a visitor's text), button, measure, kind and values, as
    web/widgets/measurement.js lists them.
    """
    _mount("measurement", {"name": name, "page": page, **options}, key)


def waiting(page: str, token: str, places: int, key: str) -> None:
    """A page's place in line, which runs the page again when it is its turn. token: of the place.
    places: that the server has.
    """
    _mount("waiting", {"page": page, "token": token, "places": places}, key, on_come_change=lambda: None)


def save_button(page: str, token: str, label: str, help: str, key: str) -> None:
    """A button that saves the run with this token, as a file named after its present step."""
    _mount("save", {"page": page, "token": token, "label": label, "help": help}, key)


def thumbnails(page: str, pictures: Sequence[Mapping[str, str]], chosen: str, key: str) -> str | None:
    """Pictures to choose from; returns the name of one that was just clicked.

    pictures: each has name, label and source (an address). chosen: the name of the present one.
    """
    data = {"page": page, "pictures": list(pictures), "chosen": chosen}
    return _mount("thumbnails", data, key, on_picked_change=lambda: None).picked


def cropper(page: str, source: str, size: tuple[int, int], box: tuple[int, int, int, int], key: str) -> str | None:
    """A box to draw over a photograph; returns "x0,y0,x1,y1" where one was just chosen.

    source: the photograph's address. size: its width and height. box: x0, y0, x1, y1 at first.
    """
    data = {"page": page, "source": source, "width": size[0], "height": size[1], "box": list(box)}
    return _mount("cropper", data, key, on_cropped_change=lambda: None).cropped


def room(code: str) -> str | None:
    """The page of a room; returns "token speed" where somebody has just asked for their own run.

    code: of the room, as the address has it; "" for none.
    """
    return _mount("room", {"page": "room", "code": code}, "room", on_own_change=lambda: None).own
