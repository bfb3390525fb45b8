"""Attacks lab: one photograph, one ImageNet classifier, and an attack that runs step by step.

The attacks are in engine/attacks, each with its paper, from FGSM (Goodfellow, Shlens, Szegedy 2014,
arXiv 1412.6572, §4) and PGD (Madry et al. 2017, arXiv 1706.06083, §2.1) to DeepFool. The label that
the attack starts from is the model's own answer to the clean photograph. Without a target the
attack leaves that class; with one it goes to the target.
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
from engine.methods.attacks.loss_landscape import loss_over_plane
from engine.methods.attacks.perturbation_figures import delta_to_bytes, noise_like, rounded, sizes
from engine.methods.attacks.stepwise import StepwiseAttack
from engine.metrics.ssim import ssim
from engine.nn.imagenet import classifiers
from engine.nn.imagenet.class_names import index, names

PIG = "140,160,640,660"  # the crop of the pig in which the default classifier finds a hog
FITS = {"own": "as its library evaluates the classifier", "bilinear": "shorter side to 256/224 of the square, bilinear"}
TOP = 5  # likeliest classes shown
NO_TARGET = ""
PREFIX = "course."  # of the attack's tensors in a saved state


@dataclass(frozen=True)
class AttackSetup(Setup):
    """The photograph, and what of it is shown to which model."""

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
        help="tf_efficientnet_lite0 and squeezenet1_1 are included; any classifier of torchvision or timm by its "
        "name, with a network",
    )
    side: int = whole(224, 64, 448, help="Side of the square shown to the model", unit="pixels", step=32)
    # The default is that of runs saved before the field was there; make_setup gives new ones "own".
    fit: str = choice("bilinear", FITS, label="Transform", help="How the photograph is brought to the square")


@dataclass(frozen=True)
class PhotoKnobs(AttackKnobs):
    """An attack's knobs, with a target among the 1000 classes."""

    target: str = choice(
        NO_TARGET,
        {NO_TARGET: "any other class"} | {name: name for name in names()},
        label="target",
        help="The class to reach",
    )

    def __post_init__(self) -> None:
        if isinstance(self.target, str) and self.target not in (NO_TARGET, *names()):
            object.__setattr__(self, "target", names()[index(self.target)])
        super().__post_init__()


