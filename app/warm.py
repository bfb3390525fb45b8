"""What the first visitor would otherwise wait for: done beside the server's start."""

from __future__ import annotations

import logging

from app.delivery.bundle import bundle
from app.live.sessions import sessions
from app.operations.state import state

FIRST = "vat"  # the method of the first lab in the menu

log = logging.getLogger(__name__)


def warm() -> None:
    """Link the bundle, and make the first lab's method ready where its visitor's run will be."""
    try:
        bundle().current()
        sessions().crew.warm(FIRST)
    except Exception:
        log.exception("the first lab could not be made ready; its visitor will see why")
    state.ready()
