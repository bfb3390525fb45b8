"""Routes that Saddle adds to Streamlit's own: the live channel, ES modules, and plotly.min.js from the plotly package."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import plotly
import streamlit as st
import torch
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from app.live.channel import live
from app.live.rooms import rooms

log = logging.getLogger(__name__)
PREFIX = "saddle"  # Streamlit keeps /_stcore, /media, /component and /static for itself
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
TIDY_EVERY = 30.0


class Modules(StaticFiles):
    """Saddle's own files, which the browser must ask for anew: an update never meets yesterday's modules."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


async def _plotly(_: Request) -> Response:
    return FileResponse(PLOTLY, media_type="text/javascript", headers={"Cache-Control": "max-age=86400"})


def routes() -> list[BaseRoute]:
    """All own routes, under the base path that Streamlit is served from."""
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    prefix = f"/{base}/{PREFIX}" if base else f"/{PREFIX}"
    return [
        WebSocketRoute(f"{prefix}/live", live),
        Route(f"{prefix}/plotly.min.js", _plotly),
        Mount(f"{prefix}/web", Modules(directory=Path(__file__).with_name("web"))),
    ]


@contextlib.asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Keep the rooms tidy while the server is up, and end all training with it."""
    torch.set_num_threads(1)

    async def tidy() -> None:
        while True:
            await asyncio.sleep(TIDY_EVERY)
            try:
                await asyncio.to_thread(rooms().tidy)
            except Exception:
                log.exception("could not tidy the rooms")

    task = asyncio.create_task(tidy())
    try:
        yield
    finally:
        task.cancel()
        rooms().host.close()
