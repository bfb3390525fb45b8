"""The AAE page on this machine: frames painted, grids decoded, pointer to picture.

`python -m tests.benchmarks.aae.page`
"""

from __future__ import annotations

import math
import time

from playwright.sync_api import Page

from tests.benchmarks.browsing import browsing, rates, spread
from tests.browser import open_lab, stage, until

SECONDS, REPEATS, MOVES = 8, 3, 150
COUNT = """(() => {
  const s = window.saddle.stages.aae;
  let last;
  window.grids = 0;
  s.subscribe(() => {
    const d = s.owner.shown.layers.decoded?.data;
    if (d && d !== last) window.grids++;
    last = d;
  });
})()"""


def main() -> None:
    """Print the figures of one session in headless Chromium at 1366×768."""
    with browsing() as (browser, server):
        begin = time.perf_counter()
        page = open_lab(browser, f"{server.url}/aae?play=1", name="aae")
        print(f"first frame painted {time.perf_counter() - begin:.1f} s after the page was asked for")
        start = stage(page, "s.step")
        until(page, f"s.step > {start + 100} && s.owner.shown.layers.decoded", 120)
        page.evaluate(COUNT)
        for _ in range(REPEATS):
            painted, steps, grids = rates(page, "[s.painted, s.step, window.grids]", SECONDS)
            print(
                f"{painted:.1f} painted frames/s, decoded grid {grids:.1f} times/s, while training {steps:.0f} steps/s"
            )
        for name in ("while training", "paused"):
            if name == "paused":
                stage(page, "s.pause()")
                until(page, "!s.playing")
            print(f"pointer to decoded picture, {name}: {spread(decoded(page))}")


def decoded(page: Page) -> list[float]:
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
