"""State: whether the server is starting, ready or ending, since when, and which version it is."""

from __future__ import annotations

import functools
import re
import time
from pathlib import Path

from app.settings.reading import ROOT, settings

STARTING, READY, ENDING = "starting", "ready", "ending"
SHORT = 10  # letters of a commit


class State:
    """The state of this process."""

    def __init__(self) -> None:
        self.phase = STARTING
        self._began = time.monotonic()

    @property
    def uptime(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    def ready(self) -> None:
        """Visitors may come, unless the server is ending already."""
        if self.phase == STARTING:
            self.phase = READY


state = State()


@functools.cache
def version() -> str:
    """The name of this version: the setting, else the checkout's commit, else "unknown"."""
    return settings().version or _commit(ROOT / ".git") or "unknown"


def _commit(git: Path) -> str:
    """The commit that is checked out, read from git's own files; "" where there are none."""
    try:
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
        name = head.removeprefix("ref: ")
        if name != head:
            loose = git / name
            packed = git / "packed-refs"
            if loose.is_file():
                head = loose.read_text(encoding="utf-8").strip()
            else:
                found = re.search(rf"^([0-9a-f]+) {re.escape(name)}$", packed.read_text(encoding="utf-8"), re.M)
                head = found[1] if found else ""
    except (OSError, UnicodeDecodeError):
        return ""
    return head[:SHORT]
