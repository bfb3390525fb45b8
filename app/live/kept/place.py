"""Place: the folder of a server that keeps runs over a restart."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from app.live.kept.folder import Folder, lasting
from app.settings.reading import settings

OFF = "off"  # the value of the setting `state` with which runs end with their server


def own_folder(port: int) -> Folder:
    """The folder of the server on this port: two servers at once have different ones."""
    if settings().state == OFF:
        return Folder()
    base = Path(settings().state).expanduser() if settings().state else _cache() / "saddle"
    return lasting(base / str(port))


def _cache() -> Path:
    """Where programs of this user keep what they can do without."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
