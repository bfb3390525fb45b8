"""Uploaded: what visitors have uploaded and kept runs are made of, on disk."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from app.live.kept.folder import Folder
from engine.data import photos, uploads

log = logging.getLogger(__name__)
OURS = re.compile(r"upload-([0-9a-f]{32})")
NUMPY = b"\x93NUMPY"  # begins an array's file


def put(folder: Folder, *values: Mapping[str, Any]) -> None:
    """Keep the uploads that these values name, where the disk takes them."""
    there = set(folder.names)
    for digest, data in uploads.named(*values).items():
        if (name := f"upload-{digest}") in there:
            continue
        try:
            folder.write(name, data if isinstance(data, bytes) else _bytes(data))
        except OSError as error:
            log.warning("an upload could not be kept on disk: %s", error.strerror or error)


def load(folder: Folder) -> None:
    """Store all kept uploads in this process. Those that are damaged are removed."""
    for name in folder.names:
        if match := OURS.fullmatch(name):
            try:
                _store(match[1], folder.read(name))
            except (OSError, ValueError) as error:
                log.warning("a kept upload cannot be used: %s", error)
                folder.remove(name)


def forget(folder: Folder, values: Iterable[Mapping[str, Any]]) -> None:
    """Remove the uploads that none of these values name."""
    needed = {f"upload-{v}" for mapping in values for v in mapping.values() if isinstance(v, str)}
    folder.remove(*(name for name in folder.names if OURS.fullmatch(name) and name not in needed))


def _bytes(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, pixels, allow_pickle=False)
    return file.getvalue()


def _store(digest: str, data: bytes) -> None:
    """Raises ValueError where it is another upload than its name says."""
    if not data.startswith(NUMPY):
        return uploads.store({digest: data})
    pixels = np.load(io.BytesIO(data), allow_pickle=False)
    if photos.store_pixels(pixels) != digest:
        raise ValueError("its checksum is another one")
