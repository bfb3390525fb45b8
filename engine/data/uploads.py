"""What visitors have uploaded, by the digests that set-ups name: to bring it to another process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.data import photos
from engine.data.text import own_sentences

Files = dict[str, "np.ndarray | bytes"]  # digest → a photograph's pixels, or a text


def named(*values: Mapping[str, Any]) -> Files:
    """The uploads of this process that these values name."""
    found: Files = {}
    for name in {v for mapping in values for v in mapping.values() if isinstance(v, str)}:
        if photos.DIGEST.fullmatch(name):
            if (pixels := photos.pixels(name)) is not None:
                found[name] = pixels
            elif text := own_sentences.own_text(name):
                found[name] = text.to_bytes()
    return found


def store(files: Files) -> None:
    """Store what another process has found."""
    for digest, data in files.items():
        if isinstance(data, bytes):
            own_sentences.store_saved(digest, data)
        else:
            photos.store_pixels(data)
