"""Session: one run of one visitor, wherever it is: in a process, at rest, or kept by a server
before.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.live.crew.far import FarLive
from app.live.crew.here import INITIAL, Start
from app.live.kept.kept import Kept
from app.live.kept.record import key_of, seal
from app.live.shelf import Shelved
from app.live.wishes import Wishes
from engine.core.declare import Setup
from engine.runs.live import Live

# Seconds after which a run gives way to those who wait: left by its watcher, opened but not watched
# yet, hidden, and seen by one who neither lets it train nor turns anything.
LEFT, OPENED, HIDDEN, IDLE = 3.0, 30.0, 10.0, 600.0
LOSS_AFTER = 60.0  # seconds without a loss, after which the next one counts as the first


@dataclass(frozen=True)
class Shown:
    """How a page shows a run: its name in addresses, the tab, the name under which the page keeps
    the run, the snapshot that it opens on by itself, and what its Stage was mounted with.
    """

    page: str
    tab: str
    slot: str
    default_start: str
    stage: Mapping[str, Any]


@dataclass(eq=False)
class Session:
    """One run of one visitor.

    live: None while the run is in no process; `resting` is then its file where it was put away, and
    `since` the time. kept: what is on disk of it. token: "" for a run of a server before until its
    browser has come back. query: the page's query as the Stage wrote it last, which Streamlit does
    not see; None until the Stage has written one. start: what it began from. owner: the Streamlit
    session that has its page; page, tab, slot: where it belongs there. order: counts the runs of a
    server, in the order in which pages showed them. told: called with a sentence for whoever
    watches the run when it is closed. news: what has happened to it that its page does not know
    yet. shown: how its page shows it, once one has. replaced: whether a file took its place. held:
    why it must not train now, "" where it may. stopped: whether it ended its process too often, so
    that its own page alone may try again.
    """

    token: str
    visitor: str
    live: Live | FarLive | None
    kept: Kept
    query: str | None = None
    resting: Shelved | None = None
    method: str = ""  # its name
    start: Start = INITIAL
    since: float = field(default_factory=time.monotonic)
    rested: tuple[str, Setup, int] | None = None  # `made_of` of a run that is in no process
    owner: str = ""
    page: str = ""
    tab: str = ""
    slot: str = ""
    order: int = 0
    told: Callable[[str], None] | None = None
    news: str = ""
    shown: Shown | None = None
    replaced: bool = False
    held: str = ""
    paused: bool = False
    stopped: bool = False
    wishes: Wishes = field(default_factory=Wishes)
    touched: float = field(default_factory=time.monotonic)  # when it was last looked for or told something
    kept_at: float = 0.0  # when it was last kept (time.monotonic)
    due: float = 0.0  # when it may be kept again
    moving: bool = True  # whether there was something new when it was kept last
    lock: threading.RLock = field(default_factory=threading.RLock)  # of live, resting and kept
    desks: set[Any] = field(default_factory=set)  # of its watchers (app/live/steady.py)
    since_awake: float = field(default_factory=time.monotonic)  # when it was last taken into a process
    _came: bool = False  # whether anybody has ever watched it
    _hidden: float | None = None  # since when nobody sees it who watches it
    _losses: int = 0  # processes that ended with it, one soon after the other
    _lost: float = 0.0  # when the last one did

    @property
    def made_of(self) -> tuple[str, Setup, int]:
        """Start, set-up and seed: what a link must describe to mean this run. One that was given
        another seed in the Stage is no longer the snapshot's.
        """
        if self.live is None:
            return self.rested
        from_start, setup, seed = self.live.made_of
        return self.start.name if from_start else "", setup, seed

    @property
    def mark(self) -> str:
        """What logs call it, from which its token cannot be found out."""
        return self.kept.key[:8]

    @property
    def watched(self) -> bool:
        """Whether somebody has it on screen."""
        live = self.live
        return live is not None and live.watched

    def kept_as(self) -> dict[str, Any]:
        """What its record has of it beside its run."""
        owner = key_of(self.owner) if self.owner else self.kept.record.owner
        sealed = seal(self.token, self.owner) if self.owner else self.kept.record.sealed
        where = {"page": self.page, "tab": self.tab, "slot": self.slot, "order": self.order}
        return {"query": self.query, "owner": owner, "sealed": sealed, **where}

    @property
    def stirred(self) -> bool:
        """Whether there may be something new to keep."""
        live = self.live
        return live is not None and (self.touched > self.kept_at or self.moving and live.seen)

    def note(self, message: Mapping[str, Any]) -> None:
        """A watcher has sent the run a message."""
        if message["type"] != "want":
            self.touch()
            self.wishes.note(message)

    def touch(self) -> None:
        """Something may have changed, so that it is kept once more."""
        self.touched = time.monotonic()

    def come(self, desk: Any) -> None:
        """A watcher has come."""
        self.desks.add(desk)
        self._came = True

    def go(self, desk: Any) -> None:
        """A watcher has gone."""
        self.desks.discard(desk)
        self.touch()

    def gives_way(self, now: float) -> float | None:
        """Since when nobody has needed its place, None where somebody needs it. Called now and then
        while others wait.
        """
        live = self.live
        if live is None:
            return None
        if live.seen or not live.watched:
            self._hidden = None
        elif self._hidden is None:
            self._hidden = now
        if not live.watched:
            since, patience = live.left, LEFT if self._came else OPENED
        elif self._hidden is not None:
            since, patience = self._hidden, HIDDEN
        else:
            since, patience = self.touched, IDLE
            alone = len(getattr(live, "desks", ())) == 1  # no room watches it
            if self.moving or self.kept.record.playing or not alone:
                return None
        return since if now - since > patience else None

    def give_way(self, why: str) -> None:
        """The run rests from now on, though it may be watched."""
        self.live, self.since, self._losses = None, time.monotonic(), 0
        for desk in tuple(self.desks):
            desk.give_way(why)

    def lose(self) -> int:
        """The process of the run has ended. Returns how often that has happened in a row."""
        now = time.monotonic()
        self._losses = self._losses + 1 if now - self._lost < LOSS_AFTER else 1
        self._lost = now
        return self._losses

    def news_once(self) -> str:
        """What its page does not know yet, once."""
        news, self.news = self.news, ""
        return news
