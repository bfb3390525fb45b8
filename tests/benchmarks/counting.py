"""python -m tests.benchmarks.counting: what it costs to count frames, knobs and steps.

Each as a share of what a frame or a step of the VAT lab costs.
"""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections.abc import Callable

from app.live.protocol import Sent, encode
from app.live.turned import Turned
from app.operations import metrics
from engine.core.parallel import set_threads
from engine.methods.vat.vat import VAT
from engine.runs.host import Host
from engine.runs.live import Live, View
from engine.runs.run import Run

FRAMES, STEPS, TIMES = 100, 300, 20_000


def _seconds(work: Callable[[], object], times: int = TIMES) -> float:
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) / times


def _frames(live: Live) -> tuple[float, bytes]:
    """Seconds that a frame takes to compute and to encode, and one frame."""
    came, sent, spent, last = threading.Event(), Sent(), [], b""

    def offer(view: View) -> None:
        nonlocal last
        start = time.perf_counter()
        last = encode(view, live.scalar_knobs, sent)
        spent.append(view.compute + time.perf_counter() - start)
        came.set()

    live.watch(offer, live.default_layers)
    live.play()
    for _ in range(FRAMES):
        came.clear()
        live.want()
        came.wait(10)
    live.play(False)
    return statistics.median(spent), last


def main() -> None:
    set_threads(1)
    host = Host(1)
    run = Run(VAT, VAT.make_setup({}), 0)
    frame_takes, frame = _frames(Live(host, run))
    step_takes = _seconds(lambda: run.advance(run.knobs), STEPS)
    counter, turned = metrics.frames.labels("vat"), Turned(lambda seconds: None)
    length = int.from_bytes(frame[:4], "little")
    knobs = {"type": "knobs", "values": json.loads(frame[4 : 4 + length])["knobs"]}
    rows = {
        "a frame": (_seconds(lambda: (counter.inc(), turned.sent(frame))), frame_takes),
        "a frame under a turned knob": (_seconds(lambda: (turned.came(knobs), turned.sent(frame)), 2000), frame_takes),
        "a step": (_seconds(lambda: host.tally.step("vat")), step_takes),
    }
    for name, (counting, whole) in rows.items():
        print(f"{name:<28}{1e3 * whole:8.2f} ms, counted in {1e6 * counting:6.2f} µs: {100 * counting / whole:.3f} %")
    host.close()


if __name__ == "__main__":
    main()