@register
class PhotoAttack(Method):
    """The attack on one photograph.

    Everything shown is measured on the present image, after its last projection.
    """

    name = "attack"
    title = "Adversarial examples on photographs"
    Setup = AttackSetup
    Knobs = PhotoKnobs
    default_steps = 30
    batches = False
    quick_metrics = ("objective", "p", "success", "l0", "l2", "linf", "ssim", "try", "taken", "rests")
    slow_metrics = ("survives_8bit", "noise")
    frame_layers = ("adversarial", "delta", "linf", "bars", "noise")
    scene_layers = ("original",)
    slow_layers = {"noise": 1.0}
    questions = ("files",)
    measures = {"transfer": "The image on other classifiers", "slice": "The loss around the image"}
    companions = COMPANIONS | {"difference": {"target": "airliner"}}
    contract_setup = {"model": "squeezenet1_1", "side": 64}

    def __init__(self, setup: AttackSetup, seeds: Sequence[int]) -> None:
        self.setup = setup
        self.seeds = tuple(seeds)
        self.model = classifiers.load(setup.model)  # raises InvalidValue for an unknown one
        self.starts = stream(self.seeds[0], "starts")
        self.stepwise = StepwiseAttack()
        self.pixels = photos.pixels(setup.picture)  # None for an upload that this process does not have
        self._version = 0  # counts changes of the state, so that an image is looked at only once
        self._present_of: tuple[Any, dict[str, Tensor]] | None = None  # (version, knobs) and image
        self._task_of: tuple[PhotoKnobs, Task] | None = None  # the last knobs and their task
        if self.pixels is not None:
            self._prepare()

    @classmethod
    def make_setup(cls, values: Mapping[str, Any]) -> AttackSetup:
        suits = {"crop": PIG} if values.get("picture", "pig") == "pig" else {}
        return AttackSetup.of({"fit": "own", **suits, **values})

    def _prepare(self) -> None:
        """The clean image x (1, 3, side, side), its logits (1, 1000) and label (1,)."""
        box = tuple(int(v) for v in self.setup.crop.split(",")) if self.setup.crop else ()
        fit = self.model.fit if self.setup.fit == "own" else photos.CENTRE
        self.x = photos.prepare(self.pixels, box, self.setup.side, fit)[None]
        with torch.no_grad():
            self.clean = self.model(self.x)
        self.label = self.clean.argmax(1)
        self._task_of = None

    def task(self, knobs: PhotoKnobs) -> Task:
        """What the attack has to solve under these knobs.

        Raises InvalidValue where the photograph is an upload that this process does not have.
        """
        if self.pixels is None:
            raise InvalidValue(
                "this photograph was uploaded elsewhere and is not here: upload it again, or open a snapshot of the run"
            )
        if self._task_of is None or self._task_of[0] != knobs:
            chosen = attack_of(knobs)
            targets = None if knobs.target == NO_TARGET else torch.tensor([names().index(knobs.target)])
            difference = knobs.difference and knobs.method in CLIMBING
            task = Task(self.model, self.x, self.label, targets, chosen.norm, chosen.epsilon, difference)
            self._task_of = knobs, task
        return self._task_of[1]

    def step(self, knobs: PhotoKnobs, step: int) -> None:
        chosen = attack_of(knobs)
        if self.stepwise.step(chosen.attack, self.task(knobs), chosen.settings, self.starts):
            self._version += 1

    def rests(self, knobs: PhotoKnobs) -> bool:
        """Whether there is nothing left to do under these knobs."""
        chosen = attack_of(knobs)
        return self.stepwise.attack is chosen.attack and self.stepwise.rests(chosen.settings)

    def state(self) -> dict[str, Tensor]:
        out = {f"{PREFIX}{name}": value for name, value in self.stepwise.state().items()}
        out["starts"] = self.starts.get_state()
        if self.setup.picture not in photos.SHIPPED and self.pixels is not None:
            out["picture"] = torch.from_numpy(self.pixels.copy())
        return out

    def load(self, state: Mapping[str, Tensor]) -> None:
        if "picture" in state:
            self.pixels = np.ascontiguousarray(state["picture"].numpy())
            if photos.store_pixels(self.pixels) != self.setup.picture:
                raise ValueError("the photograph in the snapshot is not the one its set-up names")
            self._prepare()
        self.stepwise.load(
            {name.removeprefix(PREFIX): value for name, value in state.items() if name.startswith(PREFIX)},
            lambda: self.task(PhotoKnobs()),
        )
        self.starts.set_state(state["starts"])
        self._version += 1

    # -- looking -----------------------------------------------------------------------------------

    def image(self, knobs: PhotoKnobs) -> Tensor:
        """The present adversarial image (3, side, side), in [0, 1]."""
        return self._present(knobs)["image"]

    def _present(self, knobs: PhotoKnobs) -> dict[str, Tensor]:
        """image (3, side, side) and its logits (1, 1000); computed once for each state."""
        key = self._version, knobs
        if self._present_of is None or self._present_of[0] != key:
            image = self.stepwise.image(self.task(knobs), attack_of(knobs).settings)
            with torch.no_grad():
                self._present_of = key, {"image": image[0], "logits": self.model(image)}
        return self._present_of[1]

    def metrics(self, knobs: PhotoKnobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        """The numbers of the groups `names` (None: all), in a list of one dict.

        p: p.before, the probability of the label before the attack, and after it p.label, p.top (of
        the likeliest class) and p.target. objective: nats. l0: pixels. l2, linf: pixel units. ssim.
        success, survives_8bit (success after rounding to eight bits) and rests: 0 or 1. try, taken:
        the number of the try, and its steps. noise: under random noise as large as δ, noise.label,
        noise.success, the answer's number noise.top and its probability noise.p.
        """
        wanted = self.quick_metrics + self.slow_metrics if names is None else names
        task = self.task(knobs)
        present = self._present(knobs)
        image, logits = present["image"], present["logits"]
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
        counts = {"try": self.stepwise.tried + 1, "taken": self.stepwise.taken, "rests": self.rests(knobs)}
        return [out | {name: float(value) for name, value in counts.items() if name in wanted}]

    def _noisy(self, knobs: PhotoKnobs) -> Tensor:
        """The photograph (3, side, side) with random noise as large as δ."""
        delta = self.image(knobs) - self.x[0]
        return (self.x[0] + noise_like(delta, knobs.norm, stream(self.seeds[0], "noise"))).clamp(0, 1)

    def layers(self, knobs: PhotoKnobs, names: Sequence[str]) -> dict[str, np.ndarray]:
        """The arrays `names` to draw.

        original, adversarial, noise: uint8 (side, side, 3). delta: uint8 (side, side, 3), with δ =
        (value − 128)/127·linf. linf: float32 (1,), ‖δ‖_∞ of the same image, pixel units.

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
        return delta_to_bytes((self.image(knobs) - self.x[0]).permute(1, 2, 0).contiguous())

    def _layer_linf(self, knobs: PhotoKnobs) -> np.ndarray:
        return (self.image(knobs) - self.x[0]).abs().amax().reshape(1).numpy()

    def _layer_bars(self, knobs: PhotoKnobs) -> np.ndarray:
        before, after = (logits.softmax(1)[0] for logits in (self.clean, self._present(knobs)["logits"]))
        rows = torch.cat([before.topk(TOP).indices, after.topk(TOP).indices])
        return torch.stack([rows.float(), before[rows], after[rows]], 1).numpy()

    def delta(self, knobs: PhotoKnobs) -> np.ndarray:
        """δ, float32 (side, side, 3) in pixel units, for saving."""
        return (self.image(knobs) - self.x[0]).permute(1, 2, 0).contiguous().numpy()

    def ask(self, knobs: PhotoKnobs, name: str, values: Mapping[str, Any]) -> Answer:
        """ "files": what is offered to save. Layers: image, uint8 (side, side, 3), and delta."""
        if name != "files":
            return super().ask(knobs, name, values)
        return Answer({}, {"image": photos.to_bytes(self.image(knobs)), "delta": self.delta(knobs)})

    # -- measurements ------------------------------------------------------------------------------

    def measure(self, knobs: PhotoKnobs, name: str, values: Mapping[str, Any]) -> Iterator[float | Answer]:
        """Shares done, 0 to 1, then the Answer to "transfer" or "slice". Raises InvalidValue.

        transfer {models: one to eight names}: this run's image, the photograph with random noise as
        large, and the image of an attack on each model, all given to each model. Numbers: models,
        sources, and matrix[source][model] of the model's answers before and after, the probability
        left to its clean answer, and whether the answer changed. Layer: images, uint8 (sources,
        side, side, 3). slice {cells, line, reach}: see loss_landscape.loss_over_plane.
        """
        if name == "transfer":
            yield from self._transfer(knobs, values)
        elif name == "slice":
            directions = stream(self.seeds[0], "slice")
            yield from loss_over_plane(self.task(knobs), knobs.norm, directions, values, attack_of(knobs).epsilon)
        else:
            raise InvalidValue(f"attack has no measurement {name!r}")

    def _transfer(self, knobs: PhotoKnobs, values: Mapping[str, Any]) -> Iterator[float | Answer]:
        models = values.get("models", list(classifiers.SHIPPED))
        if not (
            isinstance(models, (list, tuple)) and 1 <= len(models) <= 8 and all(isinstance(m, str) for m in models)
        ):
            raise InvalidValue("models: give a list of one to eight classifier names")
        chosen = attack_of(knobs)
        attack, settings = chosen.attack, chosen.settings
        total = max(1, len(models))
        loaded = []
        for k, model in enumerate(models):
            loaded.append(classifiers.load(model))
            yield 0.1 * (k + 1) / total
        rows = []
        images = []
        sources = [f"{self.setup.model} (this run)", "random noise, as large", *models]
        for k, source in enumerate([self.image(knobs), self._noisy(knobs), *loaded], start=-1):
            if isinstance(source, Tensor):
                image = source[None]
            else:
                with torch.no_grad():
                    label = source(self.x).argmax(1)
                task = replace(self.task(knobs), model=source, labels=label)
                stepwise, generator = StepwiseAttack(), stream(self.seeds[0], f"transfer {k}")
                steps = attack.steps(settings) * attack.tries(settings)
                for i in range(steps):
                    stepwise.step(attack, task, settings, generator)
                    yield 0.1 + 0.9 * (k - 1 + (i + 1) / steps) / total
                image = stepwise.image(task, settings)
            images.append(photos.to_bytes(image[0]))
            rows.append([self._answer_of(m, image, self.task(knobs).targets) for m in loaded])
        yield Answer({"models": list(models), "sources": sources, "matrix": rows}, {"images": np.stack(images)})

    def _answer_of(self, model: Any, image: Tensor, targets: Tensor | None) -> dict[str, Any]:
        """A model's answer to an image (1, 3, side, side), and to the clean photograph."""
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
        return out if targets is None else out | {"target": float(after[targets])}
