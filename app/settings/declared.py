"""Settings of the server, each declared once: name, type, range, default and one line of help.

A setting `drop_after` is the key `drop_after` of saddle.toml and the variable SADDLE_DROP_AFTER of
the environment. One of OPTIONS can also be given to `python -m app`, with dashes: `--drop-after`.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.cores import cores
from engine.core.declare import Declared, choice, number, text, whole

MOST_WORKERS = 8  # by default; each takes 55 MB once it has trained something
NAME = r"\*|(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?"
RAY = r"auto|(?:ray://)?[A-Za-z0-9_.-]+:[0-9]+|\[[0-9A-Fa-f:]+\]:[0-9]+|"
NETWORK = r"[0-9A-Fa-f:.]+(?:/[0-9]{1,3})?"
OPTIONS: tuple[str, ...] = ("ray",)  # settings that are options of the command line, too


def _listed(one: str) -> str:
    """The pattern of a list with commas, which may be empty."""
    return rf"\s*(?:(?:{one})(?:\s*,\s*(?:{one}))*)?\s*"


@dataclass(frozen=True)
class Settings(Declared):
    """All settings. A list is a text with commas; in saddle.toml it may be a list of texts."""

    noun = "setting"

    runs: int = whole(128, 1, 10_000, "runs in memory at once, of all visitors")
    runs_per_visitor: int = whole(4, 1, 100, "runs of one visitor in memory at once")
    kept_per_visitor: int = whole(24, 1, 1000, "runs of one visitor, with those that rest")
    drop_after: float = number(60, 0, 86_400, 0, "time without a watcher until a run rests", unit="seconds")
    forget_after: float = number(7200, 60, 604_800, 0, "time that a resting run is kept", unit="seconds")
    disk: float = number(2, 0, 10_000, 0, "of all runs that are kept on disk, at most", unit="GB")
    workers: int = whole(
        min(cores(), MOST_WORKERS),
        0,
        256,
        f"processes for runs, 0 for none; by default one a core, at most {MOST_WORKERS}",
    )
    ray: str = text("", RAY, "runs are in actors of Ray: auto, or host:port of a cluster", 300)
    ray_actors: int = whole(0, 0, 4096, "actors, 0 for as many as the cluster has room for")
    ray_cpus: int = whole(1, 1, 256, "processors that each actor has for itself")
    ray_gpus: float = number(0, 0, 64, 2, "graphics processors that each actor has for itself; Saddle uses none")
    ray_code: str = text(
        "", r"[^\n\0]*", "folder that Saddle is in on all machines of the cluster; by default it is sent to them", 1000
    )
    rooms: int = whole(32, 0, 1000, "rooms that are open at once")
    people_per_room: int = whole(150, 1, 10_000, "people in one room")
    messages_per_second: int = whole(
        150, 100, 10_000, "messages that one page may send; a page itself sends up to 70 while a knob is dragged"
    )
    hosts: str = text(
        "", _listed(NAME), "names that pages are opened under, such as saddle.example.org, *.local, or * for all", 2000
    )
    metrics_from: str = text(
        "127.0.0.0/8, ::1", _listed(NETWORK), "addresses and networks that may read /saddle/metrics", 2000
    )
    log_level: str = choice(
        "info", {name: name for name in ("debug", "info", "warning", "error")}, "what is logged on stderr, and above"
    )
    log_format: str = choice(
        "auto",
        {"auto": "text on a terminal, else json", "json": "one object a line", "text": "one line for people"},
        "how it is logged; auto: text on a terminal, json elsewhere",
    )
    version: str = text("", r"[\w.+-]*", "name of this version in /saddle/health, else the checkout's commit", 100)
    state: str = text(
        "",
        r"[^\x00\n]*",
        "folder in which runs are kept over a restart, off for none; by default saddle in the user's cache",
        1000,
    )
    end_within: float = number(10, 1, 600, 0, "time for putting runs away before the server ends", unit="seconds")

    def names(self) -> tuple[str, ...]:
        """`hosts` as a list, in lower case."""
        return _parts(self.hosts.lower())

    def networks(self) -> tuple[str, ...]:
        """`metrics_from` as a list."""
        return _parts(self.metrics_from)


def _parts(listed: str) -> tuple[str, ...]:
    return tuple(part.strip().rstrip(".") for part in listed.split(",") if part.strip())


def variable(name: str) -> str:
    """The variable of the environment for a setting."""
    return f"SADDLE_{name.upper()}"


def option(name: str) -> str:
    """The option of the command line for a setting."""
    return f"--{name.replace('_', '-')}"
