"""`python -m engine ship`: put a snapshot among those that ship with Saddle."""

from __future__ import annotations

import argparse
from typing import Any

from engine.cli.output import contents
from engine.core.declare import InvalidValue
from engine.core.shipped import ship
from engine.core.snapshot import Snapshot
from engine.runs.run import Run


def add_command(commands: Any) -> None:
    """Put `ship` among the subcommands."""
    shipping = commands.add_parser("ship", help="put a snapshot among the included ones")
    shipping.add_argument("snapshot")
    shipping.add_argument("--name", required=True, help="what --from and the page call it")
    shipping.add_argument(
        "--says", dest="description", metavar="SAYS", required=True, help="what one sees, in a few words"
    )
    shipping.add_argument("--command", required=True, help="what trained it")
    shipping.set_defaults(call=_ship)


def _ship(options: argparse.Namespace) -> int:
    snapshot = Snapshot.from_bytes(contents(options.snapshot, "SNAPSHOT"))
    if not options.name.replace("-", "").isalnum():
        raise InvalidValue(f"name = {options.name!r} is not allowed: give letters, digits and dashes")
    # Restored first, so that only what this version can open is shipped.
    ship(Run.restore(snapshot).snapshot(), options.name, options.description, options.command)
    return 0
