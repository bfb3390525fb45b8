"""python -m tests.faults.restart [--only vat,gan-pair]

Opens every page and tab in a browser, turns a knob and trains a little, waits until that is kept,
kills the server as a crash would, starts it again, and looks whether each page goes on with the
same run: token, start, set-up, seed, knobs, and whether it plays. The step must be as it was or a
later one, and a line that stays must say from which one it goes on.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as Late

from app.labs.catalogue import LABS
from tests.browser import Server, chromium, find_browser, open_lab, stage, until

STATE = """{
  token: s.owner.data.token, start: s.owner.data.start, setup: s.setup, seed: s.seed, knobs: s.knobs,
  playing: s.playing,
  placed: s.owner.placing?.kept ?? {}
}"""
LOST = "Connection to the server lost"
STAYS = 3000  # milliseconds after which a line must still be there
KEPT = 9.0  # seconds in which a run of 15 MB is kept, and then those of others


@dataclass(frozen=True)
class Case:
    """A page to open. query: of its address. act: JavaScript over the Stage's handle s that is done
    to it before. plays: whether it is left playing. steps: whether it takes a step before.
    """

    page: str
    query: str = ""
    act: str = ""
    plays: bool = False
    steps: bool = True

    @property
    def name(self) -> str:
        """For a line of a report."""
        return f"{self.page}{self.query}{' playing' if self.plays else ''}"


@dataclass
class _Opened:
    case: Case
    page: Page
    before: dict[str, Any] = field(default_factory=dict)
    step: int = 0


# Turn the first number that is no set of points.
TURN = """(() => {
  const [name, d] = Object.entries(s.owner.data.knobs).find(([, d]) => d.kind === 'number');
  s.setKnob(name, d.default + d.step > d.high ? d.default - d.step : d.default + d.step);
})()"""
ALL = tuple(Case(lab.page, f"?tab={tab}&play=0" if tab else "?play=0", TURN) for lab in LABS for tab in lab.methods)
POINTS = "s.owner.placing.become({ list: [[0.5, 0.25, 1], [-0.5, -0.25, 0], [0.1, 0.9, 1]] })"
FEW = (
    Case("training", "?play=0", POINTS),
    Case("aae", "?tab=aae", TURN),  # on a trained run that ships, which waits
    Case("aae", steps=False),
    Case("vat", "?seed=8&dataset=circles", "s.setKnob('epsilon_vat', 1.25)", plays=True),
)


def restart(browser: Browser, cases: Sequence[Case]) -> list[str]:
    """Restart a server under these pages. Returns what was not right, a line each."""
    server = Server()
    opened: list[_Opened] = []
    wrong: list[str] = []
    try:
        for case in cases:
            opened.append(_open(browser, server.url, case))
        opened[-1].page.wait_for_timeout(1000 * KEPT)
        server.kill()
        for one in opened:
            until(one.page, "s.connection === 'lost'", 60)
            if not one.page.get_by_text(LOST).is_visible():
                wrong.append(f"{one.case.name}: it does not say that the connection is lost")
        server.start()
        back = [one for one in opened if _back(one, wrong)]
        if back:
            back[-1].page.wait_for_timeout(STAYS)
        for one in back:
            wrong += _compare(one)
        return wrong
    finally:
        server.kill()
        for one in opened:
            one.page.context.close()


def _open(browser: Browser, url: str, case: Case) -> _Opened:
    page = open_lab(browser, f"{url}/{case.page}{case.query}", name=case.page)
    one = _Opened(case, page)
    until(page, "s.connection === 'open'", 60)
    stage(page, case.act or "0")
    page.wait_for_timeout(800)  # until the link is written
    if case.plays:
        until(page, "s.step > 5 && s.playing", 60)
    elif case.steps:
        step = stage(page, "s.step")
        stage(page, "s.stepOnce()")
        until(page, f"s.step > {step} || s.owner.history.known.rests === 1", 90)
    one.before, one.step = stage(page, STATE), stage(page, "s.step")
    return one


def _back(one: _Opened, wrong: list[str]) -> bool:
    """Wait until a page has come back."""
    try:
        trains = f"s.playing && s.step > {one.step}" if one.case.plays else "s.painted > 1"
        until(one.page, f"s.connection === 'open' && {trains}", 120)
    except Late:
        said = one.page.locator(".saddle-stage .notice").all_inner_texts()
        wrong.append(f"{one.case.name}: it did not come back; it says {said}")
        return False
    return True


def _compare(one: _Opened) -> Iterator[str]:
    name, page = one.case.name, one.page
    after, step = stage(page, STATE), stage(page, "s.step")
    for part, value in one.before.items():
        if after[part] != value:
            yield f"{name}: {part} was {value}, is {after[part]}"
    if page.get_by_text(LOST).count():
        yield f"{name}: it still says that the connection is lost"
    line = page.locator(".saddle-stage .notice")
    said = line.inner_text() if line.is_visible() else ""
    if "goes on from step" not in said:
        yield f"{name}: it does not say from which step it goes on, but {said!r}"
    if step < one.step:
        yield f"{name}: it was at step {one.step}, is at {step}, and says {said!r}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.restart", description=__doc__.partition("\n\n")[2])
    parser.add_argument("--only", default="", help="pages, or pages with a tab as in gan-pair")
    parser.add_argument("--at-once", type=int, default=6, help="pages that are open at the same time")
    options = parser.parse_args()
    only = [name for name in options.only.split(",") if name]
    names = {case: f"{case.page}-{case.query.removeprefix('?tab=').partition('&')[0]}" for case in ALL}
    cases = [*FEW, *ALL] if not only else [c for c in ALL if c.page in only or names[c] in only]
    if (path := find_browser()) is None:
        parser.error("no Chromium found: install chromium, or run `playwright install chromium`")
    wrong: list[str] = []
    with chromium(path) as browser:
        for first in range(0, len(cases), options.at_once):
            some = cases[first : first + options.at_once]
            found = restart(browser, some)
            print(f"{', '.join(c.name for c in some)}: {len(found)} faults", flush=True)
            for line in found:
                print(f"  {line}", flush=True)
            wrong += found
    print(f"{len(cases)} pages, {len(wrong)} faults")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
