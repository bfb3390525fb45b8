"""What an atlas keeps on disk."""

import math
import sqlite3
import threading

import numpy as np
import pytest

from engine.atlas import atlas
from engine.atlas.axis import Axis
from engine.atlas.cache import Cache
from engine.atlas.cells import Result
from engine.atlas.question import Question

SMALL = {"test": 20, "train": 4, "dimension": 4, "hidden": 4}


class Counted:
    """Trains as the atlas does by itself, and counts the cells."""

    def __init__(self):
        self.cells = 0

    def __call__(self, question, pieces):
        self.cells += sum(map(len, pieces))
        return atlas.here(question, pieces)


def asked(count, **more):
    x = Axis.parsed(f"epsilon_vat=0.1:1.6:{count}")
    return Question("vat", x, **{"setup": SMALL, "steps": 5, "seeds": (0, 1), **more}).checked()


def answered(question, cache):
    """All results, and how many cells were trained for them."""
    trained = Counted()
    found = {}
    for more in atlas.answers(question, cache, trained):
        found |= more
    return found, trained.cells


def same(a, b):
    return (
        {n: repr(v) for n, v in a.metrics.items()} == {n: repr(v) for n, v in b.metrics.items()}
        and a.diverged == b.diverged
        and all(np.array_equal(a.miniatures[n], b.miniatures[n]) for n in {*a.miniatures, *b.miniatures})
    )


def test_a_question_asked_again_trains_nothing_and_a_finer_one_what_is_new(tmp_path):
    cache = Cache(tmp_path / "made" / "atlas.sqlite")
    first, trained = answered(asked(4), cache)
    assert trained == len(first) == 8
    again, trained = answered(asked(4), Cache(tmp_path / "made" / "atlas.sqlite"))
    assert trained == 0 and all(same(again[cell], first[cell]) for cell in first)
    finer, trained = answered(asked(7), cache)
    assert trained == 6 and all(same(finer[cell], first[cell]) for cell in first)
    assert answered(asked(4, steps=6), cache)[1] == 8  # other steps are other cells


def test_what_came_before_an_end_in_the_middle_is_kept(tmp_path):
    cache = Cache(tmp_path / "atlas.sqlite")
    question = asked(8)
    pieces = atlas.answers(question, cache)
    kept = len(next(pieces))
    pieces.close()
    assert 0 < kept < 16 and answered(question, cache)[1] == 16 - kept


def test_the_cells_unused_longest_are_forgotten_first(tmp_path):
    picture = {"vat": np.zeros((24, 24), np.uint8)}
    cache = Cache(tmp_path / "atlas.sqlite", most_bytes=5000)
    for i in range(4):
        cache.put({f"k{i}": Result({"error": float(i)}, "", picture)})
    assert cache.find(["k0"])  # counts as used
    for i in range(4, 8):
        cache.put({f"k{i}": Result({"error": float(i)}, "", picture)})
    found = cache.find([f"k{i}" for i in range(8)])
    assert "k7" in found and "k0" in found and "k1" not in found
    with sqlite3.connect(tmp_path / "atlas.sqlite") as connection:
        assert connection.execute("SELECT SUM(size) FROM cells").fetchone()[0] <= 5000


def test_numbers_that_are_not_finite_come_back_as_they_were(tmp_path):
    cache = Cache(tmp_path / "atlas.sqlite")
    cache.put({"k": Result({"a": math.nan, "b": 1.5}, "weights of l2")})
    result = cache.find(["k"])["k"]
    assert math.isnan(result.metrics["a"]) and result.metrics["b"] == 1.5 and result.diverged == "weights of l2"


@pytest.mark.parametrize("content", [b"this is no database at all, it is a text", b""])
def test_a_file_that_is_no_cache_is_put_aside_and_all_is_trained(tmp_path, content):
    path = tmp_path / "atlas.sqlite"
    path.write_bytes(content)
    found, trained = answered(asked(2), Cache(path))
    assert trained == len(found) == 4
    assert answered(asked(2), Cache(path))[1] == 0
    assert not content or path.with_suffix(".damaged").read_bytes() == content


def test_a_place_where_nothing_can_be_kept_does_no_harm(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    found, trained = answered(asked(2), Cache(tmp_path / "file" / "atlas.sqlite"))
    assert trained == len(found) == 4


def test_several_may_write_at_once(tmp_path):
    cache = Cache(tmp_path / "atlas.sqlite")

    def write(who):
        for i in range(20):
            cache.put({f"{who}-{i}": Result({"error": float(i)})})

    threads = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(cache.find([f"{who}-{i}" for who in range(4) for i in range(20)])) == 80
