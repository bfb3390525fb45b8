"""The Stage and its companions: components that mount Saddle's ES modules in the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import streamlit as st

WEB = Path(__file__).parents[1] / "web"


def _loader(module: str) -> str:
    """JavaScript that mounts web/`module`, found relative to where this page was served from."""
    return f"""
    let loaded;
    export default function (component) {{
      const page = component.data.page;
      const base = location.pathname.replace(/\\/+$/, "").replace(new RegExp(`/${{page}}$`), "");
      loaded ??= import(`${{location.origin}}${{base}}/saddle/web/{module}`);
      let leave, left = false;
      loaded.then((m) => {{ if (!left) leave = m.mount(component); }},
                  (error) => {{ console.error(error); component.parentElement.firstElementChild.textContent = "This view could not be loaded. Reload the page."; }});
      return () => {{ left = true; leave?.(); }};
    }}"""


@st.cache_resource
def _components() -> dict[str, Any]:
    css = (WEB / "stage/stage.css").read_text("utf-8") + (WEB / "panels/text/words.css").read_text("utf-8")
    wide = (WEB / "widgets/wide.css").read_text("utf-8")
    make = st.components.v2.component
    return {
        "stage": make("saddle_stage", html='<div class="saddle-stage"></div>', css=css, js=_loader("stage/stage.js")),
        "curves": make(
            "saddle_curves",
            html='<div class="saddle-curves"></div>',
            css=CURVES_CSS,
            js=_loader("widgets/curves.js"),
            isolate_styles=False,
        ),
        "measured": make(
            "saddle_measured",
            html='<div class="saddle-measured"></div>',
            css=MEASURED_CSS + wide,
            js=_loader("widgets/measurement.js"),
            isolate_styles=False,
        ),
        "thumbs": make(
            "saddle_thumbs",
            html='<div class="saddle-thumbs"></div>',
            css=THUMBS_CSS,
            js=_loader("widgets/thumbnails.js"),
        ),
        "cropper": make(
            "saddle_cropper",
            html='<div class="saddle-cropper"></div>',
            css=CROPPER_CSS,
            js=_loader("widgets/cropper.js"),
        ),
        "text": make(
            "saddle_text",
            html='<div class="saddle-text"></div>',
            css=TEXT_CSS + wide,
            js=_loader("widgets/live_text.js"),
        ),
    }


CURVES_CSS = """
.saddle-curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 310px), 1fr)); gap: 8px 16px; min-height: 270px; }
.saddle-curves .chart { min-width: 0; min-height: 270px; }
"""
TEXT_CSS = """
.saddle-text { font-family: var(--st-font); color: var(--st-text-color); font-size: 16px; line-height: 1.5; }
.saddle-text p { margin: 0 0 10px; }
.saddle-text .formula { padding: 8px 12px; border-radius: 6px; background: var(--st-secondary-background-color);
  font-variant-numeric: tabular-nums; font-size: 17px; }
