"""python -m tests.faults.fuzz [--messages 20000] [--seed 0]

Sends a server of its own arbitrary JSON in every field of every message of the live channel, for
every method; arbitrary links and names of pages over Streamlit's protocol; and binary junk. Without
a server it opens broken saved runs, reads broken uploads, and puts arbitrary values to all
questions and measurements. All of it is of harmless size. It finds a fault where a socket closes
(but for floods), where there is a traceback in the server's log, where a run stops by itself, where
a refusal is long or speaks in Python's words, and where the server does not answer afterwards.
Meanwhile another session plays: its frames a second are printed, beside those it has beside rooms
that behave, and the server's memory.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import re
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import websockets

from app.labs.catalogue import LABS
from app.live.protocol import MOST_ERROR
from engine.core.declare import InvalidValue
from engine.core.registry import methods
from engine.core.snapshot import InvalidSnapshot, Snapshot
from engine.runs.run import Run
from tests.browser import ROOT, Server
from tests.client import Refused, Room
from tests.faults.beside import beside
from tests.faults.hostile import FIELDS, TEXTS, Hostile, broken, queries
from tests.faults.uploads import fuzz_uploads

ROOMS = [(lab.page, f"tab={tab}" if tab else "") for lab in LABS for tab in lab.methods]
AT_ONCE = 4  # rooms: all would train seventeen runs on two cores
GAP = 0.02  # seconds between two messages of a room, well below the rate that counts as a flood
A_SOCKET = 250  # messages before a room connects again: 600 refused ones count as a flood
SLOW = 90.0  # seconds for an answer at the end
PYTHON = re.compile(r"Traceback|object at 0x|NoneType|unhashable|unsupported operand|has no attribute|\.py\b")


class Faults(Counter[str]):
    """What was found, with how often."""

    def check_text(self, text: str, about: str) -> None:
        """Look at a text for a visitor."""
        if len(text) > MOST_ERROR + 20:
            self[f"{about}: a text of {len(text)} characters"] += 1
        if found := PYTHON.search(text):
            self[f"{about}: Python's words in a text ({found[0]}): {text[:200]}"] += 1


async def fuzz_channel(room: Room, count: int, draw: random.Random, faults: Faults, gap: float = GAP) -> Counter[str]:
    """Send a room's run so many messages over the live channel. Returns what came back, counted."""
    came: Counter[str] = Counter()
    where = f"{room.page}?{room.query}"

    def on_reply(header: dict[str, Any]) -> None:
        came[f"reply {header['state']}"] += 1
        faults.check_text(header.get("message") or "", where)

    def on_frame(header: dict[str, Any]) -> None:
        came["frame"] += 1
        if header["failure"]:
            faults[f"{where}: the run stopped: {header['failure'][:200]}"] += 1

    room.on_reply, room.on_frame = on_reply, on_frame
    left = count
    while left > 0:
        room.closed, room.errors = [], []
        async with room.watch():
            names = [
                await room.known(question)
                for question in (
                    {"type": "layers", "names": ["?"]},
                    {"type": "ask", "id": 0, "name": "?", "values": {}},
                    {"type": "measure", "id": 0, "name": "?", "values": {}},
                )
            ]
            hostile = Hostile(draw, room.data["knobs"], *names)
            sent = []
            for _ in range(min(A_SOCKET, left)):
                if room.closed:
                    faults[f"{where}: the socket closed ({room.closed[0]}) after {sent[-1][:300]!r}"] += 1
                    break
                sent.append(hostile.message())
                came["message"] += 1
                with contextlib.suppress(Exception):  # of a socket that has closed: counted above
                    await room.send(sent[-1])
                await asyncio.sleep(gap)
            left -= min(A_SOCKET, left)
            for text in room.errors:
                faults.check_text(text, where)
            came["refused"] += len(room.errors)
            if not room.closed and not await _answers(room):
                faults[f"{where}: no answer in the end"] += 1
    return came


