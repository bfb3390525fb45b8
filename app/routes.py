"""Routes that Saddle adds to Streamlit's own.

The live channel, the bundle of ES modules, libraries, saved runs and animations to download.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
import logging
import sys
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import plotly
import streamlit as st
from PIL import Image
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from app.delivery.bundle import PREFIX, WEB, bundle
from app.delivery.packed import FOR_GOOD, Packed, packed
from app.delivery.static import Delivery
from app.labs.catalogue import LABS
from app.labs.check import cards, check
from app.live.crew.line import WorkerLost
from app.live.crew.source import source
from app.live.ending import ending
from app.live.guard import Guard
from app.live.health import health, read_metrics
from app.live.origin import refused_to
from app.live.rooms.rooms import rooms
from app.live.rooms.socket import room
from app.live.sessions import begin, sessions
from app.live.waiting import wait
from app.live.websocket import live
from app.operations import logs
from app.operations.files import allow_many
from app.operations.state import ENDING, state, version
from app.settings.reading import in_effect, meant
from app.warm import warm
from engine.core.parallel import set_threads

log = logging.getLogger(__name__)
# Scripts that some views need.
LIBRARIES = {
    "uPlot.js": WEB / "vendor" / "uPlot.js",
    "plotly.min.js": Path(plotly.__file__).parent / "package_data" / "plotly.min.js",
}
TIDY_EVERY = 30.0  # seconds
MOST_FRAMES = 400  # of an animation
MOST_SIDE = 64  # pixels of a frame
MOST_PIXELS = 200 * 28 * 28  # of all frames, which makes a file of 3 MB at most
MOST_WAITING = 3  # animations that wait while one is made
MOST_TOKEN = 200  # bytes
SWITCH = 0.001  # seconds a thread computes in Python before another may: beside pages, a run trains twice as fast


async def _bundle(request: Request) -> Response:
    """The bundle of ES modules. One of an earlier name is the present one, which is not kept."""
    name, file = await asyncio.to_thread(bundle().current)
    return file.response(request.headers, FOR_GOOD if request.path_params["name"] == name else "no-cache")


@functools.cache
def _packed_library(name: str) -> Packed:
    return packed(LIBRARIES[name].read_bytes(), name)


async def _library(request: Request) -> Response:
    """A library that some views need."""
    name = request.path_params["name"]
    if name not in LIBRARIES:
        return Response("There is no such library.", 404)
    file = await asyncio.to_thread(_packed_library, name)
    return file.response(request.headers, "max-age=86400")


async def _gif(request: Request) -> Response:
    """Grey frames, posted as bytes, as an endless animated GIF.

    Query: frames, height, width, dark (1: ink is light).
    """
    if refused := refused_to(request):
        return Response(refused, 403)
    try:
        frames, height, width = (int(request.query_params[name]) for name in ("frames", "height", "width"))
    except (KeyError, ValueError):
        return Response("Give frames, height and width as whole numbers.", 400)
    if not (0 < frames <= MOST_FRAMES and 0 < height <= MOST_SIDE and 0 < width <= MOST_SIDE):
        return Response(f"At most {MOST_FRAMES} frames of at most {MOST_SIDE} × {MOST_SIDE} pixels.", 400)
    if frames * height * width > MOST_PIXELS:
        return Response(f"At most {MOST_PIXELS} pixels in all frames together.", 400)
    if _making.waiting > MOST_WAITING:
        return Response("Other animations are being made: try again in a few seconds.", 503, {"Retry-After": "5"})
    with _making:
        return await _animation(request, frames, height, width)


class _Making:
    """The one thread that makes animations, one after the other, and how many are under way. The
    threads that answer a hello have nothing to do with it.
    """

    def __init__(self) -> None:
        self.waiting = 0
        self._thread = ThreadPoolExecutor(1, "animations")

    def __enter__(self) -> None:
        self.waiting += 1

    def __exit__(self, *_: object) -> None:
        self.waiting -= 1

    async def run(self, work: Callable[[], bytes]) -> bytes:
        """Do `work` when its turn comes."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


_making = _Making()


async def _animation(request: Request, frames: int, height: int, width: int) -> Response:
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > frames * height * width:
            break
    if len(data) != frames * height * width:
        return Response("The body must hold frames × height × width bytes.", 400)
    images = np.frombuffer(bytes(data), np.uint8).reshape(frames, height, width)
    images = images if request.query_params.get("dark") == "1" else 255 - images
    return Response(await _making.run(lambda: _animated(images)), media_type="image/gif")


