"""The nearest training digits."""

import torch

from engine.data import mnist
from engine.metrics.nearest_neighbour import nearest_neighbour


def test_the_nearest_of_a_training_image_is_itself():
    x = mnist.images("train")[[5, 59_999, 30_000]].float() / 255
    index, distance = nearest_neighbour(x)
    assert index.tolist() == [5, 59_999, 30_000] and distance.max() < 1e-3


def test_the_nearest_agrees_with_plain_distances():
    x = mnist.images("test")[:4].float() / 255
    index, distance = nearest_neighbour(x)
    all_of_them = torch.cdist(x.double(), mnist.images("train").double() / 255)
    assert torch.equal(index, all_of_them.argmin(1))
    assert torch.allclose(distance.double(), all_of_them.min(1).values, atol=1e-3)
