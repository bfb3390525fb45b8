"""The ARAE page on this machine: frames and steps a second, letter to turned sentence.

`python -m tests.benchmarks.arae.page`
"""

from __future__ import annotations

import time

from playwright.sync_api import Page

from tests.benchmarks.browsing import browsing, rates, spread
from tests.browser import open_lab, stage, until

SECONDS, REPEATS, SENTENCES = 8, 3, 40
NOUNS, WORDS = ("soup", "fish", "pizza", "steak", "salad"), ("stale", "fresh", "bland", "tasty", "awful", "perfect")


TABS = {  # title → query
    "transfer": "?from=grammar-transfer&play=1",
    "three side by side": "?tab=three&from=scratch",
    "digits": "?tab=digits&from=scratch",
}


def main() -> None:
    """Print the figures of one session in headless Chromium at 1366×768."""
    with browsing() as (browser, server):
        for title, query in TABS.items():
            begin = time.perf_counter()
            page = open_lab(browser, f"{server.url}/arae{query}", name="arae")
            start = stage(page, "s.step")
            print(f"{title}: first frame painted {time.perf_counter() - begin:.1f} s after the page was asked for")
            until(page, f"s.step > {start + 20}", 180)
            for _ in range(REPEATS):
                painted, steps = rates(page, "[s.painted, s.step]", SECONDS)
                print(f"{title}: {painted:.1f} painted frames/s while training {steps:.1f} steps/s")
            if title == "transfer":
                print_turning(page)
            page.context.close()


def print_turning(page: Page) -> None:
    """Print how soon a typed sentence is turned, while the run trains and at rest."""
    for name in ("while training", "paused"):
        if name == "paused":
            stage(page, "s.pause()")
            until(page, "!s.playing")
        print(f"last letter to turned sentence, {name}: {spread(turned(page))}")


def turned(page: Page) -> list[float]:
    """Milliseconds from the pause after the last letter to the answer on screen, sorted."""
    stage(page, "s.owner.panel('typing').latencies.length = 0")
    for i in range(SENTENCES):
        page.locator("input.sentence").fill(f"the {NOUNS[i % len(NOUNS)]} was {WORDS[i % len(WORDS)]} .")
        page.wait_for_timeout(400)
    return sorted(stage(page, "s.owner.panel('typing').latencies"))


if __name__ == "__main__":
    main()
