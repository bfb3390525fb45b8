"""The AAE page on this machine: painted frames and decoded grids a second while it trains, and how
soon the code under the pointer is decoded.

`python -m tests.benchmarks.aae.page`
"""

from __future__ import annotations

import math
import statistics
import time

from tests.browser import Server, chromium, find_browser, open_lab, stage, until

SECONDS, REPEATS, MOVES = 8, 3, 150
COUNT = """(() => { const s = window.saddle.stages.aae; window.grids = 0; let last;
  s.subscribe(() => { const d = s.owner.shown.layers.decoded?.data; if (d && d !== last) window.grids++; last = d; }); })()"""


def main() -> None:
    """Print the figures of one session in headless Chromium at 1366×768."""
    path = find_browser()
    if path is None:
        raise SystemExit("No Chromium found: install chromium, or run `playwright install chromium`.")
    with chromium(path) as browser:
        server = Server()
        try:
            begin = time.perf_counter()
            page = open_lab(browser, f"{server.url}/aae?play=1", name="aae")
            print(f"first frame painted {time.perf_counter() - begin:.1f} s after the page was asked for")
            start = stage(page, "s.step")
            until(page, f"s.step > {start + 100} && s.owner.shown.layers.decoded", 120)
            page.evaluate(COUNT)
            for _ in range(REPEATS):
                before, begin = stage(page, "[s.painted, s.step, window.grids]"), time.perf_counter()
                page.wait_for_timeout(SECONDS * 1000)
                seconds, now = time.perf_counter() - begin, stage(page, "[s.painted, s.step, window.grids]")
                painted, steps, grids = ((b - a) / seconds for a, b in zip(before, now))
                print(
                    f"{painted:.1f} painted frames/s, decoded grid {grids:.1f} times/s, while training "
                    f"{steps:.0f} steps/s"
                )
            for name in ("while training", "paused"):
                if name == "paused":
                    stage(page, "s.pause()")
                    until(page, "!s.playing")
                ms = decoded(page)
                print(
                    f"pointer to decoded picture, {name}: median {statistics.median(ms):.0f} ms, 95 % "
                    f"{ms[int(0.95 * len(ms))]:.0f} ms, n = {len(ms)}"
                )
        finally:
            server.kill()


def decoded(page: object) -> list[float]:
    """Milliseconds from the pointer's event to the picture on the canvas, sorted."""
    box = page.locator("[data-panel=codes] canvas").bounding_box()
    stage(page, "s.owner.panel('pointer').subscription.latencies.length = 0")
    for i in range(MOVES):
        a = 0.13 * i
        page.mouse.move(
            box["x"] + box["width"] * (0.5 + 0.3 * math.cos(a)), box["y"] + box["height"] * (0.5 + 0.3 * math.sin(a))
        )
        page.wait_for_timeout(30 + 7 * (i % 5))
    page.wait_for_timeout(500)
    return sorted(stage(page, "s.owner.panel('pointer').subscription.latencies"))


if __name__ == "__main__":
    main()
