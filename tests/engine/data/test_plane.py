"""Points of the plane: the shapes of the reference experiment, the embedding, own rows."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from engine.core.streams import stream
from engine.data import plane


def test_moons_are_270_degree_arcs():
    z, y = plane.sample("moons", (20000, 20000), 0.0, stream(0, "x"))
    for label, centre, low in ((1, (0.5, -0.25), -90), (0, (-0.5, 0.25), 90)):
        out = z[y == label] - torch.tensor(centre)
        assert torch.allclose(out.norm(dim=1), torch.ones(20000, dtype=torch.float64), atol=1e-9)
        angle = (torch.rad2deg(torch.atan2(out[:, 1], out[:, 0])) - low) % 360
        assert 0 <= angle.min() < 0.1 and 269.9 < angle.max() <= 270
        assert angle.mean().item() == pytest.approx(135, abs=2)


def test_circles_have_radii_one_and_a_quarter_and_noise_in_the_plane():
    z, y = plane.sample("circles", (20000, 20000), 0.05, stream(0, "x"))
    for label, radius in ((1, 1.0), (0, 0.25)):
        r = z[y == label].norm(dim=1)
        # E‖z‖ exceeds the radius by about σ²/2r
        assert r.mean().item() == pytest.approx(radius + 0.05**2 / 2 / radius, abs=0.003)
        assert r.std().item() == pytest.approx(0.05, abs=0.003)


@pytest.mark.parametrize("dimension", [2, 3, 100, 1000])
def test_the_embedding_has_orthonormal_rows(dimension):
    b = plane.embedding(dimension, stream(1, "embedding"))
    assert b.shape == (2, dimension) and torch.allclose(b @ b.T, torch.eye(2, dtype=torch.float64), atol=1e-12)


def test_train_test_and_unlabelled_are_different_draws():
    d = plane.make("moons", (), 0, noise=0.1, train=16, unlabelled=16, test=16, dimension=5)
    assert d.train_y.tolist() == [0] * 8 + [1] * 8
    assert not torch.equal(d.train_z, d.test_z) and not torch.equal(d.train_z, d.unlabelled_z)


def test_own_rows_are_split_without_overlap_and_both_classes_train():
    rows = [(i / 100, -i / 100, int(i >= 70)) for i in range(100)]
    d = plane.make("own", rows, 0, noise=0, train=10, unlabelled=20, test=1000, dimension=5)
    assert d.train_y.sum() == 5 and len(d.train_z) == 10 and len(d.unlabelled_z) == 20 and len(d.test_z) == 70
    seen = torch.cat([d.train_z, d.unlabelled_z, d.test_z])[:, 0].mul(100).round().tolist()
    assert sorted(seen) == list(range(100))


@pytest.mark.parametrize("dataset", list(plane.SHAPES))
def test_a_nearest_neighbour_learns_every_data_set(dataset):
    _, _, noise = plane.SHAPES[dataset]
    z, y = plane.sample(dataset, (400, 400), noise, stream(0, "train"))
    test, truth = plane.sample(dataset, (400, 400), noise, stream(0, "test"))
    score = KNeighborsClassifier(5).fit(z.numpy(), y.numpy()).score(test.numpy(), truth.numpy())
    assert score > 0.95
    assert np.bincount(y).tolist() == [400, 400]


def test_the_thin_set_has_a_feature_without_error_and_one_without_fragility():
    z, y = plane.sample("thin", (500, 500), 0.06, stream(0, "train"))
    sign = 2 * y - 1
    assert (z[:, 1] * sign > 0).double().mean() > 0.999 and z[:, 1].abs().mean() < 0.35
    assert (z[:, 0] * sign > 0).double().mean().item() == pytest.approx(0.9, abs=0.01) and z[:, 0].abs().min() > 0.35
