"""Guard: what every request has to pass before Streamlit or Saddle answers it."""

from __future__ import annotations

import logging

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.live.health import NOT_FOR_YOU, may_read
from app.live.names import unknown
from app.operations import metrics
from app.operations.logs import note_rarely

log = logging.getLogger(__name__)
MISDIRECTED = 421  # the status for a request that this server is not meant to answer
PLAIN = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class Guard:
    """Middleware: requests under foreign names get nothing, and Streamlit's own metrics are for
    those who may read Saddle's.

    base: the path that Streamlit is served from. live: the path of the live channel, which tells
    its page by itself why it is refused.
    """

    def __init__(self, app: ASGIApp, base: str, live: str) -> None:
        self._app = app
        self._metrics = f"{base}/_stcore/metrics"
        self._live = live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"] == self._live:
            return await self._app(scope, receive, send)
        connection = HTTPConnection(scope)
        code, why = MISDIRECTED, unknown(connection.headers.get("host"))
        if why:
            metrics.refused.labels("host").inc()
            host = connection.headers.get("host", "")[:200]
            note_rarely(log, "refused host", host, host=host)
        elif scope["path"] == self._metrics and not may_read(connection):
            code, why = 403, NOT_FOR_YOU
        if not why:
            return await self._app(scope, receive, send)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        await PlainTextResponse(why, code, PLAIN)(scope, receive, send)