async def _answers(room: Room) -> bool:
    """Whether the run still gives frames."""
    seen = len(room.frames)
    until = time.monotonic() + SLOW
    await room.say(type="reset")
    await room.say(type="show", visible=True)
    while len(room.frames) == seen and time.monotonic() < until and not room.closed:
        await room.say(type="want")
        await room.say(type="knobs", values={})
        await asyncio.sleep(0.2)
    return len(room.frames) > seen


async def fuzz_greetings(room: Room, count: int, draw: random.Random, faults: Faults) -> None:
    """Begin a live channel with something other than a hello. It must be refused in words."""
    for _ in range(count):
        first = Hostile(draw, {}, [], [], []).message()
        room.errors, room.closed = [], []
        async with room.watch(first):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SLOW):
                    while not room.closed:
                        await asyncio.sleep(0.01)
            if not room.errors or room.closed not in ([4400], [4404]):
                faults[f"greeting {first[:100]!r}: {room.errors} {room.closed}"] += 1


async def fuzz_pages(room: Room, count: int, draw: random.Random, faults: Faults) -> None:
    """Ask for pages by arbitrary links. Each must have a Stage, or say why not."""
    kinds = [m for m in methods().values()]
    fields = {n: d for m in kinds for record in (m.Setup, m.Knobs) for n, d in record.declarations().items()}
    links = queries(draw, fields)
    pages = [lab.page for lab in LABS]
    for _ in range(count):
        page, query = draw.choice([*pages, *pages, draw.choice(TEXTS)]), next(links)
        try:
            await room.go(page.encode("utf-8", "replace").decode(), query)
            texts = room.said
        except Refused as error:
            texts = [str(error)]
            if page in pages and not room.said:
                faults[f"{page}?{query[:200]}: no Stage and no word"] += 1
        except TimeoutError:
            faults[f"{page}?{query[:200]}: no page"] += 1
            continue
        for text in texts:
            if found := PYTHON.search(text):
                faults[f"{page}?{query[:200]}: Python's words in a page ({found[0]})"] += 1


def fuzz_snapshots(count: int, draw: random.Random, faults: Faults) -> None:
    """Open broken saved runs. Each opens, or is refused as InvalidSnapshot."""
    whole = [path.read_bytes() for path in sorted((ROOT / "tests" / "saved").glob("*.snapshot"))]
    whole = [data for data in whole if len(data) < 2**20]
    hostile = Hostile(draw, {}, [], [], [])
    for _ in range(count):
        data = broken(draw, draw.choice(whole), hostile)
        try:
            Run.restore(Snapshot.from_bytes(data))
        except InvalidSnapshot as error:
            if found := PYTHON.search(str(error)):
                faults[f"snapshot: Python's words in a refusal ({found[0]}): {str(error)[:200]}"] += 1
        except Exception as error:
            faults[f"snapshot: {type(error).__name__}: {str(error)[:200]}"] += 1


def fuzz_questions(seconds: float, draw: random.Random, faults: Faults, names: Sequence[str] = ()) -> None:
    """Put questions and measurements with arbitrary values to new runs of every method. Each is
    answered, or refused as InvalidValue.

    seconds: for each method. names: of methods, all where there are none.
    """
    for method in [methods()[name] for name in names or methods()]:
        run = Run(method, method.make_setup(dict(method.contract_setup)), 0)
        hostile = Hostile(draw, {}, [], [], [])
        asks = [("ask", name) for name in method.questions] + [("measure", name) for name in method.measures]
        until = time.monotonic() + (seconds if asks else 0)
        while time.monotonic() < until:
            kind, name = draw.choice(asks)
            values = {f: hostile.anything() for f in draw.sample(FIELDS, draw.randrange(8))}
            try:
                if kind == "ask":
                    run.method.ask(run.knobs, name, values)
                else:
                    next(iter(run.method.measure(run.knobs, name, values)))
            except InvalidValue as error:
                faults.check_text(str(error), f"{method.name} {name}")
            except Exception as error:
                faults[f"{method.name} {kind} {name}: {type(error).__name__}: {str(error)[:200]}"] += 1


