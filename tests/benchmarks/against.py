"""This tree against another commit, in one run.

`python -m tests.benchmarks.against COMMIT [ROW ...]`

Every row is measured in turn in a checkout of the commit and here, PAIRS times, so that a machine
whose speed drifts slows both. Printed are the medians of both and of the ratios taken pair by pair,
now to before. Without names all rows are measured; --pairs N makes N pairs.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page

from tests.benchmarks.browsing import rates
from tests.browser import ROOT, Server, chromium, find_browser, free_port, go, listen, stage, until
from tests.load import memory, trial

PAIRS = 5
SECONDS = 6  # of one look at a page
KNOBS = {"vat": "epsilon_vat", "training": "epsilon", "gan": "lr_d"}
Numbers = dict[str, float]  # name → value, in the unit of the name
# Tasks of a thread with their processor time.
TRACED = "toplevel,devtools.timeline,disabled-by-default-devtools.timeline"
BARE = 'import streamlit as st\nst.write("a page")\n'


# -- pages -----------------------------------------------------------------------------------------


def _new_page(browser: Browser) -> Page:
    page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
    listen(page)
    return page


@contextlib.contextmanager
def _serving(root: Path) -> Iterator[tuple[Browser, Server]]:
    server = Server(root=root)
    try:
        with chromium(find_browser()) as browser:
            yield browser, server
    finally:
        server.kill()


def _page(lab: str) -> Callable[[Path], Numbers]:
    """Paints and steps a second, the main thread's time a paint, and knob to paint, of a lab."""

    def measure(root: Path) -> Numbers:
        with _serving(root) as (browser, server):
            page = go(_new_page(browser), f"{server.url}/{lab}?speed=0", lab)
            until(page, "s.step > 200", 60)
            page.wait_for_timeout(2000)
            painted, steps = rates(page, "[s.painted, s.step]", SECONDS)
            out = {"paints/s": painted, "steps/s": steps, "main thread ms/paint": _main_thread(page)}
            knob = KNOBS[lab]
            first, before = stage(page, f"[s.knobs.{knob}, s.latencies.length]")
            for i in range(60):
                stage(page, f"s.setKnob('{knob}', {first * (0.8 + 0.005 * (i % 40)):.5f})")
                page.wait_for_timeout(60 + 7 * (i % 6))
            page.wait_for_timeout(400)
            times = sorted(stage(page, "s.latencies")[before:] or stage(page, "s.latencies"))
            return out | {"knob to paint ms": statistics.median(times), "95 % ms": times[int(0.95 * len(times))]}

    return measure


def _main_thread(page: Page) -> float:
    """Milliseconds of the processor that the page's main thread takes a paint."""
    session = page.context.new_cdp_session(page)
    events: list[dict] = []
    done: list[object] = []
    session.on("Tracing.dataCollected", lambda e: events.extend(e["value"]))
    session.on("Tracing.tracingComplete", lambda e: done.append(e))
    before = stage(page, "s.painted")
    session.send("Tracing.start", {"categories": TRACED, "transferMode": "ReportEvents"})
    page.wait_for_timeout(3000)
    painted = stage(page, "s.painted") - before
    session.send("Tracing.end")
    end = time.monotonic() + 30
    while not done and time.monotonic() < end:
        page.wait_for_timeout(50)
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e.get("name") == "thread_name"}
    spent: collections.Counter = collections.Counter()
    for e in events:
        if e.get("name") == "RunTask" and names.get((e["pid"], e["tid"])) == "CrRendererMain":
            spent[e["pid"], e["tid"]] += e.get("tdur", 0)
    return max(spent.values()) / 1000 / max(painted, 1)


def _first_paint(root: Path) -> Numbers:
    """Seconds until the VAT page has painted: the first visitor of a new server, and later ones."""
    with _serving(root) as (browser, server):
        times = []
        for _ in range(4):
            page = _new_page(browser)
            start = time.perf_counter()
            go(page, f"{server.url}/vat", "vat")
            times.append(time.perf_counter() - start)
            page.context.close()
            time.sleep(0.5)
    with _bare() as url, chromium(find_browser()) as browser:
        bare = []
        for _ in range(4):
            page = _new_page(browser)
            start = time.perf_counter()
            page.goto(url)
            page.get_by_text("a page").wait_for()
            bare.append(time.perf_counter() - start)
            page.context.close()
    ready = statistics.median(bare[1:])
    warm = statistics.median(times[1:])
    return {
        "first visitor s": times[0],
        "later s": warm,
        "× a bare Streamlit page": warm / ready,
        "first × bare": times[0] / ready,
    }


