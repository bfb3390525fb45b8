"""The command line: `python -m engine COMMAND ...`. Each command is a module of engine/cli/."""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Sequence
from typing import NoReturn

from engine.cli import atlas, attack, join, quality, retrain, robustness, run, ship, train_digits, transfer
from engine.cli.output import DIVERGED
from engine.core.declare import InvalidValue, brief, offer
from engine.core.diverged import NotFinite
from engine.core.memory import keep_freed_memory
from engine.core.parallel import set_threads
from engine.core.registry import UnknownMethod
from engine.core.snapshot import InvalidSnapshot

COMMANDS = (run, atlas, ship, robustness, attack, train_digits, join, transfer, quality, retrain)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0, 2 where the input is wrong, 3 where numbers
    became not finite, 130 on Ctrl-C.
    """
    _write_utf8()
    keep_freed_memory()
    options = _parser().parse_args(arguments)
    set_threads(1)  # the same numbers on every machine of a kind, however many cores it has
    try:
        code = options.call(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever read the output, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the end of Python writes what is left
        return 0
    except NotFinite as error:
        print(f"engine: {error}", file=sys.stderr)
        return DIVERGED
    except (InvalidValue, UnknownMethod, InvalidSnapshot) as error:
        print(f"engine: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"engine: {error.filename or 'output'}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _write_utf8() -> None:
    """Write UTF-8 into files and pipes, and on a terminal leave out what its encoding lacks.

    On a system with another code page a print of ε would otherwise end the command after its work.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(**({"errors": "replace"} if stream.isatty() else {"encoding": "utf-8"}))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """End with one line, without the usage that argparse would print before it; for a word that
        is no choice, with the nearest one.
        """
        wrong = re.fullmatch(r"argument (.+): invalid choice: '(.*)' \(choose from (.+)\)", message)
        if wrong:
            argument, word, choices = wrong.groups()
            known = [choice.strip("'") for choice in choices.split(", ")]
            message = f"argument {argument}: there is no {brief(word)}: {offer(word, known)}"
        self.exit(2, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="engine", description="Train Saddle's methods without a browser.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    for module in COMMANDS:
        module.add_command(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
