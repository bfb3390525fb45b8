"""A page that plays while something happens to its server, and what it finds afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import time
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import torch
import websockets

from engine.core.snapshot import Snapshot
from engine.runs.run import Run
from tests.browser import Server
from tests.client import Refused, Room

PATIENCE = 90.0  # seconds, on a machine that many share
LOOK = 0.05  # seconds between two looks
QUERY = "test=50&speed=50&seed={}"
RESUMED, REPORTED, LOST = "resumed", "reported", "lost"


@dataclass(frozen=True)
class Outcome:
    """Of one time. kind: RESUMED where the same run went on and its state is what its knob log
    leads to, REPORTED where the page was told that it begins again, LOST for all else. steps: that
    were lost. seconds: until the next frame.
    """

    kind: str
    steps: int = 0
    seconds: float = 0.0
    note: str = ""


class Trial:
    """One page on a server."""

    def __init__(self, server: Server, number: int) -> None:
        self.server = server
        self.room = Room(server.url, "vat", QUERY.format(number))
        self._asking: asyncio.Task[None] | None = None

    @property
    def state(self) -> Path:
        """The folder in which the server keeps runs."""
        return Path(self.server.state.name) / str(self.server.port)

    @contextlib.asynccontextmanager
    async def page(self) -> AsyncIterator[None]:
        """Have the page open, and its Stage connected, until it is lost or left."""
        async with self.room.visit(), self.connection():
            yield

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[None]:
        """Have the Stage connected."""
        async with self.room.watch():
            self._asking = asyncio.create_task(self._ask())
            try:
                yield
            finally:
                self._asking.cancel()
                with contextlib.suppress(asyncio.CancelledError, websockets.WebSocketException):
                    await self._asking

    async def _ask(self) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await self.room.say(type="want")
                await asyncio.sleep(LOOK)

    async def played(self) -> None:
        """Play until the run has been kept with some steps."""
        await self.room.say(type="speed", value=50)
        await self.room.say(type="play")
        await self.frame(20)
        before = {path.name for path in self.state.glob("*.snapshot")}
        await self.until(lambda: {path.name for path in self.state.glob("*.snapshot")} - before)

    async def kept_again(self) -> None:
        """Play on until there is a second state of the run, to go back to."""
        before = {path.name for path in self.state.glob("*.snapshot")}
        await self.until(lambda: {path.name for path in self.state.glob("*.snapshot")} - before)

    async def frame(self, least: int, seen: int = -1) -> None:
        """Wait for a frame of at least so many steps, the first after `seen` frames."""
        room = self.room
        await self.until(lambda: len(room.frames) > seen and room.last and room.last["step"] >= least)

    async def until(self, condition: object) -> None:
        """Wait until something holds. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(LOOK)

    async def back(self, before: int, since: float, token: str, count: int, bits: bool = True) -> Outcome:
        """What there is after a fault. before: the step until then. since: the time of the fault.
        token: of the run. count: frames until then. bits: whether the state is looked at, too.
        """
        try:
            await self.frame(0, count)
        except TimeoutError:
            return Outcome(LOST, before, note=f"no frame came; {self.room.errors[-1:]} {self.room.closed}")
        seconds, first = time.monotonic() - since, self.room.last["step"]
        if self.room.data["token"] != token:
            return Outcome(LOST, before, seconds, "another run came")
        note = ""
        if not self.room.last["playing"]:
            # The record before, which is used where the last one is damaged, may not know it yet.
            note = "paused"
            await self.room.say(type="play")
        await self.frame(first + 1, count)  # it plays on
        if bits and (problem := await asyncio.to_thread(self.unsound)):
            return Outcome(LOST, before, seconds, problem)
        return Outcome(RESUMED, max(0, before - first), seconds, note)

    def unsound(self) -> str:
        """What is wrong with the run's state: it must be what the same steps under the same knobs
        lead to.
        """
        request = urllib.request.Request(
            f"{self.server.url}/saddle/snapshot", self.room.data["token"].encode(), {"origin": self.room.origin}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            snapshot = Snapshot.from_bytes(answer.read())
        run = Run(snapshot.method, Run.restore(snapshot).setup, snapshot.seeds)
        run.replay(snapshot.log, snapshot.step, snapshot.threads)
        state = run.method.state()
        odd = [name for name, x in snapshot.state.items() if not torch.equal(x, state[name])]
        return f"other bits at step {snapshot.step}: {odd}" if odd else ""


async def reopened(trial: Trial, before: int, since: float, token: str) -> Outcome:
    """The page comes back to a server that was started again: first its Stage, then the rest."""
    trial.room.closed, trial.room.errors = [], []
    count = len(trial.room.frames)
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                async with trial.page():
                    if trial.room.data["token"] != token:
                        found = trial.room.data["token"]
                        return Outcome(REPORTED, before, note="begins again") if found else Outcome(LOST, before)
                    return await trial.back(before, since, token, count)
            except (OSError, websockets.WebSocketException, Refused):
                await asyncio.sleep(0.2)