@contextlib.contextmanager
def _bare() -> Iterator[str]:
    """A Streamlit page of one line."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text(BARE, encoding="utf-8")
        port = free_port()
        options = f"--server.port {port} --server.address 127.0.0.1 --server.headless true"
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(script), *options.split()],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            end = time.monotonic() + 60
            while time.monotonic() < end:
                with contextlib.suppress(OSError), contextlib.closing(_connect(port)):
                    break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait(20)


def _connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 1)


def _wire(root: Path) -> Numbers:
    """Bytes from the server: until the VAT page has painted, ten seconds later, and a frame."""
    with _serving(root) as (browser, server), _Counting(server.port) as proxy:
        page = go(_new_page(browser), f"http://127.0.0.1:{proxy.port}/vat?speed=0", "vat")
        painted = proxy.bytes
        page.wait_for_timeout(10_000)
        settled = proxy.bytes
        stage(
            page,
            "(() => { window.came = 0; const { view } = s.owner, take = view.take.bind(view);"
            " view.take = (frame) => { window.came++; take(frame); }; })()",
        )
        begun, start = page.evaluate("window.came"), proxy.bytes
        page.wait_for_timeout(4000)
        frames = page.evaluate("window.came") - begun
        return {
            "kB until painted": painted / 1000,
            "kB 10 s later": settled / 1000,
            "bytes a frame": (proxy.bytes - start) / max(frames, 1),
            "frames/s": frames / 4,
        }


class _Counting:
    """A proxy that counts the bytes a server sends."""

    def __init__(self, target: int) -> None:
        self.port, self.bytes = free_port(), 0
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> _Counting:
        self._thread.start()
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with contextlib.suppress(OSError), contextlib.closing(_connect(self.port)):
                break
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self._loop.run_forever()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            await asyncio.gather(self._pass(reader, back, False), self._pass(there, writer, True))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counts: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                self.bytes += len(data) if counts else 0
                writer.write(data)
                await writer.drain()
            writer.close()


# -- the server and the command line ---------------------------------------------------------------


def _memory(root: Path) -> Numbers:
    """MB of the server: idle, with the VAT page open, and after one visitor's tour of the labs."""
    with _serving(root) as (browser, server):
        time.sleep(3)
        out = {"idle MB": memory(server.process.pid)}
        page = _new_page(browser)
        for lab in ("vat", "gan", "aae", "arae", "attacks", "training"):
            go(page, f"{server.url}/{lab}?play=1", lab)
            page.wait_for_timeout(3000)
            if lab == "vat":
                out["VAT MB"] = memory(server.process.pid)
        return out | {"tour MB": memory(server.process.pid)}


def _rooms(rooms: dict[str, int]) -> Callable[[Path], Numbers]:
    """Frames and steps a second of all rooms together, and the slowest one's frames."""

    def measure(root: Path) -> Numbers:
        server = Server(root=root)
        try:
            results = asyncio.run(trial(server.url, rooms, 15))
            return {
                "frames/s in all": sum(r.frames for r in results),
                "steps/s in all": sum(r.steps for r in results),
                "slowest frames/s": min(r.frames for r in results),
                "knob to frame 95 % ms": 1000 * np.percentile([t for r in results for t in r.latencies], 95),
                "MB": memory(server.process.pid),
            }
        finally:
            server.kill()

    return measure


def _command(*words: str) -> Callable[[Path], Numbers]:
    """Seconds of a command of the engine, by the clock and of the processor."""

    def measure(root: Path) -> Numbers:
        before, start = os.times(), time.perf_counter()
        subprocess.run([sys.executable, "-m", "engine", *words], cwd=root, stdout=subprocess.DEVNULL, check=True)
        after = os.times()
        cpu = sum(getattr(after, k) - getattr(before, k) for k in ("children_user", "children_system"))
        return {"s": time.perf_counter() - start, "processor s": cpu}

    return measure


ROWS: dict[str, Callable[[Path], Numbers]] = {
    "vat": _page("vat"),
    "training": _page("training"),
    "gan": _page("gan"),
    "first-paint": _first_paint,
    "wire": _wire,
    "memory": _memory,
    "thirty": _rooms({"vat": 30}),
    "hundred": _rooms({"vat": 100}),
    "mixed": _rooms({"vat": 3, "training": 2, "gan": 2, "aae": 1, "arae": 1, "gan?tab=digits": 1}),
    "lone-gan-digits": _rooms({"gan?tab=digits": 1}),
    "lone-aae": _rooms({"aae": 1}),
    "lone-arae": _rooms({"arae": 1}),
    "list": _command("list"),
    "petals": _command("run", "aae", "--from", "petals", "--steps", "0", "--json"),
    "digit-errors": _command("digit-errors", "cnn", "cnn-robust", "--count", "400"),
    "aae": _command("run", "aae", "--steps", "300", "--set", "test=100"),
    "gan-digits": _command("run", "gan-digits", "--steps", "60"),
}


@contextlib.contextmanager
def _checkout(commit: str) -> Iterator[Path]:
    """The tree of a commit in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="against-") as folder:
        tree = Path(folder) / "tree"
        subprocess.run(
            ["git", "worktree", "add", "--detach", str(tree), commit], cwd=ROOT, check=True, capture_output=True
        )
        try:
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, capture_output=True)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.against", description=__doc__.split("\n")[0])
    parser.add_argument("commit")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--pairs", type=int, default=PAIRS)
    options = parser.parse_args()
    if unknown := [name for name in options.rows if name not in ROWS]:
        parser.error(f"there is no row {', '.join(unknown)}: known are {', '.join(ROWS)}")
    if find_browser() is None:
        parser.error("no Chromium found: install chromium, or run `playwright install chromium`")
    os.environ["SADDLE_RUNS"] = "128"  # for servers of both
    print("| row | what | before | now | now / before |\n|---|---|---|---|---|", flush=True)
    with _checkout(options.commit) as tree:
        for name in options.rows or ROWS:
            pairs = [(ROWS[name](tree), ROWS[name](ROOT)) for _ in range(options.pairs)]
            for key in pairs[0][1]:
                before, now = (statistics.median(pair[i].get(key, float("nan")) for pair in pairs) for i in (0, 1))
                ratio = statistics.median(b.get(key, float("nan")) / max(a.get(key, 0), 1e-9) for a, b in pairs)
                print(f"| {name} | {key} | {before:.4g} | {now:.4g} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