def fuzz_routes(url: str, count: int, draw: random.Random, faults: Faults) -> None:
    """Post junk to the addresses that take posts. Each answer is a refusal."""
    for _ in range(count):
        path = draw.choice(
            ["snapshot", "gif?frames=2&height=2&width=2", "gif?frames=x", "gif", "gif?frames=-1&height=1"]
        )
        request = urllib.request.Request(
            f"{url}/saddle/{path}", draw.randbytes(draw.randrange(300)), {"origin": "/".join(url.split("/")[:3])}
        )
        try:
            with urllib.request.urlopen(request, timeout=SLOW):
                pass
        except urllib.error.HTTPError as error:
            if error.code not in (400, 403, 404, 503):
                faults[f"{path}: {error.code}"] += 1


def tracebacks(log: str) -> list[str]:
    """The last lines of every traceback in a log, of text or of an object a line."""
    found = []
    for line in log.splitlines():
        if line.startswith("{") and '"traceback"' in line:
            event = json.loads(line)
            found.append(" | ".join([event["event"], *event["traceback"].splitlines()[-3:]]))
    for part in log.split("Traceback (most recent call last)")[1:]:
        lines = [line.strip() for line in part.splitlines()[1:]]
        end = next((k for k, line in enumerate(part.splitlines()[1:]) if line and not line.startswith(" ")), 0)
        found.append(" | ".join(lines[max(0, end - 3) : end + 1]))
    return found


async def _fuzz(url: str, count: int, draw: random.Random, faults: Faults) -> Counter[str]:
    rooms = ROOMS
    came: Counter[str] = Counter()
    share = count // len(rooms)

    async def visit(page: str, query: str, number: int) -> None:
        own = random.Random(f"{draw.random()}/{number}")
        try:
            async with Room(url, page, query).visit() as room:
                came.update(await fuzz_channel(room, share, own, faults))
                print(f"  {page} {query}: {share} messages", flush=True)
                if number == 0:
                    await fuzz_greetings(room, min(40, share), own, faults)
        except (Refused, OSError, TimeoutError, websockets.WebSocketException) as error:
            faults[f"{page} {query}: {type(error).__name__}: {str(error)[:200]}"] += 1

    for first in range(0, len(rooms), AT_ONCE):
        await asyncio.gather(*(visit(*rooms[k], k) for k in range(first, min(first + AT_ONCE, len(rooms)))))
    async with Room(url, "vat").visit() as room:
        await fuzz_pages(room, max(10, count // 100), draw, faults)
        async with Room(url, "vat").visit() as last, last.watch():
            if not await _answers(last):
                faults["the server does not answer any more"] += 1
    return came


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.fuzz", description=__doc__.partition("\n\n")[2])
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    draw, faults = random.Random(options.seed), Faults()
    begun = time.monotonic()
    fuzz_snapshots(max(20, options.messages // 20), draw, faults)
    faults.update(fuzz_uploads(max(20, options.messages // 50), draw, faults.check_text))
    fuzz_questions(min(5.0, options.messages / 4000), draw, faults)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        server = Server(log=log)
        behaved = ["?".join(filter(None, room)) for room in ROOMS[:AT_ONCE]]
        try:
            came = asyncio.run(beside(server, behaved, _fuzz(server.url, options.messages, draw, faults)))
            fuzz_routes(server.url, max(20, options.messages // 100), draw, faults)
        finally:
            server.kill()
        found = tracebacks(log.read_text(encoding="utf-8", errors="replace"))
    print(json.dumps(came, indent=1))
    print(f"{time.monotonic() - begun:.0f} s, {len(found)} tracebacks in the log, {sum(faults.values())} faults")
    for line, times in Counter(found).most_common():
        print(f"  {times} × in the log: {line}")
    for line, times in faults.most_common():
        print(f"  {times} × {line}")
    return 1 if found or faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
