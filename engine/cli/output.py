"""What the commands share: reading options, the progress bar, reports of runs."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from engine.core.declare import Declared, InvalidValue, Knobs, Setup, nearest
from engine.core.diverged import Diverged, in_words, odd_metrics, rates
from engine.core.method import Method
from engine.core.registry import find

JSON_HELP = "print one JSON value on stdout and nothing else"
DIVERGED = 3  # exit code of a command whose numbers became not finite
FEW = 5  # seeds named in a line
SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))  # between folders
BAR = 30  # characters of the progress bar


def name_values(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """NAME=VALUE options as (name, value). Raises InvalidValue at the first that is none."""
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidValue(f"{text!r} is not NAME=VALUE")
        yield name, value


def declared_values(texts: Sequence[str], kind: type[Declared]) -> dict[str, Any]:
    """NAME=VALUE options as values of the record `kind`; lists are read as JSON.

    Raises InvalidValue for an unknown name and for what is no JSON list. Other values are checked
    when the record is made.
    """
    out: dict[str, Any] = {}
    for name, value in name_values(texts):
        kind.check_names({name: value})
        declared = kind.declarations()[name].kind
        out[name] = _list(name, value, declared) if declared in ("points", "ink") else value
    return out


def _list(name: str, value: str, declared: str) -> Any:
    try:
        return json.loads(value)
    except ValueError as error:
        items = "[x, y, label]" if declared == "points" else "levels"
        raise InvalidValue(f"{name}: give a JSON list of {items}") from error


def fraction(text: str) -> float:
    """A radius or a length from an option: 0.01, 2/255 or 0.5/255.

    Raises argparse.ArgumentTypeError.
    """
    try:
        above, stroke, below = text.partition("/")
        value = float(Fraction(above) / Fraction(below if stroke else 1))
    except (ValueError, ZeroDivisionError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number: give one such as 0.01 or 2/255") from None
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not allowed: give a number from 0, such as 0.01 or 2/255")
    return value


def writable(path: str | Path | None, option: str) -> None:
    """Check, before the work begins, that a file can be written there; None is no file.

    option: what gave the path, for messages. Raises InvalidValue with what to do. Nothing is
    written, and a file that stands there stays.
    """
    if path is None:
        return
    place = _named(path, option)
    folder = place.absolute().parent
    if place.is_dir():
        raise InvalidValue(f"{option}: {path} is a folder: give the name of a file in it")
    if str(path).endswith(SEPARATORS):
        raise InvalidValue(f"{option}: {path} names a folder: give the name of a file in it")
    if folder.exists() and not folder.is_dir():
        raise InvalidValue(f"{option}: {path}: {folder.name} is a file and not a folder: choose another place")
    if not folder.is_dir():
        raise InvalidValue(f"{option}: {path}: there is no folder {folder.name}: make it, or choose another place")
    try:
        if place.exists():
            place.open("r+b").close()
        else:
            tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        why = "no permission" if isinstance(error, PermissionError) else error.strerror or error
        raise InvalidValue(f"{option}: {path}: cannot write there ({why}): choose another place") from error


def contents(path: str | Path, option: str, names: Iterable[str] = ()) -> bytes:
    """The bytes of a file that an option names. names: what could have been given in its place.

    Raises InvalidValue with what to do.
    """
    place = _named(path, option)
    if place.is_dir():
        raise InvalidValue(f"{option}: {path} is a folder: give the name of a file in it")
    try:
        return place.read_bytes()
    except FileNotFoundError:
        near = nearest(str(path), list(names))
        hint = f"did you mean {' or '.join(near)}?" if near else "check its name, and the folder that it is in"
        raise InvalidValue(f"{option}: there is no file {path}: {hint}") from None
    except OSError as error:
        raise InvalidValue(f"{option}: {path} cannot be read ({error.strerror or error})") from error


def _named(path: str | Path, option: str) -> Path:
    """The path that an option gave. Raises InvalidValue where there is none, or none that a file
    can have.
    """
    if not str(path).strip():
        raise InvalidValue(f"{option} is empty: give the name of a file")
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        pass
    except (OSError, ValueError) as error:  # a name that is too long, or that holds a zero byte
        why = getattr(error, "strerror", None) or error
        raise InvalidValue(f"{option}: {str(path)[:80]!r} cannot be the name of a file ({why})") from error
    return Path(path)


def progress_bar(options: argparse.Namespace, share: float) -> None:
    """Draw a progress bar on stderr; share: 0 to 1. Draws nothing with --json or off a terminal."""
    if options.json or not sys.stderr.isatty():
        return
    full = int(BAR * share)
    end = "\n" if share >= 1 else ""
    sys.stderr.write(f"\r[{'█' * full}{'·' * (BAR - full)}] {100 * share:3.0f} %{end}")
    sys.stderr.flush()


def finite(value: Any) -> Any:
    """The same value with None in place of NaN and infinities, which JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {k: finite(v) for k, v in value.items()}
    return [finite(v) for v in value] if isinstance(value, (list, tuple)) else value


