"""The command line of `python -m app`: Saddle's own options, and those that are Streamlit's."""

from __future__ import annotations

import os
import tomllib
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.settings.declared import OPTIONS, Settings, option, variable
from app.settings.reading import BadSettings

LOOPBACK = "127.0.0.1"
HEALTHY_WITHIN = 4.0  # seconds
ROOT = Path(__file__).parents[1]
HELP = """usage: python -m app [Saddle's options] [Streamlit's options]

Start the playground, for this machine alone.

  --help               show this
  --settings           show all settings of Saddle, their values, and where these come from
  --healthy            ask the server that runs on this machine whether visitors may come
{options}
Of Streamlit's options these are wanted most; `python -m streamlit run --help` shows all:

  --server.address 0.0.0.0       let others on the network in
  --server.port 9000             default: 8501
  --server.baseUrlPath room      serve below a path
  --server.headless true         open no browser

Saddle's settings are read from saddle.toml, in this folder or in that of the code, and from
variables of the environment such as SADDLE_RUNS=64, which come first."""


def help_text() -> str:
    """What --help shows."""
    lines = [f"  {option(name) + ' VALUE':20} {Settings.declarations()[name].help}" for name in OPTIONS]
    return HELP.format(options="".join(f"{line}\n" for line in lines))


def taken(given: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Saddle's own options as variables of the environment, and the other words, which are
    Streamlit's. Raises BadSettings for an option without a value.
    """
    names = {option(name): name for name in OPTIONS}
    variables: dict[str, str] = {}
    others: list[str] = []
    words = iter(given)
    for word in words:
        key, equals, value = word.partition("=")
        if key not in names:
            others.append(word)
            continue
        value = value if equals else next(words, "")
        if not value or value.startswith("--"):
            raise BadSettings(f"{key} needs a value: {Settings.declarations()[names[key]].help}.")
        variables[variable(names[key])] = value
    return variables, others


def healthy(given: Sequence[str], environment: Mapping[str, str] = os.environ) -> bool:
    """Ask the server of this machine for its health, and print what it says. Its port and path are
    taken from the same options and variables as Streamlit takes them from.
    """
    port = _option("--server.port", given, environment.get("STREAMLIT_SERVER_PORT", "8501"))
    base = _option("--server.baseUrlPath", given, environment.get("STREAMLIT_SERVER_BASE_URL_PATH", ""))
    address = f"http://{LOOPBACK}:{port}/{base.strip('/')}".rstrip("/") + "/saddle/health"
    try:
        with urllib.request.urlopen(address, timeout=HEALTHY_WITHIN) as answer:
            print(answer.read().decode())
            return True
    except urllib.error.HTTPError as answer:
        print(answer.read().decode("utf-8", "replace"))
    except OSError as problem:
        print(f"{address} does not answer: {problem}")
    return False


def _option(name: str, given: Sequence[str], default: str) -> str:
    """The value of an option of Streamlit's."""
    for word, following in zip(given, [*given[1:], ""]):
        if word.partition("=")[0] == name:
            return word.partition("=")[2] or following
    return default


def streamlit_command(given: Sequence[str], environment: Mapping[str, str] = os.environ) -> list[str]:
    """The command line for Streamlit. An address that was given, here, in a variable of the
    environment or in a file of settings, is kept.
    """
    # Streamlit reads .streamlit/config.toml beside the app as well as in the working directory.
    command = ["streamlit", "run", str(Path(__file__).with_name("server.py")), *given]
    chosen = any(word.split("=")[0] == "--server.address" for word in given)
    if chosen or "STREAMLIT_SERVER_ADDRESS" in environment or any(map(_has_address, (ROOT, Path.cwd(), Path.home()))):
        return command
    return [*command, "--server.address", LOOPBACK]


def _has_address(folder: Path) -> bool:
    """Whether Streamlit's file of settings in a folder names an address."""
    try:
        settings = tomllib.loads((folder / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return "address" in settings.get("server", {})
