"""ImageNet classifiers as one kind of module: images in [0, 1] → 1000 logits.

The normalisation is inside, so that ε is in pixel units for every model. Two ship with their
weights; any other classifier of torchvision or timm is found by its name, and its weights are
downloaded the first time.
"""

from __future__ import annotations

import functools
import math
import socket
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import safetensors.torch
import torch
from PIL import Image
from torch import Tensor, nn

from engine.core.assets import ASSETS
from engine.core.declare import InvalidValue, brief, nearest
from engine.data import photos
from engine.data.photos import CENTRE, Centre, Fit
from engine.nn.imagenet.libraries import timm, torchvision
from engine.nn.imagenet.networks import EfficientNetLite0, SqueezeNet

SHIPPED = {"tf_efficientnet_lite0": "EfficientNet-Lite0", "squeezenet1_1": "SqueezeNet 1.1"}


@dataclass(frozen=True)
class TimmFit:
    """timm's own transform of a model, by its configuration: interpolation, crop_pct, crop_mode.

    Its crop_mode may also be to squash the photograph or to put a border around it.
    """

    how: str
    share: float
    mode: str

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> TimmFit:
        """The fit of a timm model's data configuration."""
        return cls(config["interpolation"], config["crop_pct"], config["crop_mode"])

    def __call__(self, image: Image.Image, side: int) -> Image.Image:
        whole = timm().data.create_transform(
            (3, side, side), interpolation=self.how, crop_pct=self.share, crop_mode=self.mode
        )
        for transform in whole.transforms[:-2]:  # without those into a normalised tensor
            image = transform(image)
        return image

    def describe(self, side: int) -> str:
        at = math.floor(side / self.share)
        first = {"squash": f"squashed to {at} × {at}", "border": f"longer side to {at}, with a border"}
        return f"{first.get(self.mode, f'shorter side to {at}')}, {self.how}, then the middle {side} × {side}"


class Classifier(nn.Module):
    """x (N, 3, side, side) in [0, 1] → logits (N, 1000): net((x − mean)/sd).

    Frozen and in evaluation mode. mean, sd: of the three channels. side: pixels. bgr: whether the
    net takes the channels as blue, green, red; mean and sd are then in that order. fit: how its
    library brings a photograph to the square when it is evaluated.
    """

    def __init__(
        self,
        name: str,
        net: nn.Module,
        mean: tuple[float, ...],
        sd: tuple[float, ...],
        side: int = 224,
        bgr: bool = False,
        fit: Fit = CENTRE,
    ) -> None:
        super().__init__()
        self.name = name
        self.fit = fit
        self.side = side
        self.net = net
        self.bgr = bgr
        self.register_buffer("scale", 1 / torch.tensor(sd).view(3, 1, 1))
        self.register_buffer("shift", -torch.tensor(mean).view(3, 1, 1) * self.scale)
        # Channels last takes half the time of a step on a processor (measured: .35 → .16 s on
        # Lite0, .14 → .06 s on SqueezeNet).
        self.to(memory_format=torch.channels_last).eval().requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.addcmul(self.shift, x.flip(1) if self.bgr else x, self.scale)
        return self.net(x.contiguous(memory_format=torch.channels_last))


def title(name: str) -> str:
    """The name of a model as pages show it."""
    return SHIPPED.get(name, name)


@functools.lru_cache(maxsize=4)  # the models in use, not every one that was ever tried
def load(name: str) -> Classifier:
    """The classifier `name`, shared by all runs of the process.

    Raises InvalidValue where there is no such model, where its weights cannot be downloaded, and
    where it does not have ImageNet's 1000 classes.
    """
    if name == "tf_efficientnet_lite0":
        weights = safetensors.torch.load_file(ASSETS / "imagenet" / f"{name}.safetensors")
        fit = Centre(256, 224, "bicubic")  # as timm's configuration of the model has it
        return Classifier(name, _with(EfficientNetLite0, weights), (127 / 255,) * 3, (128 / 255,) * 3, fit=fit)
    if name == "squeezenet1_1":
        weights = torch.load(ASSETS / "imagenet" / f"{name}.pt", weights_only=True)
        blue_first = tuple(m / 255 for m in (103.939, 116.779, 123.68))
        return Classifier(name, _with(SqueezeNet, weights), blue_first, (1 / 255,) * 3, bgr=True)
    with _quiet_draws():
        return _by_name(name)


