"""Attack bench: one photograph, one ImageNet classifier, and an attack that runs step by step.

spec/methods.md §4; the attacks are in engine/attacks, each with its paper. The attack knows the
class it starts from by the model's own clean answer. Without a target it leaves that class, with
one it makes for the target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.attacks import Task
from engine.core.declare import InvalidValue, Setup, choice, picture, text, whole
from engine.core.frame import Answer
from engine.core.method import Method
from engine.core.registry import register
from engine.core.streams import stream
from engine.data import photos
from engine.methods.attacks.knobs import CLIMBING, COMPANIONS, AttackKnobs, attack_of
from engine.methods.attacks.loss_landscape import plane_slice
from engine.methods.attacks.perturbation_figures import noise_like, rounded, shown, sizes
from engine.methods.attacks.stepwise import Course
from engine.metrics.ssim import ssim
from engine.nn.imagenet import classifiers
from engine.nn.imagenet.class_names import names

PIG = "140,160,640,660"  # the crop under which the survey's hog is a hog
TOP = 5
NO_TARGET = ""


@dataclass(frozen=True)
class AttackSetup(Setup):
    """The photograph, what of it is shown to which model."""

    picture: str = picture("pig", photos.SHIPPED, help="The photograph")
    crop: str = text(
        "",
        r"(\d{1,5},\d{1,5},\d{1,5},\d{1,5})?",
        help="X0,Y0,X1,Y1 in pixels of the photograph; empty takes the whole of it",
    )
    model: str = text(
        "tf_efficientnet_lite0",
        r"[A-Za-z0-9_.\-]+",
        label="Classifier",
        help="tf_efficientnet_lite0 and squeezenet1_1 ship; any classifier of torchvision or timm by its name, with a "
        "network",
    )
    side: int = whole(224, 64, 448, help="Side of the square shown to the model", unit="pixels", step=32)


@dataclass(frozen=True)
class PhotoKnobs(AttackKnobs):
    """An attack's knobs, with a target among the 1000 classes."""

    target: str = choice(
        NO_TARGET,
        {NO_TARGET: "any other class"} | {name: name for name in names()},
        label="target",
        help="The class to reach",
    )


