"""A real server and a real browser for tests and benchmarks."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]

# Tests see the states of a run and no moments between two: to draw those sixty times a second
# takes a browser without a graphics card a third of a core. A test of gliding asks for motion.
QUIET_MOTION = {"reduced_motion": "reduce"}
SETTLED = 5.0  # seconds in which a Stage has its final size
QUIET = 450  # milliseconds without a change, longer than a Stage takes to see a change of the theme
# Whether all questions of Stages that rest are answered, and nothing has changed its place for so
# many milliseconds.
REST = """(quiet) => {
  const stages = Object.values(window.saddle?.stages ?? {});
  const asks = stages.some((s) => !s.playing && s.owner.connection.questions.open.size);
  const main = document.querySelector("[data-testid=stMain]");
  const boxes = stages.flatMap((s) => [...s.owner.root.querySelectorAll(".panel, .side, .dock, .knobs")])
    .map((e) => e.getBoundingClientRect()).map((b) => [b.x, b.y, b.width, b.height]);
  const places = [innerWidth, innerHeight, main?.scrollHeight, main?.clientWidth, boxes].join();
  if (asks || window.resting?.places !== places) window.resting = { places, since: performance.now() };
  return performance.now() - window.resting.since > quiet;
}"""


def find_browser() -> str | None:
    """A Chromium to run: the system's, or the one Playwright has installed."""
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if path := shutil.which(name):
            return path
    with sync_playwright() as p:
        return p.chromium.executable_path if Path(p.chromium.executable_path).exists() else None


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """Saddle in a process of its own, which can be killed and started again on the same port."""

    def __init__(
        self,
        base: str = "",
        log: Path | None = None,
        root: Path = ROOT,
        environment: Mapping[str, object] = {},
        **settings: object,
    ) -> None:
        """base: path below which it serves. log: a file for what it prints. root: of the code.
        environment: further variables. settings: of the server, by their names.
        """
        self.port, self.base, self.log, self.root = free_port(), base, log, root
        self.url = f"http://127.0.0.1:{self.port}{'/' + base if base else ''}"
        self.state = tempfile.TemporaryDirectory(prefix="saddle-state-", ignore_cleanup_errors=True)
        named = {f"SADDLE_{name.upper()}": value for name, value in settings.items()}
        self.variables = {name: str(value) for name, value in {**environment, **named}.items()}
        self.start()

    def start(self) -> None:
        """Start and wait until it answers."""
        options = f"--server.port {self.port} --server.headless true"
        command = [sys.executable, "-m", "app", *options.split()]
        with open(self.log or os.devnull, "ab") as log:
            self.process = subprocess.Popen(
                [*command, "--server.baseUrlPath", self.base],
                cwd=self.root,
                env={**os.environ, "PYTHONUNBUFFERED": "1", "SADDLE_STATE": self.state.name, **self.variables},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2):
                return
            time.sleep(0.1)
        raise TimeoutError("the server did not start")

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.process.kill()
        self.process.wait(20)


@contextlib.contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """A headless browser."""
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def open_lab(
    browser: Browser, url: str, width: int = 1366, height: int = 768, name: str = "vat", **context: object
) -> Page:
    """A page on the lab `name` whose Stage has painted. `page.problems` lists console errors."""
    page = browser.new_context(viewport={"width": width, "height": height}, **(QUIET_MOTION | context)).new_page()
    listen(page)
    return go(page, url, name)


def listen(page: Page) -> None:
    """Keep the console errors of a page in `page.problems`."""
    page.problems = []
    # Streamlit asks for its health address below the page's own path first, and the browser notes
    # the 404.
    page.on(
        "console",
        lambda m: (
            page.problems.append(m.text) if m.type == "error" and "_stcore" not in m.location.get("url", "") else None
        ),
    )
    page.on("pageerror", lambda e: page.problems.append(str(e)))


