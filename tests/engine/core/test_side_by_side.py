"""Pairs: two runs of one method on one clock."""

import pytest
import torch

from engine.core.declare import InvalidValue
from engine.core.registry import find
from engine.core.snapshot import Snapshot
from engine.methods.gan.plane import GAN, GANPair
from engine.runs.run import Run


def start(**knobs):
    setup = GANPair.make_setup({"batch": 16})
    return Run(GANPair, setup, 2), GANPair.make_knobs(setup, knobs)


def test_the_pair_is_a_method_with_the_seconds_knobs_beside_the_firsts():
    assert find("gan-pair") is GANPair
    names = set(GANPair.Knobs.declarations())
    assert {"loss", "loss_b", "lr_d_b", "update", "ink"} <= names and not {"update_b", "ink_b"} & names
    d = GANPair.Knobs.declarations()
    assert d["clip_b"].when == ("loss_b", ("wgan",)) and d["clip"].when == ("loss", ("wgan",))


def test_each_half_is_the_run_it_would_be_alone():
    run, knobs = start(loss="ns", loss_b="lsgan", lr_g_b=0.002)
    run.advance(knobs, 30)
    for n, alone in enumerate(({"loss": "ns"}, {"loss": "lsgan", "lr_g": 0.002})):
        single = Run(GAN, run.setup, 2)
        single.advance(GAN.make_knobs(run.setup, alone), 30)
        mine, theirs = run.method.members["ab"[n]].state(), single.method.state()
        assert all(torch.equal(mine[k], theirs[k]) for k in theirs)
        end = "ab"[n]
        numbers = single.method.metrics(single.knobs)[0]
        assert {k[:-2]: v for k, v in run.method.metrics(knobs)[0].items() if k.endswith(f".{end}")} == pytest.approx(
            numbers
        )


def test_equal_knobs_give_equal_runs():
    run, knobs = start(loss_b="ns")
    run.advance(knobs, 10)
    a, b = (m.state() for m in run.method.members.values())
    assert all(torch.equal(a[k], b[k]) for k in a)
    layers = run.method.layers(knobs, ("field", "field_b", "real"))
    assert (layers["field"] == layers["field_b"]).all() and layers["real"].shape == (500, 2)


def test_shared_knobs_turn_both():
    run, knobs = start(loss_b="ns", update="d")
    before = [m.state()["g.weights"] for m in run.method.members.values()]
    run.advance(knobs, 3)
    assert all(torch.equal(a, m.state()["g.weights"]) for a, m in zip(before, run.method.members.values()))


def test_a_slim_snapshot_leaves_out_both_optimisers():
    run, knobs = start()
    run.advance(knobs, 3)
    slim = run.snapshot().slim()
    assert not any("optimiser" in k for k in slim.state)
    Run.restore(Snapshot.from_bytes(slim.to_bytes())).advance(knobs, 1)


def test_both_halves_are_checked():
    with pytest.raises(InvalidValue, match="loss_b.*choose one of"):
        start(loss_b="best")
    with pytest.raises(InvalidValue, match="no ink"):
        start(ink=[0] * 1024)
