"""What another session has of a server meanwhile, and what the server takes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

import websockets

from tests.browser import Server
from tests.client import Room
from tests.load import FRAME_GAP, memory, trial

BESIDE = 20.0  # seconds that it plays beside others that behave
EVERY = 5.0  # seconds between two looks at the memory
T = TypeVar("T")


async def _play(room: Room) -> None:
    await room.show_panels()
    await room.say(type="play")
    while True:
        await room.say(type="want")
        await asyncio.sleep(FRAME_GAP)


@contextlib.asynccontextmanager
async def bystander(url: str) -> AsyncIterator[Callable[[], float]]:
    """A session that plays meanwhile. Gives a function of its frames a second since the last
    call.
    """
    async with Room(url, "vat").visit() as room, room.watch():
        playing = asyncio.create_task(_play(room))
        since, count = time.monotonic(), 0

        def rate() -> float:
            nonlocal since, count
            now, frames = time.monotonic(), len(room.frames)
            found = (frames - count) / (now - since)
            since, count = now, frames
            return found

        try:
            yield rate
        finally:
            playing.cancel()
            with contextlib.suppress(asyncio.CancelledError, websockets.WebSocketException):
                await playing


async def beside(server: Server, rooms: Sequence[str], work: Awaitable[T]) -> T:
    """Do some work while another session plays, and print what that has. rooms: pages with queries
    of visitors who play before, for comparison.
    """
    peak, pid = 0.0, server.process.pid

    async def measure() -> None:
        nonlocal peak
        while True:
            peak = max(peak, await asyncio.to_thread(memory, pid))
            await asyncio.sleep(EVERY)

    async with bystander(server.url) as rate:
        await asyncio.sleep(EVERY)
        rate()
        await trial(server.url, dict.fromkeys(rooms, 1), BESIDE)
        before, warm = rate(), await asyncio.to_thread(memory, pid)
        measuring = asyncio.create_task(measure())
        result = await work
        after = rate()
        measuring.cancel()
    print(f"another session: {before:.1f} frames/s beside others that play, {after:.1f} beside this", flush=True)
    print(f"memory: {warm:.0f} MB beside others that play, {peak:.0f} MB at most beside this", flush=True)
    return result
