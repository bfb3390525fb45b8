"""The WebSocket endpoint: one watcher of one run."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from app.live.door import HELLO_WITHIN, Allowance, admit, send_json, text_of
from app.live.ending import ending
from app.live.protocol import BadMessage, decode, error, link
from app.live.sessions import Full, Session, sessions
from app.live.turned import Turned
from app.operations import metrics
from app.settings.reading import settings

log = logging.getLogger(__name__)
RATE = float(settings().messages_per_second)
BURST = 2 * RATE  # messages that may come at once
MOST_REFUSED = 600  # refused messages before the socket is closed
CLOSE_WITHIN = 10.0  # seconds in which a watcher must take the last message
GONE = "gone", "This run is no longer on the server.", 4404  # the browser then asks for another


async def live(socket: WebSocket) -> None:
    """Serve one watcher until it leaves."""
    await admit(socket, _watch)


async def _watch(socket: WebSocket) -> None:
    session = await _greet(socket)
    if session is not None:
        await _Watcher(socket, session).serve()


async def _greet(socket: WebSocket) -> Session | None:
    """The session that the hello's token names; None after a refusal sent to the browser."""
    try:
        async with asyncio.timeout(HELLO_WITHIN):
            message = decode(await text_of(socket))
    except (BadMessage, TimeoutError):
        message = {"type": ""}
    token = message.get("token")
    if message["type"] != "hello" or not isinstance(token, str):
        metrics.refused.labels("hello").inc()
        await send_json(socket, type="error", message="The first message must be a hello with a token.")
        await socket.close(4400)
        return None
    try:
        session, (kind, message, code) = await asyncio.to_thread(sessions().claim, token), GONE
    except Full as error:
        session, kind, message, code = None, "full", str(error), 4408
    if session is None:
        metrics.refused.labels("token").inc()
        await send_json(socket, type=kind, message=message)
        await socket.close(code)
    return session


class _Watcher:
    """Passes messages between a socket and the desk of its run, which may be in another process.

    The browser asks for every frame with a `want` once it has painted the one before. A `want`
    waits here until the frame before has left, so frames never queue for a slow browser: it always
    gets the latest.
    """

    def __init__(self, socket: WebSocket, session: Session) -> None:
        self._socket = socket
        self._session = session
        self._loop = asyncio.get_running_loop()
        self._frames: deque[bytes] = deque()
        self._replies: dict[Any, bytes] = {}  # id → the latest reply to send
        self._errors: deque[str] = deque()
        self._refused = 0  # messages
        self._sending = False
        self._wanted: dict[str, Any] | None = None  # the `want` that waits
        self._last: tuple[str, str, int] | None = None  # what is sent last: type, message and code
        self._arrived = asyncio.Event()
        self._sent = metrics.frames.labels(session.method)
        self._turned = Turned(metrics.turned.observe)

    async def serve(self) -> None:
        self._session.told = told = self._end
        ending.add(self._finish)
        self._desk = sessions().attach(self._session, self._give)
        try:
            news = self._session.news_once()
            await send_json(self._socket, type="ready", **({"resumed": news} if news else {}))
            async with asyncio.TaskGroup() as group:
                sender = group.create_task(self._send())
                await self._read()
                async with asyncio.timeout(CLOSE_WITHIN):
                    await sender
        except* (WebSocketDisconnect, TimeoutError):
            pass
        finally:
            ending.discard(self._finish)
            if self._session.told == told:
                self._session.told = None
            self._desk.close()

    def _end(self, reason: str) -> None:
        """Called from any thread where the run is closed for good while it is watched."""
        self._soon(self._finish, "ended", reason, 4410)

    def _finish(self, kind: str, message: str, code: int) -> None:
        self._last = self._last or (kind, message, code)
        self._arrived.set()

    def _give(self, kind: Any, message: bytes | str) -> None:
        """Called by the desk, from any thread."""
        self._soon(self._take, kind, message)

    def _soon(self, function: Any, *arguments: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *arguments)

    def _take(self, kind: Any, message: bytes | str) -> None:
        if kind == "frame":
            self._frames.append(message)
        elif kind == "error":
            self._refused += 1
            metrics.refused.labels("message").inc()
            self._errors.append(message)
        elif kind == "text":
            self._errors.append(message)
        elif kind == "gone":
            return self._finish(*GONE)
        elif kind == "rests":
            return self._finish("rests", message, 4409)
        else:
            self._replies[kind] = message
        self._arrived.set()

    async def _send(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            self._sending = True
            while self._errors:
                await self._socket.send_text(self._errors.popleft())
            while self._frames:
                frame = self._frames.popleft()
                await self._socket.send_bytes(frame)
                self._sent.inc()
                self._turned.sent(frame)
            replies, self._replies = self._replies, {}
            for reply in replies.values():
                await self._socket.send_bytes(reply)
            self._sending = False
            if self._last is not None:
                kind, message, code = self._last
                await send_json(self._socket, type=kind, message=message)
                return await self._socket.close(code)
            if self._wanted and not self._frames:
                self._desk.receive(self._wanted)
                self._wanted = None

    async def _read(self) -> None:
        allowance = Allowance(RATE, BURST)
        while self._refused < MOST_REFUSED:
            text = await text_of(self._socket)
            try:
                if not allowance.take():
                    metrics.refused.labels("rate").inc()
                    raise BadMessage("Too many messages: slow down.")
                self._pass_on(decode(text))
            except BadMessage as problem:
                self._take("error", error(problem))
        self._finish("closed", "Closed after too many messages that could not be obeyed.", 4429)

    def _pass_on(self, message: dict[str, Any]) -> None:
        """Raises BadMessage."""
        if self._session.held and message["type"] in ("play", "step"):
            raise BadMessage(self._session.held)
        if message["type"] == "link":
            self._session.query = link(message)
        elif message["type"] == "want" and (self._sending or self._frames):
            self._wanted = message
        else:
            if message["type"] == "knobs":
                self._turned.came(message)
            self._desk.receive(message)
