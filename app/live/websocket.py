"""The WebSocket endpoint: one watcher of one run."""

from __future__ import annotations

import asyncio
import json
import logging
import time

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from app.live.origin import refusal
from app.live.protocol import BadMessage, Sent, decode, encode, obey
from app.live.replies import Replies
from app.live.sessions import Session, sessions
from engine.runs.live import View

log = logging.getLogger(__name__)
HELLO_WITHIN = 10.0  # seconds
RATE = 150.0  # messages a second
BURST = 300.0  # messages that may come at once
MOST_REFUSED = 600  # refused messages before the socket is closed


class Allowance:
    """A token bucket for incoming messages."""

    def __init__(self) -> None:
        self._left = BURST
        self._at = time.monotonic()

    def take(self) -> bool:
        """Whether one more message may come now."""
        now = time.monotonic()
        self._left = min(BURST, self._left + (now - self._at) * RATE)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


async def live(socket: WebSocket) -> None:
    """Serve one watcher until it leaves."""
    refused = refusal(socket.headers, socket.url.scheme)
    await socket.accept()  # a browser does not see why a socket was not accepted
    try:
        if refused:
            await _send_json(socket, type="refused", message=refused)
            return await socket.close(4403)
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
    """The session that the hello's token names; None after a refusal sent to the browser."""
    try:
        async with asyncio.timeout(HELLO_WITHIN):
            message = decode(await _text(socket))
    except (BadMessage, TimeoutError):
        message = {"type": ""}
    token = message.get("token")
    if message["type"] != "hello" or not isinstance(token, str):
        await _send_json(socket, type="error", message="The first message must be a hello with a token.")
        await socket.close(4400)
        return None
    session = await asyncio.to_thread(sessions().find, token)
    if session is None:
        await _send_json(socket, type="gone", message="This run is no longer on the server.")
        await socket.close(4404)
    return session


async def _text(socket: WebSocket) -> str:
    """The next message as text, "" for a binary one, which is then refused as not JSON."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    return message.get("text") or ""


async def _send_json(socket: WebSocket, **message: object) -> None:
    await socket.send_text(json.dumps(message))


class _Watcher:
    """Reads commands and sends frames, each at its own pace.

    The browser asks for every frame with a `want` once it has painted the one before, so frames
    never queue for a slow browser: it always gets the latest.
    """

    def __init__(self, socket: WebSocket, session: Session) -> None:
        self._socket = socket
        self._session = session
        self._run = session.live
        self._loop = asyncio.get_running_loop()
        self._latest: View | None = None
        self._sent = Sent()
        self._ended = ""  # why the run was closed
        self._arrived = asyncio.Event()
        self._knob_names = session.live.scalar_knobs
        self._replies = Replies(session, self._loop, self._arrived)

    async def serve(self) -> None:
        self._session.told = told = self._end
        self._run.watch(self._offer, self._run.default_layers)
        try:
            await _send_json(self._socket, type="ready")
            async with asyncio.TaskGroup() as group:
                sender = group.create_task(self._send())
                await self._read()
                sender.cancel()
        except* WebSocketDisconnect:
            pass
        finally:
            if self._session.told == told:
                self._session.told = None
            self._run.leave(self._offer)
            self._replies.close()

    def _end(self, reason: str) -> None:
        """Called from any thread where the run is closed for good while it is watched."""
        self._ended = reason
        self._loop.call_soon_threadsafe(self._arrived.set)

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
            view = self._latest
            self._latest = None
            if view is not None:
                await self._socket.send_bytes(encode(view, self._knob_names, self._sent))
            for reply in self._replies.take():
                await self._socket.send_bytes(reply)
            if self._ended:
                await _send_json(self._socket, type="ended", message=self._ended)
                return await self._socket.close(4410)

    async def _read(self) -> None:
        allowance = Allowance()
        refused = 0
        while refused < MOST_REFUSED:
            text = await _text(self._socket)
            try:
                if not allowance.take():
                    raise BadMessage("Too many messages: slow down.")
                message = decode(text)
                if not self._replies.receive(message):
                    obey(self._session, message)
            except BadMessage as error:
                refused += 1
                await _send_json(self._socket, type="error", message=str(error))
        await _send_json(
            self._socket, type="closed", message="Closed after too many messages that could not be obeyed."
        )
        await self._socket.close(4429)
        raise WebSocketDisconnect(4429)
