"""The WebSocket endpoint: one watcher of one run."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from urllib.parse import urlsplit

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from app.live.protocol import BadMessage, decode, encode, obey
from app.live.replies import Replies
from app.live.sessions import Session, sessions
from engine.runs.live import View

log = logging.getLogger(__name__)
HELLO_WITHIN = 10.0  # seconds
RATE, BURST = 150.0, 300.0  # messages a second, and how many may come at once
PATIENCE = 600  # refused messages before the socket is closed


class Allowance:
    """A token bucket for incoming messages."""

    def __init__(self) -> None:
        self._left, self._at = BURST, time.monotonic()

    def take(self) -> bool:
        """Whether one more message is welcome now."""
        now = time.monotonic()
        self._left, self._at = min(BURST, self._left + (now - self._at) * RATE), now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def same_origin(origin: str | None, host: str | None) -> bool:
    """Whether a page from `origin` may talk to this server: only pages that it served itself."""
    if not origin or not host:
        return False
    return urlsplit(origin).netloc.lower() == host.lower()


async def live(socket: WebSocket) -> None:
    """Serve one watcher until it leaves."""
    headers = socket.headers
    if not same_origin(headers.get("origin"), headers.get("x-forwarded-host") or headers.get("host")):
        await socket.close(4403, "This channel serves Saddle's own pages only.")
        return
    await socket.accept()
    try:
        session = await _greet(socket)
        if session is not None:
            await _Watcher(socket, session).serve()
    except (WebSocketDisconnect, RuntimeError) as error:
        log.debug("a watcher left: %s", error)
    except Exception:
        log.exception("the live channel failed for one watcher")
        if socket.application_state is WebSocketState.CONNECTED:
            await socket.close(1011)


async def _greet(socket: WebSocket) -> Session | None:
    """Take the hello with its token; None where it leads nowhere, which the browser has been told."""
    try:
        async with asyncio.timeout(HELLO_WITHIN):
            message = decode(await _text(socket))
    except (BadMessage, TimeoutError):
        message = {"type": ""}
    token = message.get("token")
    if message["type"] != "hello" or not isinstance(token, str):
        await _say(socket, type="error", message="The first message must be a hello with a token.")
        await socket.close(4400)
        return None
    session = await asyncio.to_thread(sessions().find, token)
    if session is None:
        await _say(socket, type="gone", message="This run is no longer on the server.")
        await socket.close(4404)
    return session


async def _text(socket: WebSocket) -> str:
    """The next message as text. Binary messages are refused like any other nonsense."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    return message.get("text") or ""


async def _say(socket: WebSocket, **message: object) -> None:
    await socket.send_text(json.dumps(message))


class _Watcher:
    """Reads commands and sends frames, each at its own pace.

    The browser asks for every frame with a `want` once it has painted the one before, so a slow
    browser never makes frames queue: what it gets is always the latest.
    """

    def __init__(self, socket: WebSocket, session: Session) -> None:
        self._socket, self._session, self._run = socket, session, session.live
        self._loop = asyncio.get_running_loop()
        self._latest: View | None = None
        self._arrived = asyncio.Event()
        self._knob_names = session.live.scalar_knobs
        self._replies = Replies(session, self._loop, self._arrived)

    async def serve(self) -> None:
        self._run.watch(self._offer, self._run.default_layers)
        try:
            await _say(self._socket, type="ready")
            async with asyncio.TaskGroup() as group:
                sender = group.create_task(self._send())
                await self._read()
                sender.cancel()
        except* WebSocketDisconnect:
            pass
        finally:
            self._run.leave(self._offer)
            self._replies.close()

    def _offer(self, view: View) -> None:
        """Called from the worker thread that computed the frame."""
        self._loop.call_soon_threadsafe(self._take, view)

    def _take(self, view: View) -> None:
        if self._latest is not None and view.scene is None and self._latest.scene is not None:
            # Replacing an unsent frame must not lose the scene it carried.
            view = View(**{**vars(view), "scene": self._latest.scene})
        self._latest = view
        self._arrived.set()

    async def _send(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            view, self._latest = self._latest, None
            if view is not None:
                await self._socket.send_bytes(encode(view, self._knob_names))
            for reply in self._replies.take():
                await self._socket.send_bytes(reply)

    async def _read(self) -> None:
        allowance, refused = Allowance(), 0
        while refused < PATIENCE:
            text = await _text(self._socket)
            try:
                if not allowance.take():
                    raise BadMessage("Too many messages: slow down.")
                message = decode(text)
                if not self._replies.hear(message):
                    obey(self._session, message)
            except BadMessage as error:
                refused += 1
                await _say(self._socket, type="error", message=str(error))
        await _say(self._socket, type="closed", message="Closed after too many messages that could not be obeyed.")
        await self._socket.close(4429)
        raise WebSocketDisconnect(4429)
