"""ImageNet classifiers offline: known photographs get their classes, and pixels are the unit."""

import numpy as np
import pytest
import torch
from PIL import Image

from engine.core.declare import InvalidValue
from engine.data import photos
from engine.nn.imagenet import classifiers
from engine.nn.imagenet.class_names import index, names

# Probabilities of EfficientNet-Lite0 with timm's own transform of tf_efficientnet_lite0 (shorter
# side 256, bicubic). Shrunk bilinearly the pig is a hog with .308.
KNOWN = {
    "bison": ("bison", 0.93),
    "dog": ("German shepherd", 0.975),
    "koala": ("koala", 0.93),
    "panda": ("giant panda", 0.97),
    "polar_bear": ("ice bear", 0.99),
    "pig": ("hog", 0.37),
}


def probabilities(model, picture, box=()):
    found = classifiers.load(model)
    x = photos.prepare(photos.pixels(picture), box, fit=found.fit)[None]
    with torch.no_grad():
        return found(x).softmax(1)[0]


@pytest.mark.parametrize("name", classifiers.SHIPPED)
def test_what_ships_is_bit_for_bit_what_its_library_builds(name):
    mine = classifiers.load(name).net
    theirs = (
        classifiers.timm().create_model(name) if "lite" in name else classifiers.torchvision().models.get_model(name)
    )
    theirs.load_state_dict(mine.state_dict())
    theirs.to(memory_format=torch.channels_last).eval()
    for side in (224, 193):  # one that every stride divides, and one that none does
        x = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(0))
        x = x.contiguous(memory_format=torch.channels_last).requires_grad_()
        (a, a_x), (b, b_x) = ((y, torch.autograd.grad(y[:, 7].sum(), x)[0]) for y in (mine(x), theirs(x)))
        assert torch.equal(a, b) and torch.equal(a_x, b_x)


def test_each_classifier_is_given_photographs_by_its_own_librarys_transform():
    timm, models = classifiers.timm(), classifiers.torchvision().models
    config = timm.data.resolve_model_data_config(timm.create_model("tf_efficientnet_lite0"))
    theirs = {
        "tf_efficientnet_lite0": timm.data.create_transform(**config).transforms[:2],
        "squeezenet1_1": [models.get_model_weights("squeezenet1_1").DEFAULT.transforms()],
    }
    for name in ("pig", "koala", "panda"):
        picture = photos.pixels(name)
        wanted = Image.fromarray(picture)
        for transform in theirs["tf_efficientnet_lite0"]:
            wanted = transform(wanted)
        x = photos.prepare(picture, fit=classifiers.load("tf_efficientnet_lite0").fit)
        assert np.array_equal(photos.to_bytes(x), np.asarray(wanted))
        (whole,) = theirs["squeezenet1_1"]
        found = photos.prepare(picture, fit=classifiers.load("squeezenet1_1").fit)
        mean, sd = (torch.tensor(v).view(3, 1, 1) for v in (whole.mean, whole.std))
        assert torch.allclose(whole(Image.fromarray(picture)), (found - mean) / sd, atol=1e-5)


@pytest.mark.parametrize(
    "config, says",
    [
        ({"crop_pct": 0.95, "crop_mode": "center", "interpolation": "bicubic"}, "shorter side to 235, bicubic"),
        ({"crop_pct": 1.0, "crop_mode": "squash", "interpolation": "bilinear"}, "squashed to 224 × 224, bilinear"),
        ({"crop_pct": 0.9, "crop_mode": "border", "interpolation": "bicubic"}, "longer side to 248, with a border"),
    ],
)
def test_what_a_timm_model_wants_is_done_and_described(config, says):
    fit = classifiers.TimmFit.of(config)
    picture = photos.pixels("panda")
    x = photos.prepare(picture, fit=fit)
    theirs = classifiers.timm().data.create_transform((3, 224, 224), **config).transforms[:-2]
    wanted = Image.fromarray(picture)
    for transform in theirs:
        wanted = transform(wanted)
    assert says in fit.describe(224) and np.array_equal(photos.to_bytes(x), np.asarray(wanted))


def test_torchvisions_resize_size_counts():
    weights = classifiers.torchvision().models.get_model_weights("resnet50").DEFAULT
    fit = classifiers._torchvision_fit(weights.transforms())
    assert fit == photos.Centre(232, 224, "bilinear") and fit.describe(224).startswith("shorter side to 232")


@pytest.mark.parametrize("picture", KNOWN)
def test_lite0_knows_the_photographs(picture):
    name, expected = KNOWN[picture]
    p = probabilities("tf_efficientnet_lite0", picture)
    assert int(p.argmax()) == index(name) and float(p.max()) == pytest.approx(expected, abs=0.006)


def test_the_crop_makes_the_pig_a_hog():
    p = probabilities("tf_efficientnet_lite0", "pig", (140, 160, 640, 660))
    assert names()[int(p.argmax())] == "hog" and float(p.max()) == pytest.approx(0.576, abs=0.005)


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
