"""Where settings are read: variables of the environment, which come first, and saddle.toml."""

from __future__ import annotations

import functools
import ipaddress
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.settings.declared import Settings, variable
from engine.core.declare import InvalidValue, brief, nearest, offer

ROOT = Path(__file__).parents[2]
FILE = "saddle.toml"
OTHER_FILE = "SADDLE_SETTINGS"  # a variable that names another file


class BadSettings(ValueError):
    """A setting that does not exist or a value that is not allowed; the message is one line for
    whoever starts the server.
    """


@dataclass(frozen=True)
class Read:
    """Settings as they were read.

    sources: setting → where its value comes from, "" for a default. file: the file that was read.
    odd: variables of the environment that look like settings and are none.
    """

    settings: Settings
    sources: Mapping[str, str] = field(default_factory=dict)
    file: Path | None = None
    odd: tuple[str, ...] = ()

    def changed(self) -> dict[str, Any]:
        """The values that are not the defaults."""
        return self.settings.changes_from(Settings())


def read(environment: Mapping[str, str], folders: Sequence[Path]) -> Read:
    """Read the settings from the environment and from the first of these folders that has a file.
    Raises BadSettings.
    """
    file = _file(environment, folders)
    values: dict[str, tuple[Any, str]] = {}
    if file is not None:
        values = {name: (value, str(file)) for name, value in _table(file).items()}
    known = Settings.declarations()
    for name in known:
        if (text := environment.get(variable(name), "").strip()) or variable(name) in environment and _empty(name):
            values[name] = (text, variable(name))
    settings = Settings()
    for name, (value, source) in values.items():
        try:
            settings = settings.with_values({name: value})
            _check_networks(settings)
        except InvalidValue as problem:
            raise BadSettings(_where(source, name, str(problem))) from None
    mine = {*map(variable, known), OTHER_FILE}
    odd = tuple(sorted(name for name in environment if name.startswith("SADDLE_") and name not in mine))
    return Read(settings, {name: source for name, (_, source) in values.items()}, file, odd)


def _empty(name: str) -> bool:
    """Whether an empty value means something: an empty list does, an empty number is none."""
    return Settings.declarations()[name].kind == "text"


def _where(source: str, name: str, problem: str) -> str:
    """A line on a value: which file or which variable it is in."""
    if source == variable(name):
        return f"{source}{problem.removeprefix(name)}."
    return f"{source}: {problem}."


def _file(environment: Mapping[str, str], folders: Sequence[Path]) -> Path | None:
    if named := environment.get(OTHER_FILE, "").strip():
        if not Path(named).is_file():
            raise BadSettings(f"{OTHER_FILE} = {named!r} is not allowed: give the path of a file that is there.")
        return Path(named)
    return next((folder / FILE for folder in folders if (folder / FILE).is_file()), None)


def _table(file: Path) -> dict[str, Any]:
    """The values in a file. Raises BadSettings."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadSettings(f"{file} cannot be read: {reason}. It must be TOML in UTF-8, such as `runs = 64`.") from None
    known = list(Settings.declarations())
    for name, value in table.items():
        if name not in known:
            raise BadSettings(f"{file}: there is no setting {brief(name)}: {offer(name, known)}")
        if isinstance(value, list) and all(isinstance(v, str) for v in value):
            table[name] = ", ".join(value)
        elif isinstance(value, str) and Settings.declarations()[name].kind in ("whole", "number"):
            raise BadSettings(f"{file}: {name} = {brief(value)} is not allowed: give a number without quotation marks.")
    return table


def _check_networks(settings: Settings) -> None:
    """Raise InvalidValue where one of `metrics_from` is no address and no network."""
    for network in settings.networks():
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise InvalidValue(
                f"metrics_from = {brief(network)} is not allowed: give addresses or networks such as 10.0.0.0/8"
            ) from None


def meant(odd: str) -> str:
    """A line on a variable that is no setting."""
    near = nearest(odd, [variable(name) for name in Settings.declarations()])
    return f"{odd} is no setting of Saddle's and was not read{f'; did you mean {near[0]}?' if near else '.'}"


@functools.cache
def in_effect() -> Read:
    """The settings of this process. Ends the program with a message where they cannot be read."""
    try:
        return read(os.environ, (Path.cwd(), ROOT))
    except BadSettings as problem:
        raise SystemExit(str(problem)) from None


def settings() -> Settings:
    """The settings of this process, as `in_effect` has them."""
    return in_effect().settings
