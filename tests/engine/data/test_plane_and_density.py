"""Data of the plane: the shapes as the reference experiment has them, the embedding, own rows and
CSV files.
"""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.streams import stream
from engine.data import plane, points_csv
from engine.methods.vat.vat import VAT
from engine.runs.run import Run


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


@pytest.mark.parametrize("rows", [(), ((0.1, 0.2, 1),), ((0.1, 0.2, 1), (0.3, 0.1, 1))])
def test_few_or_no_own_points_train_without_nonsense(rows):
    run = Run(VAT, VAT.make_setup({"dataset": "own", "rows": rows}), 0)
    run.advance(VAT.make_knobs(run.setup), 5)
    frame = run.frame(None, ("field", "points", "arrows", "test"))
    assert all(v == v for v in frame.metrics.values()) and not any(k.startswith("test") for k in frame.metrics)
    assert len(frame.layers["points"]) == len(rows)


def test_a_csv_with_header_words_and_other_separators():
    rows = points_csv.read(b"x;y;class\n0;0;red\n10;0;blue\n10;4;red\n").rows
    assert rows == ((-1.5, -0.6, 1), (1.5, -0.6, 0), (1.5, 0.6, 1))  # scaled to the view, the shape kept
    assert points_csv.read("\ufeff1,2,0\n3,4,1\n".encode()).rows[0][2] == 0


@pytest.mark.parametrize(
    "data, says",
    [
        (b"", "No points"),
        (b"x,y,label\n", "No points"),
        (b"1,2,0\n1,oops,1\n", "Line 2"),
        (b"1,2,0\nnan,3,1\n", "Line 2"),
        (b"1,2\n3,4\n", "Line 2"),
        (b"1,2,0\n3,4,0\n", "one different label"),
        (b"1,2,a\n3,4,b\n5,6,c\n", "3 different"),
        (b"1,1,0\n1,1,1\n", "one place"),
        (b"\xff\xfe\x00\x01", "UTF-8"),
        (b"1,2,0\n" * 1001, "too many"),
        (b"1,2,0\n2,inf,1\n", "Line 2"),
        (b"a" * 1_000_001, "MB"),
    ],
)
def test_a_bad_csv_gets_a_message_that_says_what_to_do(data, says):
    with pytest.raises(points_csv.InvalidTable, match=says):
        points_csv.read(data)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet='0123456789.,-;e\n ab"', max_size=200).map(str.encode))
def test_any_file_is_read_or_refused(data):
    try:
        rows = points_csv.read(data).rows
    except points_csv.InvalidTable:
        return
    assert all(abs(x) <= 1.501 and abs(y) <= 1.501 and label in (0, 1) for x, y, label in rows)
