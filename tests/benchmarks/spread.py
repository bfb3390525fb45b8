"""A grid of GAN trainings, in one process, spread over forked workers, and over actors of Ray.

`python -m tests.benchmarks.spread [--side 16] [--steps 100] [--rounds 3] [--kill] [--live]`

Seconds as ratios to one process that trains the same cells one after the other, taken in turn with
each trial, because others may have the machine; the median of the rounds.
With --kill one worker is killed in the middle, and all states are compared bit for bit. With --live
a VAT run plays on beside, and its frames and steps are counted alone and then beside the grid.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import signal
import statistics
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from app.live.crew.crew import Crew
from app.live.crew.here import Here
from app.live.crew.zygote import Zygote
from app.live.ray.cluster import Cluster, Wanted
from engine.core.snapshot import Snapshot
from engine.methods.vat.vat import VAT
from engine.runs.trained import train

WORKERS = 2


def grid(side: int, steps: int) -> list[tuple[Any, ...]]:
    """Two knobs of the GAN on the plane, both on a logarithmic scale."""
    scale = [10 ** (-4 + 2 * k / max(1, side - 1)) for k in range(side)]
    wanted = ("gan", {"dataset": "ring8"}, (0,))
    return [(*wanted, {"lr_g": g, "lr_d": d}, steps, (), (), True) for g in scale for d in scale]


def alone(items: list[tuple[Any, ...]]) -> Iterator[tuple[int, bytes]]:
    """One process, without any of it: a loop."""
    for index, item in enumerate(items):
        cell = train(*item)
        while True:
            try:
                next(cell)
            except StopIteration as end:
                yield index, end.value.snapshot
                break


def digest(found: dict[int, bytes]) -> str:
    """Of all states; the order of tensors in a snapshot's file is not fixed."""
    total = hashlib.sha256()
    for index in sorted(found):
        for name, value in sorted(Snapshot.from_bytes(found[index]).state.items()):
            total.update(name.encode() + value.numpy().tobytes())
    return total.hexdigest()


class Player:
    """A VAT run that plays, watched as fast as its frames come."""

    def __init__(self, crew: Crew) -> None:
        setup = VAT.make_setup({})
        self.frames, self.steps, self.longest = 0, 0, 0.0
        self._last = time.monotonic()
        self._live = crew.open(VAT, setup, 0, {}, visitor="player")
        self.desk = crew.attach(self._live, self._give)
        self.desk.receive({"type": "play", "playing": True})
        self.desk.receive({"type": "want"})

    def _give(self, kind: Any, message: bytes | str) -> None:
        if kind == "frame":
            now = time.monotonic()
            self.frames, self.longest = self.frames + 1, max(self.longest, now - self._last)
            self._last = now
            self.steps = json.loads(message[4 : 4 + struct.unpack("<I", message[:4])[0]])["step"]
            # As a browser does, which paints 30 times a second at most.
            threading.Timer(1 / 30, self.desk.receive, ({"type": "want"},)).start()

    def rates(self, work: Callable[[], Any]) -> str:
        """Frames and steps a second, and the longest wait, while something is done."""
        frames, steps, start = self.frames, self.steps, time.monotonic()
        self.longest = 0.0
        work()
        seconds = time.monotonic() - start
        frames, steps = (self.frames - frames) / seconds, (self.steps - steps) / seconds
        return f"{frames:.1f} frames/s, {steps:.0f} steps/s, longest {self.longest:.2f} s"


def trial(name: str, crew: Crew, items: list[tuple[Any, ...]], options: argparse.Namespace) -> tuple[float, str]:
    """Seconds for all cells, and the digest."""
    if options.live:
        player = Player(crew)
        time.sleep(3)
        print(f"{name}: playing alone: {player.rates(lambda: time.sleep(6))}")
    start = time.monotonic()
    work = crew.spread(train, items)
    found: dict[int, bytes] = {}

    def gather() -> None:
        for outcome in work:
            assert not outcome.error, outcome.error
            found[outcome.index] = outcome.result.snapshot
            if options.kill and len(found) == len(items) // 2:
                os.kill(crew._lines[0].call(0, "do", "", os.getpid), signal.SIGKILL)

    if options.live:
        print(f"{name}: beside the grid: {player.rates(gather)}")
        player.desk.close()
    else:
        gather()
    return time.monotonic() - start, digest(found)


def crews() -> Iterator[tuple[str, Crew | Here]]:
    """What is compared, made one after the other."""
    yield "one process by the same facility", Here()
    yield "2 forked workers", Crew(Zygote.started(), WORKERS)
    if importlib.util.find_spec("ray"):
        yield "2 actors of Ray", Crew(Cluster(Wanted(actors=WORKERS)), WORKERS)
    else:
        print("Ray is not installed: pip install -r requirements-ray.txt")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.spread", description=__doc__)
    parser.add_argument("--side", type=int, default=16)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--live", action="store_true")
    options = parser.parse_args()
    items = grid(options.side, options.steps)
    dict(alone(items[:2]))  # what torch sets up at the first use
    for name, crew in crews():
        if isinstance(crew, Here):
            if options.kill or options.live:
                continue
        else:
            while not all(line.ready for line in crew._lines):
                time.sleep(0.1)
        list(crew.spread(train, items[:4]))
        ratios, same = [], True
        for _ in range(options.rounds):
            start = time.monotonic()
            expected = dict(alone(items))
            base = time.monotonic() - start
            seconds, found = trial(name, crew, items, options)
            ratios.append(base / seconds)
            same = same and found == digest(expected)
            print(f"  one process {base:.1f} s, {name} {seconds:.1f} s", flush=True)
        bits = "the same bits" if same else "OTHER BITS"
        print(f"{name}: {statistics.median(ratios):.2f} × as fast, {len(items)} cells, {bits}", flush=True)
        crew.close()


if __name__ == "__main__":
    from engine.core.parallel import set_threads

    set_threads(1)
    main()
