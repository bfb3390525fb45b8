"""The nearest training digits."""

import time

import torch

from engine.data import mnist
from engine.metrics import nearest_neighbour as module
from engine.metrics.nearest_neighbour import nearest_neighbour


def test_the_nearest_of_a_training_image_is_itself():
    x = mnist.images("train")[[5, 59_999, 30_000]].float() / 255
    index, distance = nearest_neighbour(x)
    assert index.tolist() == [5, 59_999, 30_000] and distance.max() < 1e-3


def test_the_nearest_agrees_with_plain_distances():
    x = mnist.images("test")[:4].float() / 255
    index, distance = nearest_neighbour(x)
    all_of_them = torch.cdist(x.double(), mnist.images("train")[:].double() / 255)
    assert torch.equal(index, all_of_them.argmin(1))
    assert torch.allclose(distance.double(), all_of_them.min(1).values, atol=1e-3)


def test_the_images_are_let_go_when_nobody_asks_any_more(monkeypatch):
    monkeypatch.setattr(module, "KEPT", 0.2)
    whole = module._Whole()
    assert torch.equal(whole.images()[59_990:], mnist.images("train")[59_990:]) and whole._images is not None
    end = time.monotonic() + 20
    while whole._images is not None and time.monotonic() < end:
        time.sleep(0.05)
    assert whole._images is None and len(whole.images()) == 60_000