async def _snapshot(request: Request) -> Response:
    """The run whose token is posted, as a file that is named after its method and step: whole, or
    where a page could not open that in its small form, which the name says.
    """
    if refused := refused_to(request):
        return Response(refused, 403)
    token = b""
    async for part in request.stream():
        token += part
        if len(token) > MOST_TOKEN:
            return Response("This is no run's token.", 400)
    session = await asyncio.to_thread(sessions().find, token.decode("utf-8", "replace"))
    if session is None:
        return Response("This run is no longer on the server: reload the page.", 404)
    try:
        snapshot = await asyncio.to_thread(session.live.snapshot().result, 30)
    except (TimeoutError, CancelledError, WorkerLost):
        return Response("The run is busy: try again in a moment.", 503)
    data, small = await asyncio.to_thread(snapshot.to_open)
    name = f"{snapshot.method}-step-{snapshot.step}{'-small' if small else ''}.snapshot"
    return Response(
        data,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _reach(request: Request) -> Response:
    """Why this server refuses the page that asks, which Streamlit does not tell it."""
    refused = refused_to(request)
    return Response(refused, 403 if refused else 204)


def _animated(images: np.ndarray) -> bytes:
    """Grey images (N, height, width) as a GIF, four times as wide and high."""
    # A generator, so that no more than a few enlarged frames are in memory.
    enlarged = (Image.fromarray(a).resize((4 * a.shape[1], 4 * a.shape[0]), Image.Resampling.BICUBIC) for a in images)
    out = io.BytesIO()
    next(enlarged).save(out, "GIF", save_all=True, append_images=enlarged, duration=70, loop=0)
    return out.getvalue()


def _base() -> str:
    """The path that Streamlit is served from, such as "" or "/saddle"."""
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


def middleware() -> list[Middleware]:
    """What stands before Streamlit's own."""
    own = [f"{_base()}/{PREFIX}/{name}" for name in ("live", "room")]
    return [
        Middleware(Guard, base=_base(), own=own),
        Middleware(Delivery, base=_base(), announced=lambda: [f"{PREFIX}/bundle/{bundle().name}"]),
    ]


def routes() -> list[BaseRoute]:
    """All own routes, under the base path that Streamlit is served from."""
    prefix = f"{_base()}/{PREFIX}"
    return [
        WebSocketRoute(f"{prefix}/live", live),
        WebSocketRoute(f"{prefix}/wait", wait),
        WebSocketRoute(f"{prefix}/room", room),
        Route(f"{prefix}/library/{{name}}", _library),
        Route(f"{prefix}/gif", _gif, methods=["POST"]),
        Route(f"{prefix}/snapshot", _snapshot, methods=["POST"]),
        Route(f"{prefix}/bundle/{{name}}", _bundle),
        Route(f"{prefix}/reach", _reach, methods=["POST"]),
        Route(f"{prefix}/health", health),
        Route(f"{prefix}/metrics", read_metrics),
    ]


@contextlib.asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Tidy the sessions while the server is up, and end all training when it goes down.

    Raises WordsError where a text of the labs cannot be shown.
    """
    logs.begin()
    logs.note(log, "start", version=version(), settings=in_effect().changed())
    for odd in in_effect().odd:
        log.warning(meant(odd))
    allow_many()
    check()
    begin(asyncio.get_running_loop(), await asyncio.to_thread(source), st.get_option("server.port"))
    rooms().pages, rooms().cards = {lab.page: lab.title for lab in LABS}, cards
    set_threads(1)
    sys.setswitchinterval(SWITCH)

    async def tidy() -> None:
        while True:
            await asyncio.sleep(TIDY_EVERY)
            try:
                rooms().tidy()
                await asyncio.to_thread(sessions().tidy)
            except Exception:
                log.exception("could not tidy the sessions")

    threading.Thread(target=warm, name="warm", daemon=True).start()
    task = asyncio.create_task(tidy())
    ending.listen(asyncio.get_running_loop())
    try:
        yield
    finally:
        task.cancel()
        state.phase = ENDING
        await asyncio.to_thread(sessions().end)  # whose lines this loop reads
        logs.note(log, "end", uptime=round(state.uptime, 1))
