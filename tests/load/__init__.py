"""A load client: rooms of visitors who play, turn knobs, or flood the server, without a browser."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.core.memory import held
from tests.client import Room

FRAME_GAP = 0.029  # seconds between two requests for frames, as app/web/stage/view.js has it
TURN_EVERY = 1.0  # seconds between two turns of a knob
FLOOD_GAP = 0.01  # seconds between two messages of a flood, below the rate the server refuses
MIXED = {"vat": 2, "gan": 2, "aae": 2, "arae": 2, "attacks": 1, "training": 1}


@dataclass(frozen=True)
class Result:
    """What one visitor had. latencies: seconds from turning a knob to the first frame under it."""

    page: str
    frames: float  # a second
    steps: float  # a second
    longest: float  # seconds between two frames
    latencies: Sequence[float]
    errors: int
    closed: int

    def row(self) -> str:
        """As a line of a table."""
        half, most = (1000 * percentile(self.latencies, p) for p in (0.5, 0.95))
        return (
            f"{self.page:<12}{self.frames:8.1f}{self.steps:10.1f}{self.longest:12.2f}{half:12.0f}{most:10.0f}"
            f"{self.errors:9}{self.closed:9}"
        )


HEAD = (
    f"{'room':<12}{'frames/s':>8}{'steps/s':>10}{'longest s':>12}{'knob ms p50':>12}{'p95':>10}"
    f"{'refused':>9}{'closed':>9}"
)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values are; NaN for none."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def memory(pid: int) -> float:
    """MB that a process and those it has started hold in memory, with what they share counted once
    (PSS); NaN where the system has no /proc.
    """
    found = [held(number) / 2**20 for number in (pid, *started_by(pid))]
    return sum(found) if found and found[0] else float("nan")


def started_by(pid: int) -> list[int]:
    """The processes that a process has started, and those that these have."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name, in brackets, may contain anything.
            parents[int(path.parent.name)] = int(
                path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
            )
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


class _Visitor:
    """Paints as fast as a browser, and turns a knob now and then."""

    def __init__(self, room: Room, speed: int) -> None:
        self.room = room
        self.speed = speed
        self.latencies: list[float] = []
        self._turned: tuple[str, float, float] | None = None
        self._painted = asyncio.Event()
        room.on_frame = self._frame

    async def play(self, seconds: float) -> Result:
        room = self.room
        await room.show_panels()
        await room.say(type="speed", value=self.speed)
        await room.say(type="play")
        await room.say(type="want")
        await self._first()
        begun, first, refused = time.monotonic(), room.last["step"], len(room.errors)
        count = len(room.frames)
        tasks = [asyncio.create_task(self._paint()), asyncio.create_task(self._turn())]
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        now = time.monotonic()
        times = [begun, *room.frames[count:], now]
        return Result(
            self.room.page,
            (len(times) - 2) / (now - begun),
            max(0, room.last["step"] - first) / (now - begun),
            max(b - a for a, b in zip(times, times[1:])),
            self.latencies,
            len(room.errors) - refused,
            len(room.closed),
        )

    async def _first(self) -> None:
        while not self.room.frames:
            await asyncio.sleep(0.05)

    async def _paint(self) -> None:
        while not self.room.closed:
            self._painted.clear()
            asked = time.monotonic()
            await self.room.say(type="want")
            # The browser asks again after a second, too. (asyncio.wait_for of Python 3.11 may lose
            # a cancellation.)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._painted.wait()
            await asyncio.sleep(max(0.0, asked + FRAME_GAP - time.monotonic()))

    async def _turn(self) -> None:
        declared: Mapping[str, Any] = self.room.data["knobs"]
        name, knob = next((n, d) for n, d in declared.items() if d["kind"] == "number" and d["low"] < d["high"])
        side = False
        while not self.room.closed:
            await asyncio.sleep(TURN_EVERY)
            if self._turned is None:
                side = not side
                value = knob["default"] + (0.01 if side else 0) * (knob["high"] - knob["default"])
                self._turned = name, value, time.monotonic()
                await self.room.say(type="knobs", values={name: value})
            if self.room.data.get("ends") and not self.room.last["playing"]:
                await self.room.say(type="reset")
                await self.room.say(type="play")

    def _frame(self, header: dict[str, Any]) -> None:
        if self._turned and abs(header["knobs"][self._turned[0]] - self._turned[1]) < 1e-9:
            self.latencies.append(time.monotonic() - self._turned[2])
            self._turned = None
        self._painted.set()


# -- floods ----------------------------------------------------------------------------------------


async def _resets(room: Room, draw: random.Random) -> None:
    await room.say(type="reset", seed=draw.randrange(1_000_000))


async def _layers(room: Room, draw: random.Random) -> None:
    await room.say(type="layers", names=room.layers * 200)
    await room.say(type="want")


async def _measurements(room: Room, draw: random.Random) -> None:
    room.asked = getattr(room, "asked", 0) + 1
    await room.say(type="cancel", id=room.asked - 2)
    if room.measures:
        await room.say(type="measure", id=room.asked, name=draw.choice(room.measures), values={})


FLOODS: dict[str, Callable[[Room, random.Random], Awaitable[None]]] = {
    "resets": _resets,
    "layers": _layers,
    "measurements": _measurements,
}


async def flood(room: Room, kinds: Sequence[str], seconds: float, draw: random.Random) -> None:
    """Send messages of these kinds for so long, as fast as the server takes them."""
    room.layers = await room.known({"type": "layers", "names": ["?"]})
    room.measures = await room.known({"type": "measure", "id": 0, "name": "?", "values": {}})
    await room.say(type="play")
    until = time.monotonic() + seconds
    while time.monotonic() < until and not room.closed:
        await FLOODS[draw.choice(kinds)](room, draw)
        await asyncio.sleep(FLOOD_GAP)


# -- a trial ---------------------------------------------------------------------------------------


async def trial(
    url: str, rooms: Mapping[str, int], seconds: float, floods: Sequence[str] = (), speed: int = 0, seed: int = 0
) -> list[Result]:
    """Open all rooms, wait until each has a frame, and let them play for so long.

    rooms: page, with `?query` where wanted → visitors. floods: what all but the visitors of the
    first page do; they play where there is none. Returns a result for each room that plays.
    """
    every = [page for page, count in rooms.items() for _ in range(count)]
    begin = asyncio.Barrier(len(every))
    draw = random.Random(seed)

    async def visit(page: str) -> Result | None:
        page, _, query = page.partition("?")
        async with Room(url, page, query).visit() as room, room.watch():
            visitor = _Visitor(room, speed)
            await begin.wait()
            if floods and page != every[0].partition("?")[0]:
                await flood(room, floods, seconds, draw)
                return None
            return await visitor.play(seconds)

    return [r for r in await asyncio.gather(*map(visit, every)) if r is not None]
