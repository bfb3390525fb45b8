"""ImageNet classifiers offline: known photographs get their classes, and pixels are the unit."""

import pytest
import torch

from engine.core.declare import InvalidValue
from engine.data import photos
from engine.nn.imagenet import classifiers
from engine.nn.imagenet.class_names import index, names

# Probabilities of EfficientNet-Lite0 measured for the project with a separate implementation of its
# preprocessing.
KNOWN = {
    "bison": ("bison", 0.94),
    "dog": ("German shepherd", 0.97),
    "koala": ("koala", 0.94),
    "panda": ("giant panda", 0.97),
    "polar_bear": ("ice bear", 0.99),
    "pig": ("hog", 0.31),
}


def probabilities(model, picture, box=()):
    x = photos.prepare(photos.pixels(picture), box)[None]
    with torch.no_grad():
        return classifiers.load(model)(x).softmax(1)[0]


@pytest.mark.parametrize("picture", KNOWN)
def test_lite0_knows_the_photographs(picture):
    name, expected = KNOWN[picture]
    p = probabilities("tf_efficientnet_lite0", picture)
    assert int(p.argmax()) == index(name) and float(p.max()) == pytest.approx(expected, abs=0.01)


def test_the_crop_makes_the_pig_a_hog():
    p = probabilities("tf_efficientnet_lite0", "pig", (140, 160, 640, 660))
    assert names()[int(p.argmax())] == "hog" and float(p.max()) == pytest.approx(0.53, abs=0.01)


@pytest.mark.parametrize("picture", ["bison", "koala", "panda", "polar_bear", "dog"])
def test_squeezenet_knows_them_too(picture):
    p = probabilities("squeezenet1_1", picture)
    assert int(p.argmax()) == index(KNOWN[picture][0]) and p.max() > 0.9


@pytest.mark.parametrize(
    "model, order, mean, sd",
    [
        ("tf_efficientnet_lite0", [0, 1, 2], [127, 127, 127], 128.0),
        ("squeezenet1_1", [2, 1, 0], [103.939, 116.779, 123.68], 1.0),
    ],
)
def test_normalisation_is_inside(model, order, mean, sd):
    found, x = classifiers.load(model), photos.prepare(photos.pixels("cat"))[None]
    byhand = (255 * x[:, order] - torch.tensor(mean).view(3, 1, 1)) / sd
    with torch.no_grad():
        assert torch.allclose(found(x), found.net(byhand), atol=1e-3)


def test_models_are_frozen_and_shared_and_draw_nothing():
    before = torch.get_rng_state()
    classifiers.load.cache_clear()
    model = classifiers.load("squeezenet1_1")
    assert torch.equal(before, torch.get_rng_state())
    assert classifiers.load("squeezenet1_1") is model and not model.training
    assert not any(p.requires_grad for p in model.parameters())


def test_unknown_models_and_missing_networks_say_so(monkeypatch):
    with pytest.raises(InvalidValue, match="no classifier 'nonesuch'"):
        classifiers.load("nonesuch")

    def offline(*_, **__):
        raise OSError("no route")

    monkeypatch.setattr("torch.hub.load_state_dict_from_url", offline)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", offline)
    with pytest.raises(InvalidValue, match="connect to a network once"):
        classifiers.load("resnet18")
    assert classifiers.known("resnet50")
    assert classifiers.known("vit_tiny_patch16_224")
    assert not classifiers.known("nonesuch")


def test_other_torchvision_models_get_their_own_normalisation(monkeypatch):
    from engine.nn.imagenet.libraries import torchvision

    plain = torchvision().models.resnet18(weights=None)
    monkeypatch.setattr(torchvision().models, "get_model", lambda name, weights, progress: plain)
    classifiers.load.cache_clear()
    model, x = classifiers.load("resnet18"), torch.rand(1, 3, 224, 224)
    mean, sd = (torch.tensor(v).view(3, 1, 1) for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    with torch.no_grad():
        assert torch.allclose(model(x), model.net((x - mean) / sd), atol=1e-4)
    classifiers.load.cache_clear()