def go(page: Page, url: str, name: str) -> Page:
    """Open an address of the lab `name`, and wait until its Stage has painted."""
    page.lab = name
    page.goto(url)
    until(page, "s.painted > 0", 60)
    return page


class Tabs:
    """Tabs of one browser, which are used again. A page loads in about half the processor time in a
    tab that has had another before, because the browser has Streamlit's modules already.

    Whoever opens a tab that was closed finds it as a new visitor would: cookies, storage
    and history are empty, the window has the size and the theme that are asked for.
    """

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self._closed: dict[str, list[Page]] = {}  # a context's options → its tabs that nobody has open

    def open(self, width: int = 1366, height: int = 768, color_scheme: str | None = None, **context: object) -> Page:
        """An empty tab. context: further options of Playwright's new_context."""
        context = QUIET_MOTION | context
        options = repr(sorted(context.items()))
        if kept := self._closed.get(options):
            page = kept.pop()
            page.set_viewport_size({"width": width, "height": height})
            page.problems.clear()
        else:
            page = self.browser.new_context(viewport={"width": width, "height": height}, **context).new_page()
            page.options, page.devtools = options, page.context.new_cdp_session(page)
            listen(page)
        page.emulate_media(color_scheme=color_scheme or "light")
        return page

    def close(self, page: Page, again: bool = True) -> None:
        """Leave a tab's page. again: whether the tab may be used again."""
        if not again or page.is_closed() or len(page.context.pages) > 1:
            page.context.close()
            return
        page.evaluate("localStorage.clear(), sessionStorage.clear()")
        page.mouse.move(0, 0)
        page.goto("about:blank")
        page.devtools.send("Page.resetNavigationHistory")  # it has 50 entries at most, and one would go back to them
        page.context.clear_cookies()
        self._closed.setdefault(page.options, []).append(page)


def until(page: Page, condition: str, seconds: float = 20) -> None:
    """Wait until `condition`, JavaScript over the Stage's handle s, holds."""
    page.wait_for_function(
        f"(() => {{ const s = window.saddle?.stages.{page.lab}; return Boolean(s && ({condition})); }})()",
        timeout=seconds * 1000,
    )


def at_rest(page: Page, seconds: float = 20) -> None:
    """Wait until everything is in its place: panels take their height with the first answers."""
    page.evaluate("window.resting = null")
    page.wait_for_function(REST, arg=QUIET, polling=50, timeout=seconds * 1000)


def stage(page: Page, expression: str) -> object:
    """Evaluate JavaScript over the Stage's handle s."""
    return page.evaluate(f"(() => {{ const s = window.saddle?.stages.{page.lab}; return {expression}; }})()")


def start_card(page: Page, title: str) -> None:
    """Start an experiment of Try this: press its card, or the one with more of them, then Start."""
    cards = page.locator(".st-key-saddle-cards")
    card = cards.get_by_role("button", name=title)
    (card if card.count() else cards.get_by_role("button", name="More")).click()
    page.get_by_role("button", name=f"Start: {title}").click()


def fits(page: Page) -> bool:
    """Whether the whole Stage is on the screen, at the latest SETTLED after it is looked at: panels
    and knobs take their height with the first frames.
    """
    screen, end = page.viewport_size, time.monotonic() + SETTLED
    while True:
        box = page.locator(".saddle-stage").bounding_box()
        across, down = box["x"] + box["width"], box["y"] + box["height"]
        if box["y"] >= 0 and down <= screen["height"] and across <= screen["width"]:
            return True
        if time.monotonic() > end:
            return False
        page.wait_for_timeout(100)


def cut_off(page: Page, selector: str, tall: str = ".nothing") -> list[str]:
    """The words of the elements of `selector` that are too narrow for them. Those that match `tall`
    must also be tall enough.
    """
    too_small = f"""e => e.offsetParent && (e.scrollWidth > e.clientWidth + 1
      || e.matches('{tall}') && e.scrollHeight > e.clientHeight + 1)"""
    return [e.inner_text() for e in page.locator(selector).all() if e.evaluate(too_small)]
