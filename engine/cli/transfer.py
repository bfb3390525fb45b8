"""`python -m engine transfer`: move a sentence to another class, with a run that ships or one of
your own.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from engine.cli.output import JSON_HELP
from engine.core.registry import find, methods
from engine.core.shipped import open_named
from engine.core.snapshot import InvalidSnapshot
from engine.runs.run import Run

DEFAULT = "grammar-transfer"


def add_command(commands: Any) -> None:
    """Put `transfer` among the subcommands."""
    transfer = commands.add_parser(
        "transfer", help="move a sentence to another class, such as from negative to positive"
    )
    transfer.add_argument("--text", required=True, help='the sentence, such as "the food was awful ."')
    transfer.add_argument(
        "--to", default="", metavar="CLASS", help="the class to move it to (default: another than its own)"
    )
    transfer.add_argument(
        "--from",
        dest="start",
        default=DEFAULT,
        metavar="SNAPSHOT",
        help=f"a file, or the name of an included one (default: {DEFAULT})",
    )
    transfer.add_argument("--json", action="store_true", help=JSON_HELP)
    transfer.set_defaults(call=_transfer)


def _transfer(options: argparse.Namespace) -> int:
    snapshot = open_named(options.start)
    if "transfer" not in find(snapshot.method).questions:
        known = ", ".join(m.name for m in methods().values() if "transfer" in m.questions)
        raise InvalidSnapshot(
            f"{options.start} is a snapshot of {snapshot.method}, which moves no sentences: give one of {known}"
        )
    run = Run.restore(snapshot)
    answer = run.method.ask(run.knobs, "transfer", {"text": options.text, "to": options.to}).numbers
    if options.json:
        print(json.dumps(answer, ensure_ascii=False))
        return 0
    if answer["unknown"]:
        print(f"engine: not in this model's vocabulary: {', '.join(answer['unknown'])}", file=sys.stderr)
    print(answer["text"])
    return 0
