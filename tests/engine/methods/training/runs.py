"""Small runs in the plane."""

from engine.methods.training.plane import Training
from engine.runs.run import Run

SMALL = {"train": 24, "test": 40, "hidden": "16"}


def started(seed=0, setup=None, **knobs):
    """A new small run, and its knobs."""
    setup = Training.make_setup({**SMALL, **(setup or {})})
    return Run(Training, setup, seed), Training.make_knobs(setup, knobs)
