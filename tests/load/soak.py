"""A soak: visitors come, play, do what visitors do, and leave, at random, for many minutes.

Printed are the memory and its trend, and what is left of processes, threads and open files when all
have left, and when the server has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import statistics
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import websockets

from app.labs.catalogue import LABS
from tests.browser import Server
from tests.client import Refused, Room, run
from tests.faults.fuzz import tracebacks
from tests.faults.processes import descriptors, left, threads
from tests.load import FRAME_GAP, memory, started_by

VISITORS = 8  # at the same time
STAYS = 30.0  # seconds that a visitor stays, on average
LOOK = 15.0  # seconds between two looks at the server
# Seconds after which a server that all have left is looked at. Streamlit keeps its sessions, with
# three open files each, for two minutes in case a browser comes back.
SETTLE = 130.0
FAILURES = (Refused, OSError, TimeoutError, websockets.WebSocketException)
PAGES = [(lab.page, f"tab={tab}" if tab else "") for lab in LABS for tab in lab.methods]

# Threads that pools may still have to begin: asyncio's has four more than there are cores.
POOLS = 4 + (os.cpu_count() or 1) + 4


@dataclass(frozen=True)
class Look:
    """A server at one time. at: seconds since the start. memory: MB. processes, threads, files: of
    the server and of what it has started.
    """

    at: float
    memory: float
    processes: int
    threads: int
    files: int

    @classmethod
    def at_server(cls, server: Server, begun: float) -> Look:
        """As it is now."""
        pids = [server.process.pid, *started_by(server.process.pid)]
        counts = sum(map(threads, pids)), sum(map(descriptors, pids))
        return cls(time.monotonic() - begun, memory(server.process.pid), len(pids), *counts)

    def __str__(self) -> str:
        return (
            f"{self.at / 60:6.1f} min {self.memory:7.0f} MB {self.processes:4} processes {self.threads:5} threads "
            f"{self.files:5} files"
        )


async def visit(url: str, draw: random.Random, seconds: float, done: Counter[str]) -> None:
    """One visitor: opens a page, plays for about so long, and does this and that."""
    page, query = draw.choice(PAGES)
    until = time.monotonic() + seconds
    try:
        async with Room(url, page, query).visit() as room:
            done["opened"] += 1
            while time.monotonic() < until:
                async with room.watch():
                    await _play(room, draw, min(until, time.monotonic() + draw.expovariate(1 / 10)), done)
                    if draw.random() < 0.3:
                        room._live.transport.abort()
                        done["cut"] += 1
                if draw.random() < 0.3:
                    room.page, room.query = draw.choice(PAGES)
                    await room.go(room.page, room.query)
                    done["opened"] += 1
            done["frames"] += len(room.frames)
    except FAILURES as error:
        done[f"failed: {type(error).__name__}: {str(error)[:80]}"] += 1


async def _play(room: Room, draw: random.Random, until: float, done: Counter[str]) -> None:
    await room.show_panels()
    await room.say(type="play")
    knobs = [(n, d) for n, d in room.data["knobs"].items() if d["kind"] == "number"]
    while time.monotonic() < until:
        await room.say(type="want")
        await asyncio.sleep(FRAME_GAP)
        if draw.random() < 0.02:
            done["acted"] += 1
            name, knob = draw.choice(knobs) if knobs else ("", {})
            value = knob and knob["default"] + 0.01 * draw.random() * (knob["high"] - knob["default"])
            messages = [
                {"type": "reset"},
                {"type": "pause"},
                {"type": "play"},
                {"type": "show", "visible": False},
                {"type": "show", "visible": True},
                {"type": "rewind", "step": 0},
                *([{"type": "knobs", "values": {name: value}}] if knobs else []),
            ]
            await room.say(**draw.choice(messages))
            if draw.random() < 0.5:
                await room.say(type="show", visible=True)


async def _crowd(url: str, draw: random.Random, until: float, done: Counter[str]) -> None:
    async def one() -> None:
        while (now := time.monotonic()) < until:
            with contextlib.suppress(asyncio.CancelledError):
                await visit(url, draw, min(draw.expovariate(1 / STAYS), until - now), done)

    await asyncio.gather(*(one() for _ in range(VISITORS)))


async def _soak(server: Server, minutes: float, draw: random.Random) -> tuple[list[Look], Counter[str]]:
    begun, done = time.monotonic(), Counter[str]()
    looks: list[Look] = []

    async def look() -> None:
        while True:
            await asyncio.sleep(LOOK)
            looks.append(await asyncio.to_thread(Look.at_server, server, begun))
            if len(looks) % 20 == 0:
                print(looks[-1], flush=True)

    looking = asyncio.create_task(look())
    await _crowd(server.url, draw, begun + 60 * minutes, done)
    looking.cancel()
    return looks, done


def trend(looks: list[Look]) -> tuple[float, float]:
    """MB an hour that the memory grows by in the second half, and the standard error of that."""
    half = looks[len(looks) // 2 :]
    if len(half) < 4:
        return float("nan"), float("nan")
    x, y = [look.at / 3600 for look in half], [look.memory for look in half]
    slope, base = statistics.linear_regression(x, y)
    rest = sum((b - base - slope * a) ** 2 for a, b in zip(x, y)) / (len(x) - 2)
    spread = sum((a - statistics.fmean(x)) ** 2 for a in x)
    return slope, (rest / spread) ** 0.5


def soak(minutes: float, seed: int = 0, settle: float = SETTLE) -> list[str]:
    """Soak a server of its own, and print what it takes. Returns what is wrong, a line each."""
    folder = tempfile.TemporaryDirectory()
    log = Path(folder.name) / "log"
    server, draw, begun = Server(log=log), random.Random(seed), time.monotonic()
    wrong = []
    try:
        done = Counter[str]()
        for page, query in PAGES:  # each once, so that all is loaded that ever is
            run(_once(server.url, page, query, done))
        time.sleep(settle)
        warm = Look.at_server(server, begun)
        print(f"{warm}, warm, all left {settle:.0f} s ago", flush=True)
        looks, counts = run(_soak(server, minutes, draw))
        done += counts
        time.sleep(settle)
        run(_once(server.url, *PAGES[0], done))  # Streamlit forgets old sessions when a new one comes
        time.sleep(min(settle, 5.0))
        end = Look.at_server(server, begun)
        print(f"{end}, all left {settle:.0f} s ago", flush=True)
        slope, error = trend(looks)
        most = max((look.memory for look in looks), default=0)
        print(f"memory: {most:.0f} MB at most, {slope:+.0f} ± {error:.0f} MB an hour")
        print(", ".join(f"{count} × {what}" for what, count in done.most_common()))
        if end.processes > warm.processes:
            wrong.append(f"{end.processes - warm.processes} processes are left")
        if end.threads > warm.threads + POOLS:
            wrong.append(f"{end.threads - warm.threads} threads are left")
        if end.files > warm.files + 8 and settle >= SETTLE:
            wrong.append(f"{end.files - warm.files} open files are left")
        if end.memory > 1.1 * warm.memory:
            wrong.append(f"the memory is {end.memory / warm.memory:.2f} times that of the warm start")
        pids = [server.process.pid, *started_by(server.process.pid)]
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(30)
        wrong += [f"process {pid} has outlasted the server" for pid in left(pids)]
    finally:
        server.kill()
    wrong += [f"a traceback: {line}" for line in tracebacks(log.read_text(encoding="utf-8", errors="replace"))]
    return wrong + [f"{count} × {what}" for what, count in done.items() if what.startswith("failed")]


async def _once(url: str, page: str, query: str, done: Counter[str]) -> None:
    try:
        async with Room(url, page, query).visit() as room, room.watch():
            await _play(room, random.Random(0), time.monotonic() + 1, done)
    except FAILURES as error:
        done[f"failed: {type(error).__name__}: {str(error)[:80]}"] += 1
