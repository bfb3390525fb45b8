"""The page of VAT or Training on this machine: start, painted frames, speed, knob to pixels.

`python -m tests.benchmarks.page [LAB]`
"""

from __future__ import annotations

import sys
import time

from tests.benchmarks.browsing import browsing, rates, spread
from tests.browser import open_lab, stage, until

SECONDS = 8
MOVES = 120
KNOBS = {"vat": "epsilon_vat", "training": "epsilon"}  # lab → the knob that is turned
QUERIES = {"training": "?show_paths=1"}  # with the heaviest layer on


def main(lab: str) -> None:
    """Print the figures of one session in headless Chromium at 1366×768."""
    begin = time.perf_counter()
    with browsing() as (browser, server):
        served = time.perf_counter() - begin
        page = open_lab(browser, f"{server.url}/{lab}{QUERIES.get(lab, '')}", name=lab)
        painted = time.perf_counter() - begin
        print(f"start: server answers after {served:.1f} s, first frame painted after {painted:.1f} s")
        until(page, "s.step > 200")
        for _ in range(3):
            frames, steps = rates(page, "[s.painted, s.step]", SECONDS)
            print(f"{lab}: {frames:.1f} painted frames/s while training {steps:.0f} steps/s")
        before = stage(page, "s.latencies.length")
        for i in range(MOVES):
            stage(page, f"s.setKnob('{KNOBS[lab]}', {0.3 + 0.01 * (i % 40):.2f})")
            page.wait_for_timeout(60 + 7 * (i % 6))
        page.wait_for_timeout(500)
        ms = sorted(stage(page, "s.latencies")[before:] or stage(page, "s.latencies"))
        print(f"knob to painted frame: {spread(ms)}")


if __name__ == "__main__":
    main(*sys.argv[1:] or ["vat"])