.saddle-text [data-method] { color: var(--method); font-weight: 650; }
.saddle-text var { font-style: italic; font-family: "Source Serif", Georgia, serif; }
.saddle-text h3 { font-size: 17px; margin: 14px 0 6px; }
.saddle-text table { border-collapse: collapse; margin: 0 0 10px; font-variant-numeric: tabular-nums; font-size: 15px; }
.saddle-text caption { text-align: left; padding-bottom: 4px; } .saddle-text th { font-weight: 600; text-align: left; } .saddle-text thead th { text-align: right; }
.saddle-text th[colspan] { text-align: center; }
.saddle-text td, .saddle-text th { padding: 2px 7px; } .saddle-text td { text-align: right; } .saddle-text td:nth-child(5) { padding-left: 20px; }
.saddle-text tbody tr { border-top: 1px solid var(--st-border-color, #8884); }
.saddle-text output { font-variant-numeric: tabular-nums; }
.saddle-text .wide { margin: 0 0 10px; }
.saddle-text table.numbers { border-collapse: collapse; font-size: 15px; font-variant-numeric: tabular-nums; line-height: 1.3; }
.saddle-text .numbers th { text-align: left; font-weight: 400; padding: 3px 12px 3px 0; white-space: nowrap; }
.saddle-text .numbers thead th { font-weight: 650; vertical-align: bottom; text-align: right; }
.saddle-text .numbers thead th:first-child { text-align: left; }
.saddle-text .numbers td { text-align: right; padding: 3px 12px 3px 0; }
.saddle-text .numbers tbody tr { border-top: 1px solid var(--st-border-color, #8885); }
@media (min-width: 1800px) { .saddle-text table.numbers { font-size: 18px; } }
@media (min-width: 1800px) { .saddle-text { font-size: 19px; } .saddle-text .formula { font-size: 20px; } }
"""


MEASURED_CSS = """
.saddle-measured { font-size: 15px; min-height: 120px; }
.saddle-measured h3 { font-size: 20px; padding: 12px 0 4px; margin: 0; }
.saddle-measured p { margin: 0 0 8px; }
.saddle-measured .ways { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; min-height: 34px; font-variant-numeric: tabular-nums; }
.saddle-measured button, .saddle-measured input { font: inherit; color: inherit; background: var(--st-secondary-background-color); padding: 3px 12px;
  border: 1px solid var(--st-border-color, #8885); border-radius: 6px; min-height: 32px; }
.saddle-measured button { cursor: pointer; }
.saddle-measured button:hover:not(:disabled) { border-color: var(--st-primary-color); }
.saddle-measured button:disabled { opacity: .5; cursor: default; }
.saddle-measured label { display: inline-flex; align-items: center; gap: 6px; }
.saddle-measured progress { width: 160px; accent-color: var(--st-primary-color); }
.saddle-measured .result { display: flex; flex-wrap: wrap; gap: 8px 16px; margin-top: 6px; }
.saddle-measured .result > div { flex: 1 1 300px; min-width: 0; }
.saddle-measured table { border-collapse: separate; border-spacing: 3px; font-variant-numeric: tabular-nums; }
.saddle-measured th { text-align: left; font-weight: 600; padding: 4px 8px; }
.saddle-measured td { padding: 5px 10px; border-radius: 6px; background: var(--st-secondary-background-color); border-left: 4px solid #0067ad; }
.saddle-measured td[data-fooled="true"] { border-left-color: #d55e00; font-weight: 650; }
.saddle-measured td small { display: block; font-size: 13px; font-weight: 400; opacity: .8; }
.saddle-measured .result > .wide { flex-basis: 100%; }
.saddle-measured .systems td { border-left: 0; text-align: right; }
.saddle-measured .systems tr:first-child th { text-align: right; vertical-align: bottom; }
.saddle-measured .result > .example { flex-basis: 420px; display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 1px 12px; align-items: baseline;
  padding: 6px 0; border-top: 1px solid var(--st-border-color, #8885); }
.saddle-measured .example small { font-size: 13px; opacity: .85; }
.saddle-measured mark { color: inherit; background: color-mix(in srgb, var(--st-primary-color) 20%, transparent); border-radius: 3px; padding: 0 2px; }
@media (min-width: 1800px) { .saddle-measured { font-size: 18px; } .saddle-measured h3 { font-size: 25px; } .saddle-measured td small { font-size: 15px; } }
"""
THUMBS_CSS = """
.saddle-thumbs { display: grid; grid-template-columns: repeat(4, 1fr); gap: 5px; }
.saddle-thumbs button { padding: 0; border: 2px solid transparent; border-radius: 6px; background: none; cursor: pointer; overflow: hidden; aspect-ratio: 1; }
.saddle-thumbs img { display: block; width: 100%; height: 100%; object-fit: cover; }
.saddle-thumbs button[aria-pressed="true"] { border-color: var(--st-primary-color); }
.saddle-thumbs button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
"""
CROPPER_CSS = """
.saddle-cropper { font-family: var(--st-font); color: var(--st-text-color); font-size: 14px; }
.photo { position: relative; overflow: hidden; border-radius: 4px; touch-action: none; cursor: crosshair; user-select: none; }
.photo img { display: block; width: 100%; height: 100%; }
.box { position: absolute; box-sizing: border-box; border: 2px solid #fff; box-shadow: 0 0 0 1px #161b1f, 0 0 0 2000px #161b1fa8; cursor: move; }
.box[hidden] { display: none; }
.box:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
.seen { position: absolute; inset: 0; margin: auto; box-sizing: border-box; border: 1px dashed #fffc; outline: 1px dashed #161b1f; }
.box i { position: absolute; width: 22px; height: 22px; margin: -11px; }
.box i::after { content: ""; position: absolute; inset: 6px; background: #fff; border: 1px solid #161b1f; border-radius: 2px; }
.box i[data-corner="nw"] { left: 0; top: 0; cursor: nwse-resize; } .box i[data-corner="ne"] { left: 100%; top: 0; cursor: nesw-resize; }
.box i[data-corner="sw"] { left: 0; top: 100%; cursor: nesw-resize; } .box i[data-corner="se"] { left: 100%; top: 100%; cursor: nwse-resize; }
.numbers { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 4px; margin-top: 8px; }
.numbers label { display: grid; gap: 2px; }
.numbers input, .ways button { font: inherit; color: inherit; background: var(--st-background-color); border: 1px solid var(--st-border-color, #8888); border-radius: 6px; }
.numbers input { width: 100%; box-sizing: border-box; padding: 4px 2px 4px 6px; font-variant-numeric: tabular-nums; appearance: textfield; -moz-appearance: textfield; }
.numbers input::-webkit-inner-spin-button { display: none; }
.saddle-cropper p { margin: 6px 0 0; color: #d55e00; } .saddle-cropper p:empty { display: none; }
.ways { display: grid; grid-template-columns: 1fr 1fr; gap: 6px; margin-top: 8px; }
.ways button { padding: 6px 0; cursor: pointer; } .ways button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
.numbers input:focus-visible, .ways button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
"""


def stage(data: Mapping[str, Any], key: str) -> None:
    """Mount a Stage. It reruns the page when the server no longer has its run, which then opens a
    new one.

    data: as app/web/README.md lists it.
    """

    def reopen() -> None:
        """Runs before the page: the new run starts from what the address says now, not from what
        Streamlit remembers.
        """
        query = st.session_state[key].lost
        st.query_params.from_dict(dict(parse_qsl(query.lstrip("?"), keep_blank_values=True)))

    _components()["stage"](data=dict(data), key=key, on_lost_change=reopen)


def curves(name: str, page: str, charts: Sequence[Mapping[str, Any]], shared: bool = True, key: str = "") -> None:
    """Charts of metrics against steps that follow the Stage `name`. shared: one legend, at the
    first chart, serves all.

    A chart: title, unit, traces (each metric, title, colour, perhaps dash), perhaps lines (each y,
    title), markers, log, range.
    """
    data = {"name": name, "page": page, "charts": list(charts), "shared": shared}
    _components()["curves"](data=data, key=key or f"{name}-curves")


def live_text(name: str, page: str, html: str, key: str) -> None:
    """Text of our own whose numbers follow the Stage `name`. Never pass a visitor's text."""
    _components()["text"](data={"name": name, "page": page, "html": html}, key=key)


def measured(name: str, page: str, key: str, **told: Any) -> None:
    """A box that has the run of the Stage `name` measure something. told: title, description,
    button, measure, kind and values, as web/widgets/measurement.js lists them.
    """
    _components()["measured"](data={"name": name, "page": page, **told}, key=key)


def thumbs(page: str, pictures: Sequence[Mapping[str, str]], chosen: str, key: str) -> str | None:
    """Pictures to choose from, each name, label and source (an address); returns the name of one
    that was just clicked.
    """
    data = {"page": page, "pictures": list(pictures), "chosen": chosen}
    return _components()["thumbs"](data=data, key=key, on_picked_change=lambda: None).picked


def cropper(page: str, source: str, size: tuple[int, int], box: tuple[int, int, int, int], key: str) -> str | None:
    """A box to draw over a photograph of size (width, height), shown as `source` (an address);
    returns "x0,y0,x1,y1" where one was just chosen.
    """
    data = {"page": page, "source": source, "width": size[0], "height": size[1], "box": list(box)}
    return _components()["cropper"](data=data, key=key, on_cropped_change=lambda: None).cropped
