"""`python -m engine retrain`: train a shipped run anew by the command recorded with it, and replace
the shipped snapshot by the result.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from engine.cli.output import DIVERGED
from engine.core.declare import InvalidValue, brief, offer
from engine.core.diverged import NotFinite
from engine.core.shipped import ship, shipped
from engine.core.snapshot import Snapshot
from engine.runs.run import Run

ROOT = Path(__file__).parents[2]
ENGINE = ["python", "-m", "engine"]


def add_command(commands: Any) -> None:
    """Put `retrain` among the subcommands."""
    retrain = commands.add_parser("retrain", help="train included runs anew, by the commands in assets/snapshots.json")
    retrain.add_argument("names", nargs="+", metavar="NAME")
    retrain.set_defaults(call=_retrain)


def stages(command: str) -> list[list[str]]:
    """The arguments of each `python -m engine` in a command, which may join several by &&.

    Raises InvalidValue where a part is no `python -m engine`, or the last one saves nothing.
    """
    parts: list[list[str]] = [[]]
    for word in shlex.split(command):
        if word == "&&":
            parts.append([])
        else:
            parts[-1].append(word)
    if any(part[:3] != ENGINE for part in parts) or "--save" not in parts[-1][:-1]:
        raise InvalidValue(
            f"{command!r} cannot be carried out: every stage must begin with python -m engine, the last one must --save"
        )
    return [part[3:] for part in parts]


def _retrain(options: argparse.Namespace) -> int:
    known = {s.name: s for s in shipped()}
    if unknown := [name for name in options.names if name not in known]:
        raise InvalidValue(
            f"there is no snapshot {brief(unknown[0])}: {offer(unknown[0], known, 'the included ones are')}"
        )
    for name in options.names:
        entry = known[name]
        ship(Run.restore(_carried_out(name, stages(entry.command))).snapshot(), name, entry.description, entry.command)
    return 0


def _carried_out(name: str, parts: list[list[str]]) -> Snapshot:
    """Carry out all stages; returns what the last saves. Raises InvalidValue where one fails, and
    NotFinite where one diverges.
    """
    with tempfile.TemporaryDirectory() as folder:  # holds the files that one stage hands to the next
        for part in parts:
            print(f"{name}: {shlex.join(ENGINE + part)}", flush=True)
            command = [sys.executable, "-m", "engine", *part]
            done = subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)})
            if done.returncode == DIVERGED:
                raise NotFinite(f"{name} was left as it is: a stage diverged")
            if done.returncode:
                raise InvalidValue(f"{name} was left as it is: a stage ended with code {done.returncode}")
        return Snapshot.open(Path(folder) / parts[-1][parts[-1].index("--save") + 1])
