"""A browser and a server for the benchmarks of pages."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Iterator

from playwright.sync_api import Browser, Page

from tests.browser import Server, chromium, find_browser, stage


@contextlib.contextmanager
def browsing() -> Iterator[tuple[Browser, Server]]:
    """A headless Chromium and a server of Saddle, both gone afterwards.

    Raises SystemExit where there is no Chromium.
    """
    path = find_browser()
    if path is None:
        raise SystemExit("No Chromium found: install chromium, or run `playwright install chromium`.")
    with chromium(path) as browser:
        server = Server()
        try:
            yield browser, server
        finally:
            server.kill()


def rates(page: Page, counters: str, seconds: float) -> list[float]:
    """How much each counter grows a second; `counters` is a JavaScript list over the handle s."""
    before, begin = stage(page, counters), time.perf_counter()
    page.wait_for_timeout(seconds * 1000)
    passed, now = time.perf_counter() - begin, stage(page, counters)
    return [(b - a) / passed for a, b in zip(before, now)]


def spread(times: list[float]) -> str:
    """Median and 95th percentile of sorted times in milliseconds, in words."""
    return f"median {statistics.median(times):.0f} ms, 95 % {times[int(0.95 * len(times))]:.0f} ms, n = {len(times)}"
