"""Frames made small for many: what the watchers have is what the run has."""

import numpy as np
import pytest

from app.live.rooms.thinned import STEPS, Thinned
from engine.core.frame import Frame
from engine.runs.view import View
from tests.room_client import Member


def _view(step, layers, scene=None, generation=0):
    return View(Frame(step, {"epsilon": 0.5}, {"loss": 1.23456789}, layers), 0, generation, True, 0, 1.0, 0.0, scene)


def _layers(draw):
    return {
        "field": draw.integers(0, 256, (3, 40, 40)).astype(np.uint8),
        "dots": draw.normal(size=(300, 2)).astype(np.float32),
        "bars": np.stack([draw.integers(0, 1000, 10), draw.random(10)], 1).astype(np.float32),
        "marks": draw.integers(0, 3, 20).astype(np.uint8),
    }


@pytest.fixture
def member():
    import zlib

    member = Member("")
    member.take = lambda data: member._decode(zlib.decompress(data, -15))
    return member


def test_watchers_have_what_the_run_has(member):
    draw = np.random.default_rng(0)
    thinned = Thinned(("epsilon",))
    for step in range(8):
        layers = _layers(draw)
        member.take(thinned.change(_view(step, layers), at_most=100))
        apart = member.pictures["field"].reshape(3, 40, 40).astype(int) - layers["field"]
        assert abs(apart).max() <= STEPS[-1] / 2
        assert np.allclose(member.pictures["dots"].reshape(300, 2), layers["dots"], atol=8 / 2048)
        assert (member.pictures["marks"] == layers["marks"]).all()
        assert (member.pictures["bars"] == layers["bars"].ravel()).all(), "few numbers may be of many kinds"
    assert not thinned.exact
    member.take(thinned.change(_view(8, layers), exact=True))
    assert (member.pictures["field"].reshape(3, 40, 40) == layers["field"]).all() and thinned.exact
    assert member.header["metrics"] == {"loss": 1.2346} and member.header["knobs"] == {"epsilon": 0.5}


def test_who_comes_later_follows_from_a_whole_frame(member):
    draw = np.random.default_rng(1)
    thinned = Thinned(("epsilon",))
    assert thinned.whole() is None
    scene = {"points": np.ones((4, 3), np.float32)}
    for step in range(3):
        thinned.change(_view(step, _layers(draw), scene if step == 0 else None), at_most=100)
    member.take(thinned.whole())
    assert member.header["step"] == 2 and "scene" in member.header
    last = _layers(draw)
    member.take(thinned.change(_view(3, last), exact=True))
    assert (member.pictures["field"].reshape(3, 40, 40) == last["field"]).all()


def test_another_life_and_numbers_that_are_not_finite(member):
    draw = np.random.default_rng(2)
    thinned = Thinned(("epsilon",))
    member.take(thinned.change(_view(0, _layers(draw))))
    again = _layers(draw)
    member.take(thinned.change(_view(0, again, generation=1)))
    assert (member.pictures["field"].reshape(3, 40, 40) == again["field"]).all()
    again["dots"][0] = np.nan
    member.take(thinned.change(_view(1, again, generation=1)))
    assert np.isnan(member.pictures["dots"][:2]).all()
    again["dots"][:] = 5e6
    member.take(thinned.change(_view(2, again, generation=1)))
    assert np.allclose(member.pictures["dots"], 5e6, rtol=1e-3)
