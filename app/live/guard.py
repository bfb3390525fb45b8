"""Guard: what every request has to pass before Streamlit or Saddle answers it.

Streamlit's own socket compares a page's Origin with the Host header, to the letter, and lets pages
of localhost and of this machine's addresses in whatever their port. Here it gets the same rule as
the live channel: where app/live/origin.py lets a page in, the socket is passed on with the name
that the page was opened under, and where it does not, it is refused.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.live.health import NOT_FOR_YOU, may_read
from app.live.names import unknown
from app.live.origin import refused_to
from app.operations import metrics
from app.operations.logs import note_rarely

log = logging.getLogger(__name__)
MISDIRECTED = 421  # the status for a request that this server is not meant to answer
PLAIN = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class Guard:
    """Middleware: requests under foreign names get nothing, and Streamlit's own metrics are for
    those who may read Saddle's.

    base: the path that Streamlit is served from. own: the paths of Saddle's sockets, which tell
    their pages by themselves why they are refused.
    """

    def __init__(self, app: ASGIApp, base: str, own: Collection[str]) -> None:
        self._app = app
        self._metrics = f"{base}/_stcore/metrics"
        self._stream = f"{base}/_stcore/stream"
        self._own = own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"] in self._own:
            return await self._app(scope, receive, send)
        connection = HTTPConnection(scope)
        code, why = MISDIRECTED, unknown(connection.headers.get("host"))
        if why:
            metrics.refused.labels("host").inc()
            host = connection.headers.get("host", "")[:200]
            note_rarely(log, "refused host", host, host=host)
        elif scope["path"] == self._metrics and not may_read(connection):
            code, why = 403, NOT_FOR_YOU
        elif scope["type"] == "websocket" and scope["path"] == self._stream and "origin" in connection.headers:
            why = refused_to(connection, by_name=True)
            scope = _asked_as(scope, connection.headers["origin"])
        if not why:
            return await self._app(scope, receive, send)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        await PlainTextResponse(why, code, PLAIN)(scope, receive, send)


def _asked_as(scope: Scope, origin: str) -> Scope:
    """The request as if the server had been asked under the name of this page."""
    headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"host"]
    return {**scope, "headers": [*headers, (b"host", urlsplit(origin).netloc.encode("latin-1", "replace"))]}
