"""ImageNet classifiers as one kind of module: images in [0, 1] → 1000 logits.

The normalisation is inside, so that ε is in pixel units for every model. Two ship with their
weights; any other classifier of torchvision or timm is found by its name, and its weights are
downloaded the first time.
"""

from __future__ import annotations

import functools
import socket
import urllib.parse
import urllib.request
from collections.abc import Callable

import safetensors.torch
import torch
from torch import Tensor, nn

from engine.core.assets import ASSETS
from engine.core.declare import InvalidValue
from engine.nn.imagenet.libraries import timm, torchvision

SHIPPED = {"tf_efficientnet_lite0": "EfficientNet-Lite0", "squeezenet1_1": "SqueezeNet 1.1"}


class Classifier(nn.Module):
    """x (N, 3, side, side) in [0, 1] → logits (N, 1000): net((x − mean)/sd).

    Frozen and in evaluation mode. mean, sd: of the three channels. side: pixels. bgr: whether the
    net takes the channels as blue, green, red; mean and sd are then in that order.
    """

    def __init__(
        self,
        name: str,
        net: nn.Module,
        mean: tuple[float, ...],
        sd: tuple[float, ...],
        side: int = 224,
        bgr: bool = False,
    ) -> None:
        super().__init__()
        self.name = name
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
    with _quiet_draws():
        if name == "tf_efficientnet_lite0":
            net = timm().create_model(name)
            net.load_state_dict(safetensors.torch.load_file(ASSETS / "imagenet" / f"{name}.safetensors"))
            return Classifier(name, net, (127 / 255,) * 3, (128 / 255,) * 3)
        if name == "squeezenet1_1":
            net = torchvision().models.squeezenet1_1()
            net.load_state_dict(torch.load(ASSETS / "imagenet" / f"{name}.pt", weights_only=True))
            blue_first = tuple(m / 255 for m in (103.939, 116.779, 123.68))
            return Classifier(name, net, blue_first, (1 / 255,) * 3, bgr=True)
        return _by_name(name)


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
        return Classifier(name, net, tuple(transforms.mean), tuple(transforms.std), transforms.crop_size[0])
    if timm().is_model(name):
        net = _fetch(name, lambda: _from_hub(name))
        config = timm().data.resolve_model_data_config(net)
        if net.num_classes != 1000:
            raise InvalidValue(f"the model {name} knows {net.num_classes} classes, not ImageNet's 1000: choose another")
        return Classifier(name, net, tuple(config["mean"]), tuple(config["std"]), config["input_size"][-1])
    raise InvalidValue(
        f"there is no classifier {name!r} in torchvision or timm: {' and '.join(SHIPPED)} are included, resnet50 is "
        "another"
    )


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
