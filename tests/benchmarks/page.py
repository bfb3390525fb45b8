"""A lab's page on this machine: start, painted frames, training speed beside them, knob to pixels.
`python -m tests.benchmarks.page [LAB]`
"""

from __future__ import annotations

import statistics
import sys
import time

from tests.browser import Server, chromium, find_browser, open_lab, stage, until

SECONDS = 8
MOVES = 120
KNOBS = {"vat": "epsilon_vat", "training": "epsilon"}  # lab → the knob that is turned
QUERIES = {"training": "?show_paths=1"}  # with the heaviest layer on


def main(lab: str) -> None:
    """Print the figures of one session in headless Chromium at 1366×768."""
    path = find_browser()
    if path is None:
        raise SystemExit("No Chromium found: install chromium, or run `playwright install chromium`.")
    with chromium(path) as browser:
        begin = time.perf_counter()
        server = Server()
        served = time.perf_counter() - begin
        try:
            page = open_lab(browser, f"{server.url}/{lab}{QUERIES.get(lab, '')}", name=lab)
            print(
                f"start: server answers after {served:.1f} s, first frame painted after "
                f"{time.perf_counter() - begin:.1f} s"
            )
            until(page, "s.step > 200")
            for _ in range(3):
                painted, step = stage(page, "[s.painted, s.step]")
                start = time.perf_counter()
                page.wait_for_timeout(SECONDS * 1000)
                seconds = time.perf_counter() - start
                now = stage(page, "[s.painted, s.step]")
                print(
                    f"{lab}: {(now[0] - painted) / seconds:.1f} painted frames/s while training "
                    f"{(now[1] - step) / seconds:.0f} steps/s"
                )
            before = stage(page, "s.latencies.length")
            for i in range(MOVES):
                stage(page, f"s.setKnob('{KNOBS[lab]}', {0.3 + 0.01 * (i % 40):.2f})")
                page.wait_for_timeout(60 + 7 * (i % 6))
            page.wait_for_timeout(500)
            all_ms = sorted(stage(page, "s.latencies")[before:] or stage(page, "s.latencies"))
            print(
                f"knob to painted frame: median {statistics.median(all_ms):.0f} ms, 95 % "
                f"{all_ms[int(0.95 * len(all_ms))]:.0f} ms, n = {len(all_ms)}"
            )
        finally:
            server.kill()


if __name__ == "__main__":
    main(*sys.argv[1:] or ["vat"])