def report(
    method: Method | type[Method],
    setup: Setup,
    knobs: Knobs,
    seed: int,
    step: int,
    seconds: float,
    metrics: dict[str, float],
    diverged: Diverged | None = None,
) -> dict[str, Any]:
    """What `run` prints of one seed, JSON-ready. A seed that diverged has the key `diverged`, and
    the step where it did.
    """
    out = {
        "method": method.name,
        "setup": setup.to_dict(),
        "knobs": knobs.to_dict(),
        "seed": seed,
        "step": diverged.step if diverged else step,
        "seconds": round(seconds, 3),
        "metrics": finite(metrics),
    }
    return out | {"diverged": diverged.to_json()} if diverged else out


def print_reports(options: argparse.Namespace, reports: list[dict[str, Any]], many: bool = False) -> None:
    """Print reports as text or as JSON. many: one report, too, is printed as a JSON list."""
    if options.json:
        print(json.dumps(reports if many or len(reports) > 1 else reports[0]))
        return
    for one in reports:
        print(f"{one['method']} seed {one['seed']}, step {one['step']}, {one['seconds']:.1f} s")
        for name, value in one["metrics"].items():
            print(f"  {name:24} {_missing(one, name) if value is None else format(value, '10.4g'):>10}")


def _missing(report: dict[str, Any], name: str) -> str:
    """What is written in place of a number that a run does not have."""
    if "diverged" in report:
        return "diverged"
    return find(report["method"]).undefined.get(name.split(".")[0], "not finite")


def diverged_code(reports: Sequence[dict[str, Any]], knobs: type[Knobs], saved: str | None = None) -> int:
    """The exit code of a command that has trained: DIVERGED, with a line on stderr, where a seed
    has diverged. saved: the file that holds the last finite state.
    """
    bad = [one for one in reports if "diverged" in one]
    if not bad:
        return _odd_code(reports)
    each = [f"seed {one['seed']} {Diverged(**one['diverged'])}" for one in bad[:FEW]]
    more = [f"and {len(bad) - FEW} more"] if len(bad) > FEW else []
    of = f"{len(bad)} of {len(reports)} seeds: " if len(reports) > 1 else ""
    kept = f" {saved} holds the last finite state." if saved else ""
    lower = f" Lower {' or '.join(rates(knobs))}." if rates(knobs) else ""
    print(f"engine: {of}{'; '.join(each + more)}.{kept}{lower}", file=sys.stderr)
    return DIVERGED


def _odd_code(reports: Sequence[dict[str, Any]]) -> int:
    """DIVERGED, with a line on stderr, where a metric is not finite though all weights are."""
    lines = []
    for one in reports:
        undefined = find(one["method"]).undefined
        names = odd_metrics({name: math.nan for name, v in one["metrics"].items() if v is None}, undefined)
        lines += [f"seed {one['seed']} at step {one['step']}: {in_words(names)} not finite"] * bool(names)
    if not lines:
        return 0
    more = f"; and {len(lines) - FEW} more" if len(lines) > FEW else ""
    print(f"engine: {'; '.join(lines[:FEW])}{more}, though weights and moments are.", file=sys.stderr)
    return DIVERGED
