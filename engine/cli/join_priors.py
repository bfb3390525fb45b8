"""`python -m engine join-priors`: three runs of `arae` that differ in their prior alone, as one
snapshot of `arae-three`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.core.shipped import open_named
from engine.methods.arae.three_priors import MEMBERS, combined


def add_join(commands: Any) -> None:
    """Put `join-priors` among the subcommands."""
    join = commands.add_parser("join-priors", help="AE, AAE and ARAE as one run on one clock")
    for name in MEMBERS:
        join.add_argument(name, metavar=name.upper(), help="a file, or the name of one that ships")
    join.add_argument("--save", required=True, metavar="FILE")
    join.set_defaults(call=_join)


def _join(options: argparse.Namespace) -> int:
    combined({member: open_named(getattr(options, member)) for member in MEMBERS}).save(Path(options.save))
    return 0
