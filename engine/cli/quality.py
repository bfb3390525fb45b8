"""`python -m engine quality`: measure runs of sentences, those that ship or files, and keep a
record of the numbers beside the ones that ship.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from typing import Any

from engine.cli.output import DIVERGED, JSON_HELP, finite
from engine.core.assets import ASSETS
from engine.core.declare import InvalidValue, brief, offer
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
        "snapshots", nargs="*", metavar="SNAPSHOT", help="files, or names of included ones (default: all of those)"
    )
    quality.add_argument(
        "--record",
        action="store_true",
        help="keep the numbers of the included ones in assets/text/quality.json, which the page shows",
    )
    quality.add_argument(
        "--seeds-of",
        metavar="NAME",
        help="with --record: the files are runs like the one that ships under this name, of other training seeds; "
        "their numbers are kept with its own",
    )
    quality.add_argument("--json", action="store_true", help=JSON_HELP)
    quality.set_defaults(call=_quality)


def _quality(options: argparse.Namespace) -> int:
    known = shipped()
    if options.seeds_of is not None and not (options.record and options.snapshots):
        raise InvalidValue("--seeds-of needs --record and the files of the other seeds")
    if options.seeds_of is not None and options.seeds_of not in _recorded():
        raise InvalidValue(f"nothing is recorded of {brief(options.seeds_of)}: {offer(options.seeds_of, _recorded())}")
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
                if not isinstance(value, str):
                    print(f"  {key:20} {'none' if value is None else format(value, '10.4g'):>10}")
    if options.json:
        print(json.dumps(found))
    sound = {name: numbers for name, numbers in found.items() if "diverged" not in numbers}
    if options.seeds_of is not None:
        _record_seeds(options.seeds_of, sound.values())
    elif options.record:
        _record(sound, [s.name for s in known])
    return 0 if len(sound) == len(found) else DIVERGED


def _measured(name: str) -> dict[str, float | str]:
    """The step, the seed and the numbers of one snapshot. Raises InvalidSnapshot."""
    run = Run.restore(open_named(name))
    if "quality" not in run.method.measures:
        raise InvalidSnapshot(f"{name} is a snapshot of {run.method.name}, which has no sentences to measure")
    *_, answer = (done for done in run.method.measure(run.knobs, "quality", {}) if isinstance(done, Answer))
    return {"step": run.step, "seed": run.seeds[0], **answer.numbers}


def _recorded() -> dict[str, dict[str, Any]]:
    """What RECORD holds: snapshot → numbers."""
    return json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}


def _record(found: dict[str, dict[str, Any]], known: list[str]) -> None:
    """Put the numbers into RECORD and drop what is there of snapshots that no longer ship.

    What is there of other training seeds stays.
    """
    before = _recorded()
    for name, numbers in found.items():
        if "seeds" in before.get(name, {}):
            numbers["seeds"] = before[name]["seeds"]
    _write({name: numbers for name, numbers in (before | found).items() if name in known})


def _record_seeds(name: str, found: Iterable[dict[str, Any]]) -> None:
    """Put numbers of other training seeds under those of the snapshot that ships."""
    kept = _recorded()
    seeds = kept[name].setdefault("seeds", {})
    for numbers in found:
        seeds[str(numbers["seed"])] = numbers
    _write(kept)


def _write(kept: dict[str, dict[str, Any]]) -> None:
    RECORD.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
