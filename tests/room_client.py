"""A member of a room without a browser, who speaks the socket of app/live/rooms/socket.py."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import time
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import websockets

PATIENCE = 60.0  # seconds


@dataclass
class Member:
    """One tab of a member. said: all JSON messages by type, the latest last. frames: time and bytes
    of each frame. pictures: what the browser would have of each layer. acknowledges: whether it
    answers frames.
    """

    url: str
    said: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    frames: list[tuple[float, int]] = field(default_factory=list)
    pictures: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    acknowledges: bool = True
    decodes: bool = False
    received: int = 0
    closed: int | None = None

    @contextlib.asynccontextmanager
    async def enter(self, origin: str = "", **hello: Any) -> AsyncIterator[Member]:
        """Connect and send the first message."""
        address = "ws" + self.url.removeprefix("http") + "/saddle/room"
        origin = origin or "/".join(self.url.split("/")[:3])
        async with websockets.connect(address, origin=origin, max_size=None) as socket:
            self._socket = socket
            reading = asyncio.create_task(self._read())
            with contextlib.suppress(websockets.ConnectionClosed):  # it was refused at once
                await self.say(**hello)
            try:
                yield self
            finally:
                reading.cancel()

    async def say(self, **message: Any) -> None:
        """Send a message."""
        await self._socket.send(json.dumps(message))

    async def until(self, kind: str, wanted=lambda message: True) -> dict[str, Any]:
        """The first message of a type that fits, of those that came or will come."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for message in self.said.get(kind, []):
                    if wanted(message):
                        return message
                await asyncio.sleep(0.01)

    @property
    def state(self) -> dict[str, Any]:
        """The room's latest state."""
        return (self.said.get("room") or [{}])[-1]

    async def _read(self) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for raw in self._socket:
                await self._take(raw)
        self.closed = self._socket.close_code

    async def _take(self, raw: str | bytes) -> None:
        self.received += len(raw)
        if isinstance(raw, str):
            message = json.loads(raw)
            kept = self.said.setdefault(message["type"], [])
            kept.append(message)
            del kept[:-50]
            return
        if b'{"reply"' in zlib.decompressobj(-15).decompress(raw, 20):
            plain = zlib.decompress(raw, -15)
            (length,) = struct.unpack("<I", plain[:4])
            self.said.setdefault("reply", []).append(json.loads(plain[4 : 4 + length]))
            return
        self.frames.append((time.monotonic(), len(raw)))
        if self.decodes:
            self._decode(zlib.decompress(raw, -15))
        if self.acknowledges:
            await self.say(type="seen")

    def _decode(self, data: bytes) -> None:
        """As app/web/channel/frames.js does."""
        (length,) = struct.unpack("<I", data[:4])
        self.header = json.loads(data[4 : 4 + length])
        for name, dtype, shape, offset, *more in self.header["layers"]:
            count = int(np.prod(shape))
            at = 4 + length + offset
            if dtype in ("u1", "d1"):
                array = np.frombuffer(data, np.uint8, count, at)
                self.pictures[name] = array.copy() if dtype == "u1" else self.pictures[name] + array
            elif dtype in ("q2", "e2"):
                low, high = (np.frombuffer(data, np.uint8, count, at + k * count).astype(np.int32) for k in (0, 1))
                folded = low | high << 8
                change = (folded >> 1) ^ -(folded & 1)
                known = self.pictures.get(f"{name}/q", 0) if dtype == "e2" else 0
                self.pictures[f"{name}/q"] = known + change
                self.pictures[name] = (known + change) * more[0] / 2048
            else:
                self.pictures[name] = np.frombuffer(data, "<f4", count, at)
