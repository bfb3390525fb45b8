"""python -m tests.load.room [--members 30,100] [--seconds 20]

One room under load, without a browser: how long it takes all to join within ten seconds, what each
watcher of the presenter's run gets, what the presenter keeps of their own rate, and the same number
of frames of the same size over a bare WebSocket server in the same run, which is the floor.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from app.live.rooms.audience import GAP
from tests.browser import Server, free_port
from tests.client import Room
from tests.load import FRAME_GAP, percentile
from tests.room_client import Member

RUSH = 10.0  # seconds in which all come
PATIENCE = 120.0
SETTLED = 1.5  # seconds before what is measured


@dataclass(frozen=True)
class Result:
    """What a room of so many members had. joined: seconds of each from the first byte to the first
    frame. alone, beside: the presenter's frames a second without watchers and with them. frames,
    sizes: of each watcher, a second. floor: frames a second of each over a bare server.
    processor, bare: seconds of processor time that the server and the bare one took for a second.
    """

    members: int
    joined: list[float]
    alone: float
    beside: float
    frames: list[float]
    sizes: list[float]
    floor: list[float]
    processor: tuple[float, float]
    bare: float

    def row(self) -> str:
        """As a line of a table."""
        half, most = percentile(self.joined, 0.5), max(self.joined)
        ratio = statistics.mean(self.frames) / statistics.mean(self.floor)
        return (
            f"{self.members:>7}{half:10.2f}{most:8.2f}{self.alone:9.1f}{self.beside:8.1f}"
            f"{min(self.frames):10.1f}{statistics.median(self.frames):8.1f}{max(self.sizes) / 1000:9.1f}"
            f"{statistics.mean(self.floor):8.1f}{ratio:7.2f}{self.processor[0]:9.2f}{self.processor[1]:8.2f}{self.bare:7.2f}"
        )


HEAD = (
    f"{'members':>7}{'join p50':>10}{'last s':>8}{'owner f/s':>9}{'beside':>8}{'least f/s':>10}{'median':>8}"
    f"{'kB/s':>9}{'floor':>8}{'ratio':>7}{'cpu 0':>9}{'cpu n':>8}{'bare':>7}"
)


def processor(pid: int) -> float:
    """Seconds of processor time that a process and those it has started have taken."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0
    waiting = [pid]
    while waiting:
        now = waiting.pop()
        with contextlib.suppress(OSError):
            with open(f"/proc/{now}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
            with open(f"/proc/{now}/task/{now}/children", encoding="utf-8") as file:
                waiting += [int(child) for child in file.read().split()]
    return total / ticks


@contextlib.asynccontextmanager
async def visit_page(url: str) -> AsyncIterator[None]:
    """Open the page /room over Streamlit's socket, as a browser does."""
    address = f"ws{url.removeprefix('http')}/_stcore/stream"
    async with websockets.connect(address, subprotocols=["streamlit"], origin=url, max_size=None) as socket:
        message = BackMsg()
        message.rerun_script.page_name = "room"
        await socket.send(message.SerializeToString())
        async with asyncio.timeout(PATIENCE):
            while ForwardMsg.FromString(await socket.recv()).WhichOneof("type") != "script_finished":
                pass
        yield


class _Presenter:
    """A page with a playing run that paints as a browser does."""

    def __init__(self, url: str) -> None:
        self.page = Room(url, "vat")

    async def paint(self) -> None:
        """Ask for frames as fast as a browser."""
        came = asyncio.Event()
        self.page.on_frame = lambda header: came.set()
        while True:
            came.clear()
            asked = time.monotonic()
            await self.page.say(type="want")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await came.wait()
            await asyncio.sleep(max(0.0, asked + FRAME_GAP - time.monotonic()))

    async def rate(self, seconds: float) -> float:
        """Frames a second."""
        before, began = len(self.page.frames), time.monotonic()
        await asyncio.sleep(seconds)
        return (len(self.page.frames) - before) / (time.monotonic() - began)


async def trial(server: Server, members: int, seconds: float, rush: float = RUSH) -> Result:
    """Open a room, let so many join within `rush` seconds, and watch for so long."""
    url = server.url
    presenter = _Presenter(url)
    joined: list[float] = []
    watchers: list[Member] = []
    end = asyncio.Event()

    async def join(code: str, delay: float) -> None:
        await asyncio.sleep(delay)
        began = time.monotonic()
        async with visit_page(url):
            member = Member(url)
            async with member.enter(type="join", code=code, name="M"):
                await member.until("in")
                await member.say(type="at", page="room", token="")
                await member.say(type="watch", on=True)
                async with asyncio.timeout(PATIENCE):
                    while not member.frames:
                        await asyncio.sleep(0.01)
                joined.append(time.monotonic() - began)
                watchers.append(member)
                await end.wait()

    async with presenter.page.visit(), presenter.page.watch(), Member(url).enter(type="open", name="Ada") as room:
        await presenter.page.say(type="layers", names=["field"])
        await presenter.page.say(type="speed", value=0)
        await presenter.page.say(type="play")
        painting = asyncio.create_task(presenter.paint())
        code = (await room.until("in"))["code"]
        await room.say(type="present", token=presenter.page.data["token"])
        await asyncio.sleep(SETTLED)
        before = processor(server.process.pid)
        alone = await presenter.rate(seconds)
        without = (processor(server.process.pid) - before) / seconds
        tasks = [asyncio.create_task(join(code, rush * i / members)) for i in range(members)]
        async with asyncio.timeout(rush + PATIENCE):
            while len(watchers) < members:
                await asyncio.sleep(0.05)
        await asyncio.sleep(SETTLED)
        counts = [(len(m.frames), m.received) for m in watchers]
        before, began = processor(server.process.pid), time.monotonic()
        beside = await presenter.rate(seconds)
        took = time.monotonic() - began
        beside_processor = (processor(server.process.pid) - before) / took
        frames = [(len(m.frames) - c[0]) / took for m, c in zip(watchers, counts)]
        sizes = [(m.received - c[1]) / took for m, c in zip(watchers, counts)]
        size = round(sum(sum(s for _, s in m.frames) for m in watchers) / max(1, sum(len(m.frames) for m in watchers)))
        end.set()
        await asyncio.gather(*tasks)
        painting.cancel()
        await room.say(type="end")
    floor, bare = await bare_server(members, 1 / GAP, size, seconds)
    return Result(members, joined, alone, beside, frames, sizes, floor, (without, beside_processor), bare)


async def bare_server(members: int, rate: float, size: int, seconds: float) -> tuple[list[float], float]:
    """Frames a second that each of so many gets from a bare server, and its processor time a
    second.
    """
    port = free_port()
    script = str(Path(__file__).with_name("bare.py"))
    process = subprocess.Popen([sys.executable, script, str(port), str(rate), str(size)])
    counts = [0] * members

    async def read(i: int) -> None:
        for _ in range(100):
            with contextlib.suppress(OSError):
                async with websockets.connect(f"ws://127.0.0.1:{port}") as socket:
                    async for _ in socket:
                        counts[i] += 1
                        await socket.send('{"type": "seen"}')
            await asyncio.sleep(0.2)

    tasks = [asyncio.create_task(read(i)) for i in range(members)]
    try:
        async with asyncio.timeout(PATIENCE):
            while not all(counts):
                await asyncio.sleep(0.05)
        before, start = list(counts), processor(process.pid)
        await asyncio.sleep(seconds)
        return [(now - b) / seconds for now, b in zip(counts, before)], (processor(process.pid) - start) / seconds
    finally:
        for task in tasks:
            task.cancel()
        process.kill()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load.room", description=__doc__.partition("\n\n")[2])
    parser.add_argument("--members", type=lambda t: [int(n) for n in t.split(",")], default=[30, 100], metavar="N,…")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not options.json:
        print(HEAD)
    for members in options.members:
        server = Server()
        try:
            result = asyncio.run(trial(server, members, options.seconds))
            print(json.dumps(vars(result)) if options.json else result.row(), flush=True)
        finally:
            server.kill()


if __name__ == "__main__":
    main()
