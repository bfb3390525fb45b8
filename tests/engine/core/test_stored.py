"""States on disk: the same bits, their room is used again, and a disk that fails loses nothing."""

import gc
import math
import pickle

import pytest
import torch

from engine.core import stored as module
from engine.core.stored import Stored, nbytes, stored


@pytest.fixture
def file(monkeypatch):
    found = module._File()
    monkeypatch.setattr(module, "_file", lambda: found)
    return found


def state(seed, size=30_000):
    g = torch.Generator().manual_seed(seed)
    odd = torch.tensor([math.nan, -0.0, math.inf, 1e-45])
    return {
        "w": torch.randn(size, generator=g).view(-1, 10),
        "turned": torch.randn(40, 5, generator=g).t(),
        "odd": odd,
        "step": torch.tensor(3.0),
        "generator": g.get_state(),
        "none": torch.zeros(0, 4),
        "flags": odd > 0,
        "half": odd.half(),
    }


def bits(x):
    return x.shape, x.dtype, x.contiguous().reshape(-1).view(torch.uint8).tolist()


def test_what_is_stored_comes_back_to_the_bit(file):
    for given in (state(0), state(1)):
        found = stored(given)
        assert isinstance(found, Stored) and list(found) == list(given) and nbytes(found) == nbytes(given)
        assert {k: bits(v) for k, v in found.items()} == {k: bits(v) for k, v in given.items()}
        assert stored(found) is found and "w" in found and "v" not in found and len(found) == len(given)
        again = pickle.loads(pickle.dumps(found))
        assert type(again) is dict and bits(again["turned"]) == bits(given["turned"])
    small = state(0, 10)
    assert stored(small) is small


def test_what_nobody_needs_makes_room(file):
    kept = [stored(state(k)) for k in range(6)]
    longest = max(file._taken.values())
    first = {k: bits(v) for k, v in kept[0].items()}
    del kept[1:3]
    gc.collect()
    kept += [stored(state(k)) for k in (7, 8)]
    assert max(file._taken.values()) == longest and {k: bits(v) for k, v in kept[0].items()} == first
    ends = sorted(file._taken.items())
    assert all(end <= begin for (_, end), (begin, _) in zip(ends, ends[1:]))
    kept.clear()
    gc.collect()
    assert not file._taken and module.os.fstat(file._number).st_size == 0


def test_where_the_disk_fails_states_stay_in_memory(file, monkeypatch, caplog):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "pwrite", full)
    given = state(0)
    assert stored(given) is given and "stays in memory: No space left" in caplog.text
    gc.collect()
    assert not file._taken
