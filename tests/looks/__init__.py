"""How the pages look: every page and tab, at the sizes and in the themes that Saddle is made for.

A look is what audit.js finds wrong on one page at one size (clipped, outside the window, covered),
what axe-core finds there, and the screenshots that were judged.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as Late

from app.labs.catalogue import LABS
from tests.browser import SETTLED, Tabs, at_rest

TABLET, PHONE = (1024, 768), (390, 844)
SIZES = ((1366, 768), (1920, 1080), TABLET, PHONE)
TOUCH = 1100  # pixels: narrower windows are those of tablets and phones
THEMES = ("light", "dark")
PLACES = (("home", ""), *((lab.page, tab) for lab in LABS for tab in lab.methods))
GRAVE = ("serious", "critical")  # impacts, as axe-core calls them
MOST_SCREENS = 12  # screenshots of one page
AUDIT = (Path(__file__).parent / "audit.js").read_text(encoding="utf-8")


@dataclass
class Look:
    """faults: sentences of audit.js. violations: of axe-core, serious and critical, a line each."""

    place: tuple[str, str]
    size: tuple[int, int]
    theme: str
    faults: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """For a line of a report, and for files."""
        page, tab = self.place
        return f"{page}{f'-{tab}' if tab else ''}-{self.size[0]}x{self.size[1]}-{self.theme}"


def looks(
    tabs: Tabs,
    url: str,
    places: Sequence[tuple[str, str]] = PLACES,
    sizes: Sequence[tuple[int, int]] = SIZES,
    themes: Sequence[str] = THEMES,
    axe: Sequence[tuple[int, int]] = SIZES,
    folder: Path | None = None,
    screens: int = MOST_SCREENS,
) -> Iterator[Look]:
    """Look at each place. axe: the sizes at which axe-core is run too. folder: where screenshots
    go, at most `screens` of each page, the parts of it one below the other.
    """
    for place in places:
        for touch in (False, True):
            some = [size for size in sizes if (size[0] < TOUCH) is touch]
            if not some:
                continue
            page = tabs.open(*some[0], color_scheme=themes[0], has_touch=touch)
            done = False
            try:
                _open(page, url, place)
                for size in some:
                    for theme in themes:
                        look = Look(place, size, theme)
                        page.emulate_media(color_scheme=theme)
                        page.set_viewport_size({"width": size[0], "height": size[1]})
                        _rest(page, theme)
                        look.faults = audit(page)
                        if size in axe:
                            look.violations = violations(page)
                        if folder:
                            _shoot(page, folder / look.name, screens)
                        yield look
                done = True
            finally:
                tabs.close(page, again=done)


def audit(page: Page) -> list[str]:
    """What audit.js finds, at the latest SETTLED seconds after it is asked."""
    end = time.monotonic() + SETTLED
    while (faults := page.evaluate(AUDIT)) and time.monotonic() < end:
        page.wait_for_timeout(250)
    return faults


def violations(page: Page) -> list[str]:
    """What axe-core calls serious or critical: rule, element and why."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{v['impact']} {v['id']}: {_element(node)} — {' '.join(node['failureSummary'].split())[:240]}"
        for v in found
        if v["impact"] in GRAVE
        for node in v["nodes"]
    ]


def _element(node: dict) -> str:
    target = node["target"][-1]
    return f"{target if isinstance(target, str) else target[-1]} {node['html'][:110]}"


def _open(page: Page, url: str, place: tuple[str, str]) -> None:
    """Load a place until everything that it shows has come."""
    name, tab = place
    if name == "home":
        page.goto(f"{url}/")
        page.wait_for_selector("[data-testid=stImage] img", timeout=60_000)
        return
    page.goto(f"{url}/{name}{f'?tab={tab}&play=0' if tab else '?play=0'}")
    page.wait_for_function(f"window.saddle?.stages.{name}?.painted > 0", timeout=60_000)


def _rest(page: Page, theme: str) -> None:
    """Wait until the Stage has the theme and nothing changes its place any more."""
    dark = str(theme == "dark").lower()
    page.wait_for_function(
        f"Object.values(window.saddle?.stages ?? {{}}).every((s) => Boolean(s.colours?.dark) === {dark})",
        timeout=20_000,
    )
    with contextlib.suppress(Late):  # it is judged as it is
        at_rest(page)


def _shoot(page: Page, path: Path, screens: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    main = "document.querySelector('[data-testid=stMain]')"
    height, all_of_it = page.evaluate(f"[{main}.clientHeight, {main}.scrollHeight]")
    count = min(screens, max(1, -(-all_of_it // height)))
    for i in range(count):
        page.evaluate(f"{main}.scrollTop = {i * height}")
        if i:
            page.wait_for_timeout(1400)  # charts are drawn when they come into view
        page.screenshot(path=f"{path}{f'-{i + 1}' if count > 1 else ''}.png")
    page.evaluate(f"{main}.scrollTop = 0")
