"""The boxes below the attack bench's Stages; their texts are in boxes.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.page import words
from app.page.components import measurement


def box(options: Mapping[str, Any], **more: Any) -> None:
    """A box that has the run measure something. options: one of stage.py's. more: further ones."""
    name = options["measure"]
    text = words.sections("attacks", "boxes")[name]
    parts = {**options, **more, "title": text.title, "description": text.html}
    measurement("attacks", "attacks", key=f"attacks-{name}", **parts)
