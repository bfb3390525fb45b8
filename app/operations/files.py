"""Files: how many a server may have open. Every connection is one; a browser makes up to eight."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

MOST = 65_536
DESCRIPTORS = Path("/proc/self/fd")


def allow_many() -> int:
    """Raise the limit of this process as far as the system lets it, which for most begins at 1024:
    too few for a room of 150. Returns the limit, 0 where there is none to be had.
    """
    if sys.platform == "win32":
        return 0
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(MOST, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return wanted
    return soft


def open_files() -> int:
    """How many are open; 0 where the system does not tell."""
    try:
        return sum(1 for _ in DESCRIPTORS.iterdir())
    except OSError:
        return 0
