"""Look at every page and tab at all sizes in both themes, and say what is wrong.

    python -m tests.looks [--out DIR] [--sizes 1024x768,390x844] [--themes dark]
                          [--only vat,gan-pair] [--no-axe] [--screens N]

Exit 1 where something is clipped, hidden or covered, or axe-core finds something serious.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.browser import Server, Tabs, chromium, find_browser
from tests.looks import MOST_SCREENS, PLACES, SIZES, THEMES, looks


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.looks", description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, help="folder for the screenshots that were judged")
    parser.add_argument("--sizes", default=",".join(f"{w}x{h}" for w, h in SIZES))
    parser.add_argument("--themes", default=",".join(THEMES))
    parser.add_argument("--only", default="", help="pages, or pages with a tab as in gan-pair")
    parser.add_argument("--no-axe", action="store_true", help="leave out axe-core")
    parser.add_argument("--screens", type=int, default=MOST_SCREENS, help="screenshots of one page at most")
    options = parser.parse_args()
    sizes = [tuple(map(int, size.split("x"))) for size in options.sizes.split(",")]
    only = [name for name in options.only.split(",") if name]
    places = [(page, tab) for page, tab in PLACES if not only or page in only or f"{page}-{tab}" in only]
    found = {"faults": 0, "violations": 0}
    if (path := find_browser()) is None:
        parser.error("no Chromium found: install chromium, or run `playwright install chromium`")
    server = Server()
    try:
        with chromium(path) as browser:
            axe = () if options.no_axe else sizes
            themes = options.themes.split(",")
            for look in looks(Tabs(browser), server.url, places, sizes, themes, axe, options.out, options.screens):
                print(f"{look.name}: {len(look.faults)} faults, {len(look.violations)} violations", flush=True)
                for line in (*look.faults, *look.violations):
                    print(f"  {line}", flush=True)
                found["faults"] += len(look.faults)
                found["violations"] += len(look.violations)
    finally:
        server.kill()
    print(f"{found['faults']} faults, {found['violations']} serious or critical violations")
    return int(any(found.values()))


if __name__ == "__main__":
    sys.exit(main())
