"""`python -m engine quality`: measure runs of sentences, those that ship or files, and keep a
record of the numbers beside the ones that ship.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from engine.cli.output import DIVERGED, JSON_HELP, finite
from engine.core.assets import ASSETS
from engine.core.diverged import Diverged, NotFinite
from engine.core.frame import Answer
from engine.core.registry import find
from engine.core.shipped import open_named, shipped
from engine.core.snapshot import InvalidSnapshot
from engine.runs.run import Run

RECORD = ASSETS / "text" / "quality.json"  # snapshot → numbers


def add_command(commands: Any) -> None:
    """Put `quality` among the subcommands."""
    quality = commands.add_parser("quality", help="reconstruction, transfer and samples of runs of sentences")
    quality.add_argument(
        "snapshots", nargs="*", metavar="SNAPSHOT", help="files, or names of those that ship (default: all of those)"
    )
    quality.add_argument(
        "--record",
        action="store_true",
        help="keep the numbers of those that ship in assets/text/quality.json, which the page shows",
    )
    quality.add_argument("--json", action="store_true", help=JSON_HELP)
    quality.set_defaults(call=_quality)


def _quality(options: argparse.Namespace) -> int:
    known = shipped()
    names = options.snapshots or [s.name for s in known if "quality" in find(s.method).measures]
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        try:
            found[name] = finite(_measured(name))
        except NotFinite as error:
            print(f"engine: {name}: {error}", file=sys.stderr)
            step = open_named(name).step
            found[name] = {"step": step, "diverged": Diverged(step, "sentences").to_json()}
            continue
        if not options.json:
            print(name)
            for key, value in found[name].items():
                print(f"  {key:20} {'none' if value is None else format(value, '10.4g'):>10}")
    if options.json:
        print(json.dumps(found))
    if options.record:
        _record({name: n for name, n in found.items() if "diverged" not in n}, [s.name for s in known])
    return DIVERGED if any("diverged" in numbers for numbers in found.values()) else 0


def _measured(name: str) -> dict[str, float]:
    """The step and the numbers of one snapshot. Raises InvalidSnapshot."""
    run = Run.restore(open_named(name))
    if "quality" not in run.method.measures:
        raise InvalidSnapshot(f"{name} is a snapshot of {run.method.name}, which has no sentences to measure")
    *_, answer = (done for done in run.method.measure(run.knobs, "quality", {}) if isinstance(done, Answer))
    return {"step": run.step, **answer.numbers}


def _record(found: dict[str, dict[str, float]], known: list[str]) -> None:
    """Put the numbers into RECORD and drop what is there of snapshots that no longer ship."""
    before = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    kept = {name: numbers for name, numbers in (before | found).items() if name in known}
    RECORD.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
