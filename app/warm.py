"""What the first visitor would otherwise wait for: done beside the server's start."""

from __future__ import annotations

import logging

import torch

from app.delivery.bundle import bundle
from engine.core.registry import find
from engine.runs.run import Run

FIRST = "vat"  # the method of the first lab in the menu

log = logging.getLogger(__name__)


def warm() -> None:
    """Link the bundle, and train and look at a run once: torch sets much up at the first use."""
    torch.set_num_threads(1)
    try:
        bundle().current()
        method = find(FIRST)
        run = Run(method, method.make_setup({}), 0)
        run.advance(run.knobs, 2)
        run.method.layers(run.knobs, (*method.frame_layers, *method.scene_layers))
        run.method.metrics(run.knobs, method.quick_metrics + method.slow_metrics)
    except Exception:
        log.exception("the first lab could not be made ready; its visitor will see why")
