"""`python -m app [--ray auto|ADDRESS] [streamlit options]`: start the playground.

It is for this machine alone, but for actors of Ray.

`--server.address 0.0.0.0` lets others in. Streamlit by itself would listen for everybody.
"""

import os
import sys
import tomllib
from pathlib import Path

LOOPBACK = "127.0.0.1"
ROOT = Path(__file__).parents[1]


def arguments(given: list[str]) -> list[str]:
    """The command line for Streamlit. An address that was given, here, in a variable of the
    environment or in a file of settings, is kept.
    """
    # Streamlit reads .streamlit/config.toml beside the app as well as in the working directory.
    command = ["streamlit", "run", str(Path(__file__).with_name("server.py")), *given]
    chosen = any(word.split("=")[0] == "--server.address" for word in given)
    if chosen or "STREAMLIT_SERVER_ADDRESS" in os.environ or any(map(_has_address, (ROOT, Path.cwd(), Path.home()))):
        return command
    return [*command, "--server.address", LOOPBACK]


def _has_address(folder: Path) -> bool:
    """Whether Streamlit's file of settings in a folder names an address."""
    try:
        settings = tomllib.loads((folder / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return "address" in settings.get("server", {})


def _taken(given: list[str]) -> list[str]:
    """Put --ray into the environment, where the settings are read, and return the other words."""
    words = [part for word in given for part in (word.split("=", 1) if word.startswith("--ray=") else [word])]
    if "--ray" in words:
        at = words.index("--ray")
        os.environ["SADDLE_RAY"] = words[at + 1] if at + 1 < len(words) else "auto"
        del words[at : at + 2]
    return words


if __name__ == "__main__":
    others = _taken(sys.argv[1:])
    from app.live.crew.source import prepare
    from app.live.ray.cluster import NoCluster

    try:
        prepare()
    except NoCluster as problem:
        sys.exit(str(problem))
    from streamlit.web import cli  # after the zygote, which has no use for it

    sys.argv = arguments(others)
    sys.exit(cli.main())
