"""The processes of a server under test."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from tests.load import started_by


def workers(server: int) -> list[int]:
    """The workers of a server: what its zygote has forked."""
    children = [pid for pid in started_by(server) if _parent(pid) == server]
    return [pid for pid in started_by(server) if _parent(pid) in children]


def kill_workers(server: int) -> list[int]:
    """End all workers of a server at once, as a lack of memory would. Returns which they were."""
    found = workers(server)
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    return found


def left(pids: list[int], seconds: float = 20.0) -> list[int]:
    """Those that have not ended after so long."""
    until = time.monotonic() + seconds
    while (alive := [pid for pid in pids if _state(pid) not in ("", "Z")]) and time.monotonic() < until:
        time.sleep(0.05)
    return alive


def threads(pid: int) -> int:
    """How many threads a process has; 0 for none."""
    return int(_status(pid).get("Threads", "0"))


def descriptors(pid: int) -> int:
    """How many files and sockets a process has open."""
    try:
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return 0


def _status(pid: int) -> dict[str, str]:
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}


def _parent(pid: int) -> int:
    return int(_status(pid).get("PPid", "0"))


def _state(pid: int) -> str:
    return _status(pid).get("State", "")[:1]