def _with(kind: type[nn.Module], weights: Mapping[str, Tensor]) -> nn.Module:
    """A network that has these weights, and never had others."""
    with torch.device("meta"):
        net = kind()
    net.load_state_dict(weights, assign=True)
    return net


def fit_of(name: str) -> Fit:
    """How the library of a classifier brings a photograph to its square. Raises as `load` does."""
    return load(name).fit


def shown(name: str, boxes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Photographs that ship as a classifier is given them, uint8 (side, side, 3) each.

    boxes: photograph → the part of it, as photos.prepare takes it. Raises as `load` does.
    """
    fit = fit_of(name)
    return {p: photos.to_bytes(photos.prepare(photos.pixels(p), box, fit=fit)) for p, box in boxes.items()}


def known(name: str) -> bool:
    """Whether torchvision or timm has a classifier of this name."""
    return name in SHIPPED or name in _torchvision_names() or timm().is_model(name)


@functools.cache
def _torchvision_names() -> frozenset[str]:
    models = torchvision().models
    # The module itself has the classifiers; models for other tasks are in its sub-packages.
    return frozenset(models.list_models(module=models))


def _by_name(name: str) -> Classifier:
    if name in _torchvision_names():
        weights = torchvision().models.get_model_weights(name).DEFAULT
        net = _fetch(name, lambda: torchvision().models.get_model(name, weights=weights, progress=True))
        transforms = weights.transforms()
        fit = _torchvision_fit(transforms)
        return Classifier(name, net, tuple(transforms.mean), tuple(transforms.std), transforms.crop_size[0], fit=fit)
    if timm().is_model(name):
        net = _fetch(name, lambda: _from_hub(name))
        config = timm().data.resolve_model_data_config(net)
        if net.num_classes != 1000:
            raise InvalidValue(f"the model {name} knows {net.num_classes} classes, not ImageNet's 1000: choose another")
        side, fit = config["input_size"][-1], TimmFit.of(config)
        return Classifier(name, net, tuple(config["mean"]), tuple(config["std"]), side, fit=fit)
    near = nearest(name, [*SHIPPED, *sorted(_torchvision_names()), *timm().list_models()])
    hint = f"; did you mean {' or '.join(near)}?" if near else ", resnet50 is another"
    raise InvalidValue(
        f"there is no classifier {brief(name)} in torchvision or timm: {' and '.join(SHIPPED)} are included{hint}"
    )


def _torchvision_fit(transforms: Any) -> Centre:
    """The fit of the transforms that torchvision has with a model's weights."""
    return Centre(transforms.resize_size[0], transforms.crop_size[0], transforms.interpolation.value)


def _fetch(name: str, make: Callable[[], nn.Module]) -> nn.Module:
    """Build a model with downloaded weights.

    Raises InvalidValue for whatever the libraries raise where there is no network.
    """
    try:
        return make()
    except Exception as error:
        raise InvalidValue(
            f"the weights of {name} are not here and could not be fetched ({type(error).__name__}): connect to a "
            f"network once, "
            f"or choose {' or '.join(SHIPPED)}, which are included"
        ) from error


def _from_hub(name: str) -> nn.Module:
    """timm's model.

    Without a network the hub's client would try each of several files five times, for more than a
    minute. Set to offline it uses the weights stored on this machine, or gives up at once.
    """
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or not _reachable(constants.ENDPOINT)
    try:
        return timm().create_model(name, pretrained=True)
    finally:
        constants.HF_HUB_OFFLINE = before


def _reachable(address: str) -> bool:
    """Whether the host of `address` answers; behind a proxy, which cannot be asked, True."""
    if urllib.request.getproxies():
        return True
    parts = urllib.parse.urlsplit(address)
    try:
        socket.create_connection((parts.hostname, parts.port or {"http": 80}.get(parts.scheme, 443)), timeout=5).close()
    except OSError:
        return False
    return True


class _quiet_draws:
    """Restores torch's global generator, from which building a model draws initial weights."""

    def __enter__(self) -> None:
        self.state = torch.get_rng_state()

    def __exit__(self, *_: object) -> None:
        torch.set_rng_state(self.state)