@register
class PhotoAttack(Method):
    """The attack on one photograph. Everything shown is measured on the image of that moment, after
    its last projection.
    """

    name = "attack"
    title = "Adversarial examples on photographs"
    Setup, Knobs = AttackSetup, PhotoKnobs
    default_steps = 30
    batches = False
    quick_metrics = ("objective", "p", "success", "l0", "l2", "linf", "ssim", "try", "taken", "rests")
    slow_metrics = ("survives_8bit", "noise")
    frame_layers = ("adversarial", "delta", "linf", "bars", "noise")
    scene_layers = ("original",)
    slow_layers = {"noise": 1.0}
    measures = {"transfer": "The image on other classifiers", "slice": "The loss around the image"}
    companions = COMPANIONS | {"difference": {"target": "airliner"}}
    contract_setup = {"model": "squeezenet1_1", "side": 64}

    def __init__(self, setup: AttackSetup, seeds: Sequence[int]) -> None:
        self.setup, self.seeds = setup, tuple(seeds)
        if not classifiers.known(setup.model):
            classifiers.load(setup.model)  # says what there is
        self.model = classifiers.load(setup.model)
        self.starts = stream(self.seeds[0], "starts")
        self.course = Course()
        self.pixels = photos.pixels(setup.picture)
        self._seen: tuple[Any, dict[str, Tensor]] | None = None
        self._moves = 0  # counts changes of state, so that a look is worked out once
        if self.pixels is not None:
            self._prepare()

    @classmethod
    def make_setup(cls, values: Mapping[str, Any]) -> AttackSetup:
        usual = {"crop": PIG} if values.get("picture", "pig") == "pig" else {}
        return AttackSetup.of({**usual, **values})

    def _prepare(self) -> None:
        box = tuple(int(v) for v in self.setup.crop.split(",")) if self.setup.crop else ()
        self.x = photos.prepare(self.pixels, box, self.setup.side)[None]
        with torch.no_grad():
            self.clean = self.model(self.x)
        self.label = self.clean.argmax(1)
        self._asked: tuple[PhotoKnobs, Task] | None = None  # the task under the knobs of the last look

    def task(self, knobs: PhotoKnobs) -> Task:
        """What the attack is asked under these knobs. Raises InvalidValue where the photograph is
        not here.
        """
        if self.pixels is None:
            raise InvalidValue(
                "this photograph was uploaded elsewhere and is not here: upload it again, or open a snapshot of the run"
            )
        if self._asked is None or self._asked[0] != knobs:
            _, norm, epsilon, _ = attack_of(knobs)
            targets = None if knobs.target == NO_TARGET else torch.tensor([names().index(knobs.target)])
            self._asked = (
                knobs,
                Task(
                    self.model,
                    self.x,
                    self.label,
                    targets,
                    norm,
                    epsilon,
                    knobs.difference and knobs.method in CLIMBING,
                ),
            )
        return self._asked[1]

    def step(self, knobs: PhotoKnobs, step: int) -> None:
        attack, _, _, settings = attack_of(knobs)
        if self.course.step(attack, self.task(knobs), settings, self.starts):
            self._moves += 1

    def rests(self, knobs: PhotoKnobs) -> bool:
        """Whether there is nothing left to do under these knobs."""
        return self.course.attack is attack_of(knobs)[0] and self.course.rests(attack_of(knobs)[3])

    def state(self) -> dict[str, Tensor]:
        out = {f"course.{name}": value for name, value in self.course.state().items()} | {
            "starts": self.starts.get_state()
        }
        if self.setup.picture not in photos.SHIPPED and self.pixels is not None:
            out["picture"] = torch.from_numpy(self.pixels.copy())
        return out

    def load(self, state: Mapping[str, Tensor]) -> None:
        if "picture" in state:
            self.pixels = np.ascontiguousarray(state["picture"].numpy())
            if photos.keep_pixels(self.pixels) != self.setup.picture:
                raise ValueError("the photograph in the snapshot is not the one its set-up names")
            self._prepare()
        self.course.load(
            {name.removeprefix("course."): value for name, value in state.items() if name.startswith("course.")}
        )
        self.starts.set_state(state["starts"])
        self._moves += 1

    # -- looking -----------------------------------------------------------------------------------------------------

    def image(self, knobs: PhotoKnobs) -> Tensor:
        """The adversarial image (3, side, side) as it stands."""
        return self._look(knobs)["image"]

    def _look(self, knobs: PhotoKnobs) -> dict[str, Tensor]:
        """image (3, side, side) and its logits (1, 1000); worked out once for each state."""
        key = self._moves, knobs
        if self._seen is None or self._seen[0] != key:
            image = self.course.image(self.task(knobs), attack_of(knobs)[3])
            with torch.no_grad():
                self._seen = key, {"image": image[0], "logits": self.model(image)}
        return self._seen[1]

    def metrics(self, knobs: PhotoKnobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        """p.label, p.top, p.target: probabilities after; p.before. objective in nats. l0 in pixels,
        l2 and linf in pixel units. ssim. success, survives_8bit (success after rounding to eight
        bits), rests: 0 or 1. Under random noise of the same size: noise.label, noise.success, the
        answer's number noise.top and its probability noise.p.
        """
        wanted = self.quick_metrics + self.slow_metrics if names is None else names
        task, seen = self.task(knobs), self._look(knobs)
        image, logits = seen["image"], seen["logits"]
        out: dict[str, float] = {}
        if "objective" in wanted:
            out["objective"] = float(task.objective(logits))
        if "p" in wanted:
            p = logits.softmax(1)[0]
            out |= {
                "p.before": float(self.clean.softmax(1)[0, self.label]),
                "p.label": float(p[self.label]),
                "p.top": float(p.max()),
            }
            if task.targets is not None:
                out["p.target"] = float(p[task.targets])
        if "success" in wanted:
            out["success"] = float(task.succeeded(logits))
        delta = image - self.x[0]
        out |= {name: value for name, value in sizes(delta).items() if name in wanted}
        if "ssim" in wanted:
            out["ssim"] = ssim(self.x[0], image)
        if "survives_8bit" in wanted:
            with torch.no_grad():
                out["survives_8bit"] = float(task.succeeded(self.model(rounded(image)[None])))
        if "noise" in wanted:
            with torch.no_grad():
                noisy = self.model(self._noisy(knobs)[None])
            p = noisy.softmax(1)[0]
            out |= {
                "noise.label": float(p[self.label]),
                "noise.top": float(p.argmax()),
                "noise.p": float(p.max()),
                "noise.success": float(task.succeeded(noisy)),
            }
        counts = {"try": self.course.tried + 1, "taken": self.course.taken, "rests": self.rests(knobs)}
        return [out | {name: float(value) for name, value in counts.items() if name in wanted}]

    def _noisy(self, knobs: PhotoKnobs) -> Tensor:
        delta = self.image(knobs) - self.x[0]
        return (self.x[0] + noise_like(delta, knobs.norm, stream(self.seeds[0], "noise"))).clamp(0, 1)

    def layers(self, knobs: PhotoKnobs, names: Sequence[str]) -> dict[str, np.ndarray]:
        """original, adversarial, noise: uint8 (side, side, 3). delta: uint8 (side, side, 3), δ =
        (value − 128)/127·linf. linf: float32 (1,), the unit of that very delta.

        bars: float32 (10, 3), rows of class, probability before, probability after: the five
        likeliest before, then the five likeliest after.
        """
        return {name: getattr(self, f"_layer_{name}")(knobs) for name in names}

    def _layer_original(self, knobs: PhotoKnobs) -> np.ndarray:
        self.task(knobs)
        return photos.to_bytes(self.x[0])

    def _layer_adversarial(self, knobs: PhotoKnobs) -> np.ndarray:
        return photos.to_bytes(self.image(knobs))

    def _layer_noise(self, knobs: PhotoKnobs) -> np.ndarray:
        return photos.to_bytes(self._noisy(knobs))

    def _layer_delta(self, knobs: PhotoKnobs) -> np.ndarray:
        return shown((self.image(knobs) - self.x[0]).permute(1, 2, 0).contiguous())

    def _layer_linf(self, knobs: PhotoKnobs) -> np.ndarray:
        return (self.image(knobs) - self.x[0]).abs().amax().reshape(1).numpy()

    def _layer_bars(self, knobs: PhotoKnobs) -> np.ndarray:
        before, after = (logits.softmax(1)[0] for logits in (self.clean, self._look(knobs)["logits"]))
        rows = torch.cat([before.topk(TOP).indices, after.topk(TOP).indices])
        return torch.stack([rows.float(), before[rows], after[rows]], 1).numpy()

    def delta(self, knobs: PhotoKnobs) -> np.ndarray:
        """δ itself, float32 (side, side, 3), for saving."""
        return (self.image(knobs) - self.x[0]).permute(1, 2, 0).contiguous().numpy()

    # -- measurements ------------------------------------------------------------------------------------------------

    def measure(self, knobs: PhotoKnobs, name: str, values: Mapping[str, Any]) -> Iterator[float | Answer]:
        """transfer {models: [names]}: this run's image on each model, random noise of its size, and
        each model's own attack on all of them, as a matrix of the probability left to the clean
        answer. slice {cells, reach}: L(x + a·s + b·r) with s the steepest and r a random direction.
        """
        if name == "transfer":
            yield from self._transfer(knobs, values)
        elif name == "slice":
            self.task(knobs)
            yield from plane_slice(
                self.task(knobs), knobs.norm, stream(self.seeds[0], "slice"), values, attack_of(knobs)[2]
            )
        else:
            raise InvalidValue(f"attack has no measurement {name!r}")

    def _transfer(self, knobs: PhotoKnobs, values: Mapping[str, Any]) -> Iterator[float | Answer]:
        models = values.get("models", list(classifiers.SHIPPED))
        if not (
            isinstance(models, (list, tuple)) and 1 <= len(models) <= 8 and all(isinstance(m, str) for m in models)
        ):
            raise InvalidValue("models: give a list of one to eight classifier names")
        attack, _, _, settings = attack_of(knobs)
        total, loaded = max(1, len(models)), []
        for k, model in enumerate(models):
            loaded.append(classifiers.load(model))
            yield 0.1 * (k + 1) / total
        rows, images, sources = [], [], [f"{self.setup.model} (this run)", "random noise, as large", *models]
        for k, source in enumerate([self.image(knobs), self._noisy(knobs), *loaded], start=-1):
            if isinstance(source, Tensor):
                image = source[None]
            else:
                with torch.no_grad():
                    label = source(self.x).argmax(1)
                task = replace(self.task(knobs), model=source, labels=label)
                course, generator = Course(), stream(self.seeds[0], f"transfer {k}")
                steps = attack.steps(settings) * attack.tries(settings)
                for i in range(steps):
                    course.step(attack, task, settings, generator)
                    yield 0.1 + 0.9 * (k - 1 + (i + 1) / steps) / total
                image = course.image(task, settings)
            images.append(photos.to_bytes(image[0]))
            rows.append([self._verdict(m, image, task_targets=self.task(knobs).targets) for m in loaded])
        yield Answer({"models": list(models), "sources": sources, "matrix": rows}, {"images": np.stack(images)})

    def _verdict(self, model: Any, image: Tensor, task_targets: Tensor | None) -> dict[str, Any]:
        """What a model says of an image, beside what it said of the clean one."""
        with torch.no_grad():
            before, after = model(self.x).softmax(1)[0], model(image).softmax(1)[0]
        label = int(before.argmax())
        answer = int(after.argmax())
        out = {
            "before": [names()[label], float(before[label])],
            "after": [names()[answer], float(after[answer])],
            "left": float(after[label]),
            "fooled": answer != label,
        }
        return out if task_targets is None else out | {"target": float(after[task_targets])}
