"""Door: what every WebSocket of Saddle's has in common, from its first message to its end."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Awaitable, Callable

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from app.live.ending import TOLD
from app.live.origin import refused_to
from app.operations import metrics
from app.operations.state import ENDING, state

log = logging.getLogger(__name__)
HELLO_WITHIN = 10.0  # seconds


class Allowance:
    """A token bucket for incoming messages."""

    def __init__(self, rate: float, burst: float) -> None:
        """rate: messages a second. burst: messages that may come at once."""
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = time.monotonic()

    def take(self) -> bool:
        """Whether one more message may come now."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


async def admit(socket: WebSocket, serve: Callable[[WebSocket], Awaitable[None]]) -> None:
    """Let a page in and serve it until it leaves; one of another origin and one that comes while
    the server ends are told why not.
    """
    refused = refused_to(socket)
    await socket.accept()  # a browser does not see why a socket was not accepted
    metrics.sockets.inc()
    try:
        if refused:
            await send_json(socket, type="refused", message=refused)
            return await socket.close(4403)
        if state.phase == ENDING:
            kind, message, code = TOLD
            await send_json(socket, type=kind, message=message)
            return await socket.close(code)
        await serve(socket)
    except (WebSocketDisconnect, RuntimeError) as reason:
        log.debug("a page has left: %s", reason)
    except Exception:
        log.exception("a socket failed for one page")
        if socket.application_state is WebSocketState.CONNECTED:
            await socket.close(1011)
    finally:
        metrics.sockets.dec()


async def text_of(socket: WebSocket) -> str:
    """The next message as text, "" for a binary one, which is then refused as not JSON."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    return message.get("text") or ""


async def send_json(socket: WebSocket, **message: object) -> None:
    """Send a message as JSON."""
    await socket.send_text(json.dumps(message))
