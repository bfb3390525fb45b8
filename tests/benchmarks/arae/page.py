"""The ARAE page on this machine: painted frames and steps a second while it trains on the grammar,
and how soon a typed sentence is turned.

`python -m tests.benchmarks.arae.page`
"""

from __future__ import annotations

import statistics
import time

from tests.browser import Server, chromium, find_browser, open_lab, stage, until

SECONDS, REPEATS, SENTENCES = 8, 3, 40
NOUNS, WORDS = ("soup", "fish", "pizza", "steak", "salad"), ("stale", "fresh", "bland", "tasty", "awful", "perfect")


def main() -> None:
    """Print the figures of one session in headless Chromium at 1366×768."""
    path = find_browser()
    if path is None:
        raise SystemExit("No Chromium found: install chromium, or run `playwright install chromium`.")
    with chromium(path) as browser:
        server = Server()
        try:
            for query, title in (
                ("?from=grammar-transfer&play=1", "transfer"),
                ("?tab=three&from=scratch", "three side by side"),
                ("?tab=digits&from=scratch", "digits"),
            ):
                begin = time.perf_counter()
                page = open_lab(browser, f"{server.url}/arae{query}", name="arae")
                start = stage(page, "s.step")
                print(f"{title}: first frame painted {time.perf_counter() - begin:.1f} s after the page was asked for")
                until(page, f"s.step > {start + 20}", 180)
                for _ in range(REPEATS):
                    before, begin = stage(page, "[s.painted, s.step]"), time.perf_counter()
                    page.wait_for_timeout(SECONDS * 1000)
                    seconds, now = time.perf_counter() - begin, stage(page, "[s.painted, s.step]")
                    painted, steps = ((b - a) / seconds for a, b in zip(before, now))
                    print(f"{title}: {painted:.1f} painted frames/s while training {steps:.1f} steps/s")
                if title == "transfer":
                    for name in ("while training", "paused"):
                        if name == "paused":
                            stage(page, "s.pause()")
                            until(page, "!s.playing")
                        ms = turned(page)
                        print(
                            f"last letter to turned sentence, {name}: median {statistics.median(ms):.0f} ms, 95 "
                            f"% {ms[int(0.95 * len(ms))]:.0f} ms, n = "
                            f"{len(ms)}"
                        )
                page.context.close()
        finally:
            server.kill()


def turned(page: object) -> list[float]:
    """Milliseconds from the pause after the last letter to the answer on screen, sorted."""
    stage(page, "s.owner.panel('typing').latencies.length = 0")
    for i in range(SENTENCES):
        page.locator("input.sentence").fill(f"the {NOUNS[i % len(NOUNS)]} was {WORDS[i % len(WORDS)]} .")
        page.wait_for_timeout(400)
    return sorted(stage(page, "s.owner.panel('typing').latencies"))


if __name__ == "__main__":
    main()
