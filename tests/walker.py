"""Walker: a method small enough to see through, that offers everything a method may."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch

from engine.core.declare import InvalidValue, Knobs, Setup, choice, ink, number, whole
from engine.core.frame import Answer, Phase
from engine.core.method import Method
from engine.core.streams import stream


@dataclass(frozen=True)
class WalkerSetup(Setup):
    """Where it starts."""

    origin: int = whole(0, -5, 5, help="Start")


@dataclass(frozen=True)
class WalkerKnobs(Knobs):
    """How it walks."""

    stride: float = number(1, 0, 10, 0.1, help="Length of a step")
    update: str = choice("both", {"both": "both", "x": "x alone"}, help="What moves")
    density: tuple[int, ...] = ink(4, help="A painting")


class Walker(Method):
    """A random walk in the plane."""

    name, title, Setup, Knobs = "walker", "A random walk", WalkerSetup, WalkerKnobs
    quick_metrics, slow_metrics = ("x",), ()
    frame_layers, scene_layers = ("place", "trail"), ("ground",)
    slow_layers = {"trail": 0.25}
    scene_knobs = ("density",)
    questions, measures, phases = ("where",), {"mean": "Mean place"}, ("draw", "move")

    def __init__(self, setup, seeds):
        self.place = torch.full((2,), float(setup.origin))
        self.generator = stream(seeds[0], "walk")

    def step(self, knobs, step):
        for _ in self.phases_of(knobs, step):
            pass

    def phases_of(self, knobs, step):
        d = torch.randn(2, generator=self.generator)
        yield Phase("draw", {"d": float(d[0])}, {"arrow": d.numpy()})
        self.place = self.place + knobs.stride * d * torch.tensor([1.0, float(knobs.update == "both")])
        yield Phase("move", {"x": float(self.place[0])})

    def metrics(self, knobs, names=None):
        return [{"x": float(self.place[0])}]

    def layers(self, knobs, names):
        arrays = {
            "place": self.place.numpy(),
            "trail": self.place.numpy().copy(),
            "ground": np.array(knobs.density, np.uint8),
        }
        return {n: arrays[n] for n in names}

    def state(self):
        return {"place": self.place.clone(), "generator": self.generator.get_state()}

    def load(self, state):
        self.place = state["place"].clone()
        self.generator.set_state(state["generator"].clone())

    def ask(self, knobs, name, values):
        if "plus" not in values:
            raise InvalidValue("give plus")
        return Answer({"x": float(self.place[0]) + values["plus"]}, {"place": self.place.numpy()})

    def measure(self, knobs, name, values):
        for i in range(values.get("pieces", 10)):
            time.sleep(0.01)
            yield (i + 1) / 10
        yield Answer({"x": float(self.place[0])})
