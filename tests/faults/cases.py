"""What may happen to a server and its pages. Each case is done so many times."""

from __future__ import annotations

import asyncio
import contextlib
import random
import resource
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

from tests.browser import Server
from tests.faults.processes import kill_workers
from tests.faults.trial import LOOK, REPORTED, RESUMED, Outcome, Trial, reopened

LATER = 3.0  # seconds after a run was kept, within which something happens
CUTS = 15  # of a socket, as Streamlit's own test has it
SUSPENDED = 60.0  # seconds without reading
AWAY = 45.0  # seconds without a page, in which its run is put to rest
SMALL = 65_536  # bytes of the largest file that a full disk takes: records and logs are smaller
AT_ONCE = 5  # pages that are suspended or away at the same time
Case = Callable[[Server, int, float], AsyncIterator[Outcome]]


async def server_killed(server: Server, times: int, scale: float) -> AsyncIterator[Outcome]:
    """The server and with it all processes end at once; another one is started."""
    draw = random.Random(1)
    for number in range(times):
        yield await _restarted(server, number, draw.uniform(0, LATER), lambda trial: None)


async def files_damaged(server: Server, times: int, scale: float) -> AsyncIterator[Outcome]:
    """As before, and one byte of the newest kept snapshot, or of all, or of the record, is
    another one. No run may go on with other numbers than its own.
    """
    draw = random.Random(0)

    def damage(trial: Trial) -> None:
        newest = sorted(trial.state.glob("*.snapshot"), key=lambda path: path.stat().st_mtime_ns)
        records = list(trial.state.glob("*.session"))
        for path in draw.choice([newest[-1:], newest[-1:], newest, records]):
            data = bytearray(path.read_bytes())
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
            path.write_bytes(data)

    for number in range(times):
        yield await _restarted(server, 100 + number, draw.uniform(0, LATER), damage)


async def _restarted(server: Server, number: int, later: float, strike: Callable[[Trial], None]) -> Outcome:
    trial = Trial(server, number)
    with contextlib.suppress(Exception):  # of connections that end with the server
        async with trial.page():
            await trial.played()
            await trial.kept_again()
            await asyncio.sleep(later)
            token, before, since = trial.room.data["token"], trial.room.last["step"], time.monotonic()
            await asyncio.to_thread(server.kill)
    strike(trial)
    await asyncio.to_thread(server.start)
    return await reopened(trial, before, since, token)


async def worker_killed(server: Server, times: int, scale: float) -> AsyncIterator[Outcome]:
    """All processes of runs end."""
    draw = random.Random(2)
    for number in range(times):
        trial = Trial(server, 200 + number)
        async with trial.page():
            await trial.played()
            await asyncio.sleep(draw.uniform(0, LATER))
            yield await _lost_process(trial)


async def _lost_process(trial: Trial) -> Outcome:
    room, before = trial.room, trial.room.last["step"]
    since, told = time.monotonic(), len(room.resumed)
    kill_workers(trial.server.process.pid)
    await trial.until(lambda: len(room.resumed) > told)
    return await trial.back(before, since, room.data["token"], len(room.frames))


async def socket_cut(server: Server, times: int, scale: float) -> AsyncIterator[Outcome]:
    """The connection of the Stage ends 15 times, without a word."""
    for number in range(times):
        trial = Trial(server, 300 + number)
        worst = Outcome(RESUMED)
        async with trial.room.visit():
            async with trial.connection():
                await trial.room.say(type="speed", value=50)
                await trial.room.say(type="play")
                await trial.frame(5)
                trial.room._live.transport.abort()
            for cut in range(CUTS):
                before, since, count = trial.room.last["step"], time.monotonic(), len(trial.room.frames)
                async with trial.connection():
                    found = await trial.back(before, since, trial.room.data["token"], count, cut == CUTS - 1)
                    worst = max(worst, found, key=lambda o: (o.kind != RESUMED, o.steps, o.seconds))
                    trial.room._live.transport.abort()
        yield worst


async def suspended(server: Server, times: int, scale: float) -> AsyncIterator[Outcome]:
    """The browser reads nothing for a minute, and goes on."""

    async def one(number: int) -> Outcome:
        trial = Trial(server, 400 + number)
        async with trial.page():
            await trial.room.say(type="play")
            await trial.frame(5)
            token, before = trial.room.data["token"], trial.room.last["step"]
            trial.room._live.transport.pause_reading()
            await asyncio.sleep(scale * SUSPENDED)
            since, count = time.monotonic(), len(trial.room.frames)
            trial.room._live.transport.resume_reading()
            if trial.room.closed:  # the server has given the connection up: the browser connects again
                async with trial.connection():
                    return await trial.back(before, since, token, count)
            return await trial.back(before, since, token, count)

    async for outcome in _at_once(one, times):
        yield outcome


async def disk_full(server: Server, times: int, scale: float) -> AsyncIterator[Outcome]:
    """The disk takes no snapshot any more; then a process of runs ends, too."""
    for number in range(times):
        trial = Trial(server, 500 + number)
        async with trial.page():
            await trial.played()
            with _full(server):
                said = _said(server)
                while _said(server) == said:
                    await asyncio.sleep(LOOK)
                outcome = await _lost_process(trial)
            yield outcome


@contextlib.contextmanager
def _full(server: Server) -> Iterator[None]:
    """A server whose disk takes no large file."""
    pid = server.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (SMALL, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def _said(server: Server) -> int:
    """How often the log says that the disk is full."""
    return Path(server.log).read_text(encoding="utf-8").count("could not be kept on disk")


async def clock_jumps(server: Server, times: int, scale: float) -> AsyncIterator[Outcome]:
    """The clock on the wall jumps by months, there and back, every two seconds. Meanwhile a page is
    away, so that its run rests.
    """

    async def one(number: int) -> Outcome:
        trial = Trial(server, 600 + number)
        async with trial.room.visit():
            async with trial.connection():
                await trial.played()
                await trial.room.say(type="pause")
                await trial.until(lambda: not trial.room.last["playing"])
                token, before = trial.room.data["token"], trial.room.last["step"]
            await asyncio.sleep(max(1.0, scale * AWAY))
            since, count = time.monotonic(), len(trial.room.frames)
            async with trial.connection():
                await trial.room.say(type="play")
                return await trial.back(before, since, token, count)

    async for outcome in _at_once(one, times):
        yield outcome


async def _at_once(one: Callable[[int], Awaitable[Outcome]], times: int) -> AsyncIterator[Outcome]:
    for first in range(0, times, AT_ONCE):
        for outcome in await asyncio.gather(*map(one, range(first, min(first + AT_ONCE, times)))):
            yield outcome


CLOCK = str(Path(__file__).parent / "clock")
CASES: dict[str, tuple[Case, dict[str, object]]] = {
    "server killed": (server_killed, {}),
    "files damaged": (files_damaged, {}),
    "worker killed": (worker_killed, {}),
    f"socket cut {CUTS} times": (socket_cut, {}),
    "browser suspended": (suspended, {}),
    "disk full": (disk_full, {}),
    "clock jumps": (clock_jumps, {"PYTHONPATH": CLOCK, "SADDLE_DROP_AFTER": 1}),
}
ALLOWED = {name: {RESUMED} for name in CASES} | {"files damaged": {RESUMED, REPORTED}}
