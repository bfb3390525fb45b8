"""Health and metrics: what is asked by whoever operates the server.

`saddle/health` says whether visitors may come. `saddle/metrics` is for the addresses of the setting
`metrics_from`, by default this machine alone.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from prometheus_client.exposition import choose_encoder
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from app.live.rooms.rooms import rooms
from app.live.sessions import sessions
from app.operations import metrics
from app.operations.files import open_files
from app.operations.state import ENDING, READY, state, version
from app.settings.reading import settings
from engine.core.memory import held

FOR = 1.0  # seconds for which what was found out is good
# Headers by which a proxy says that it asks for somebody else. uvicorn takes the address from the
# first one, where the proxy is on this machine.
FORWARDED = ("x-forwarded-host", "x-forwarded-proto", "x-real-ip", "forwarded")
NOT_FOR_YOU = (
    "The metrics are for addresses of Saddle's setting metrics_from, and this request comes from another one, or "
    "through a proxy that does not pass X-Forwarded-For."
)

_steps = metrics.Growth(metrics.steps)
_errors = metrics.Growth(metrics.errors)


async def health(_: Request) -> Response:
    """Whether visitors may come: 200, or 503 while the server starts and ends."""
    workers = sessions().crew.workers if state.phase != ENDING else 0
    ready = state.phase == READY and (workers > 0 or not sessions().crew.wanted)
    body = {
        "ready": ready,
        "state": state.phase,
        "version": version(),
        "uptime": round(state.uptime, 1),
        "workers": workers,
    }
    return JSONResponse(body, 200 if ready else 503, {"Cache-Control": "no-store"})


def may_read(connection: HTTPConnection) -> bool:
    """Whether metrics are for whoever asks."""
    headers = connection.headers
    if "x-forwarded-for" not in headers and any(name in headers for name in FORWARDED):
        return False  # from a proxy that does not say for whom
    try:
        address = ipaddress.ip_address(connection.client.host if connection.client else "")
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in ipaddress.ip_network(network) for network in settings().networks())


async def read_metrics(request: Request) -> Response:
    """All metrics, in the format of Prometheus."""
    if not may_read(request):
        return Response(NOT_FOR_YOU, 403)
    await _bring_up_to_date()
    encode, kind = choose_encoder(request.headers.get("accept", ""))
    return Response(await asyncio.to_thread(encode, metrics.registry), media_type=kind)


class _Reading:
    """The lock under which metrics are found out, and when that was."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.at = -FOR


_reading = _Reading()


async def _bring_up_to_date() -> None:
    """Find out what is not counted as it happens, at most once a second."""
    async with _reading.lock:
        if time.monotonic() - _reading.at >= FOR:
            await asyncio.to_thread(_find_out)
            _reading.at = time.monotonic()


def _find_out() -> None:
    found = sessions()
    all_sessions = found.listed()
    figures = found.crew.figures()
    metrics.uptime.set(state.uptime)
    metrics.info.labels(version()).set(1)
    metrics.workers.set(found.crew.workers)
    metrics.sessions.set(len(all_sessions))
    metrics.visitors.set(len({s.visitor for s in all_sessions}))
    metrics.open_files.set(open_files())
    metrics.rooms.set(len(rooms()))
    metrics.memory.clear()
    metrics.memory.labels("server").set(held())
    runs: Counter[tuple[str, str]] = Counter((s.method, "resting") for s in all_sessions if s.live is None)
    for name, one in figures.items():
        _take(name, one)
        runs.update(one["runs"])
    metrics.runs.clear()
    for (method, phase), count in runs.items():
        metrics.runs.labels(method, phase).set(count)


def _take(name: str, figures: Mapping[str, Any]) -> None:
    """Take what one process of runs reports; name: of that process."""
    _steps.take(name, {(method,): count for method, count in figures["steps"].items()})
    if name:
        metrics.memory.labels(name).set(figures["memory"])
        _errors.take(name, figures["errors"])
