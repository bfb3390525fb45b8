"""A visitor without a browser: it speaks Streamlit's page protocol and Saddle's live channel.

Streamlit's protocol is protobuf over the WebSocket `_stcore/stream`: one message asks for a page,
and the elements of the page come back. Among them is the Stage with the token of its run.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import struct
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

PATIENCE = 120.0  # seconds for a page or an answer, on a machine that many share


class Refused(RuntimeError):
    """The server did not open a page, or closed a channel; the message tells what it said."""


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine, in a thread of its own: that of the tests has Playwright's event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


@dataclass
class Room:
    """One visitor with one page open.

    url: the server's address. page: a lab's name in addresses. query: of the link. data: what the
    Stage got. frames: the time of each frame. last: the header of the latest one. errors: texts
    of refusals. closed: codes of closed channels. said: texts of the page's messages. session: the
    name of its Streamlit session. resumed: why its run went on from what was kept, for each time.
    """

    url: str
    page: str
    query: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    frames: list[float] = field(default_factory=list)
    last: dict[str, Any] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    session: str = ""
    resumed: list[str] = field(default_factory=list)
    _reading: asyncio.Task[None] | None = None  # of what the page sends after it has been built
    on_frame: Callable[[dict[str, Any]], None] = lambda header: None
    on_reply: Callable[[dict[str, Any]], None] = lambda header: None

    @property
    def origin(self) -> str:
        """Scheme, name and port of the server."""
        return "/".join(self.url.split("/")[:3])

    @property
    def sockets(self) -> str:
        """The server's address for WebSockets."""
        return "ws" + self.url.removeprefix("http")

    @contextlib.asynccontextmanager
    async def visit(self) -> AsyncIterator[Room]:
        """Open the page as a browser does, and leave it at the end. One that comes back names the
        Streamlit session that it had.
        """
        address = f"{self.sockets}/_stcore/stream"
        protocols = ["streamlit", "none", self.session] if self.session else ["streamlit"]
        async with websockets.connect(address, subprotocols=protocols, origin=self.origin, max_size=None) as socket:
            self._page = socket
            try:
                await self.go(self.page, self.query)
                yield self
            finally:
                await self._stop_reading()

    async def go(self, page: str, query: str = "") -> None:
        """Ask for a page, and wait for its Stage. Raises Refused where it has none."""
        await self._stop_reading()
        try:
            await self._go(page, query)
        finally:
            self._reading = asyncio.create_task(self._ignore(self._page))

    async def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading
            self._reading = None

    async def _go(self, page: str, query: str) -> None:
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = query
        await self._page.send(message.SerializeToString())
        self.data, self.said = {}, []
        async with asyncio.timeout(PATIENCE):
            while True:
                forward = ForwardMsg.FromString(await self._page.recv())
                if forward.WhichOneof("type") == "script_finished":
                    break
                if forward.WhichOneof("type") == "new_session":
                    self.session = forward.new_session.initialize.session_id or self.session
                element = forward.delta.new_element
                if element.WhichOneof("type") == "bidi_component":
                    component = element.bidi_component
                    if component.component_name.endswith("saddle_stage"):
                        data = json.loads(component.json or component.mixed.json)
                        self.data = data[0] if isinstance(data, list) else data  # earlier commits had no list
                elif element.WhichOneof("type") in ("alert", "exception"):
                    self.said.append(element.alert.body or element.exception.message)
        if not self.data:
            raise Refused(f"{page} has no Stage. {' '.join(self.said)}")

    @staticmethod
    async def _ignore(socket: websockets.ClientConnection) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for _ in socket:
                pass

    # -- the live channel --------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def watch(self, first: str | bytes | None = None) -> AsyncIterator[Room]:
        """Open the live channel of the page's run, and read it until the end. first: what is sent
        in place of the hello.
        """
        async with websockets.connect(f"{self.sockets}/saddle/live", origin=self.origin, max_size=None) as socket:
            self._live = socket
            await socket.send(json.dumps({"type": "hello", "token": self.data["token"]}) if first is None else first)
            reading = asyncio.create_task(self._read(socket))
            try:
                yield self
            finally:
                reading.cancel()

    async def say(self, **message: Any) -> None:
        """Send a message over the live channel."""
        await self._live.send(json.dumps(message))

    async def send(self, raw: str | bytes) -> None:
        """Send text or bytes as they are."""
        await self._live.send(raw)

    async def known(self, question: dict[str, Any]) -> list[str]:
        """What the server names as known when it refuses `question`."""
        before = len(self.errors)
        await self.say(**question)
        async with asyncio.timeout(PATIENCE):
            while not (found := [e for e in self.errors[before:] if "known are" in e]):
                await asyncio.sleep(0.01)
        names = re.sub(r".*known are ", "", found[0]).rstrip(".").split(", ")
        return [name for name in names if name != "none"]

    async def show_panels(self) -> None:
        """Ask for the layers that the page's panels draw."""
        layers = await self.known({"type": "layers", "names": ["?"]})
        drawn = set(_words([p for p in self.data["panels"] if not p.get("aside")]))
        await self.say(type="layers", names=[name for name in layers if name in drawn])

    async def _read(self, socket: websockets.ClientConnection) -> None:
        try:
            async for raw in socket:
                self._take(raw)
        except websockets.ConnectionClosed:
            pass
        self.closed.append(socket.close_code or 0)

    def _take(self, raw: str | bytes) -> None:
        if isinstance(raw, str):
            message = json.loads(raw)
            if reason := message.get("resumed") or message.get("reason"):
                self.resumed.append(reason)
            if message.get("message"):
                self.errors.append(message["message"])
            return
        (length,) = struct.unpack("<I", raw[:4])
        header = json.loads(raw[4 : 4 + length])
        if "reply" in header:
            return self.on_reply(header)
        self.frames.append(time.monotonic())
        self.last = header
        self.on_frame(header)


def _words(value: Any) -> Iterator[str]:
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _words(part)
    elif isinstance(value, list):
        for part in value:
            yield from _words(part)
