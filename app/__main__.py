"""`python -m app [options]`: start the playground, for this machine alone.

`--server.address 0.0.0.0` lets others in. Streamlit by itself would listen for everybody.
`--help`, `--settings` and `--healthy` answer at once: what takes long to import is imported after
them.
"""

import os
import sys

from app.command import healthy, help_text, streamlit_command, taken
from app.settings.reading import BadSettings, in_effect
from app.settings.table import shown


def main(given: list[str]) -> None:
    """Do what the command line says. Ends the program."""
    if {"--help", "-h"} & {*given}:
        sys.exit(print(help_text()))
    try:
        variables, others = taken(given)
    except BadSettings as problem:
        sys.exit(str(problem))
    os.environ |= variables  # where worker processes and the server find them, too
    if "--healthy" in others:
        sys.exit(not healthy(others))
    found = in_effect()
    if "--settings" in others:
        sys.exit(print(shown(found)))
    from app.live.crew.source import prepare
    from app.live.ray.cluster import NoCluster
    from app.operations import logs

    logs.begin()  # before the fork, so that workers log the same way
    try:
        prepare()
    except NoCluster as problem:
        sys.exit(str(problem))
    from streamlit.web import cli  # after the zygote, which has no use for it

    sys.argv = streamlit_command(others)
    sys.exit(cli.main())


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
