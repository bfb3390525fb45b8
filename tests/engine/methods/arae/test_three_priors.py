"""AE, AAE and ARAE on one clock are three runs of `arae` and nothing else."""

import pytest
import torch

from engine.core.declare import InvalidValue
from engine.core.registry import find
from engine.methods.arae.three_priors import ARAEThree, combined, member_setup
from engine.runs.run import Run

SMALL = {"sentences": 200, "code": 16, "embedding": 8, "hidden": 16, "s": 8, "width": 16, "batch": 8}


def start(steps=0):
    setup = ARAEThree.make_setup(SMALL)
    run = Run(ARAEThree, setup, 3)
    run.advance(ARAEThree.make_knobs(setup), steps)
    return run


def alone(member, steps):
    setup = member_setup(ARAEThree.make_setup(SMALL), member)
    run = Run("arae", setup, 3)
    run.advance(find("arae").make_knobs(setup), steps)
    return run


@pytest.mark.parametrize("member", ["ae", "aae", "arae"])
def test_each_of_the_three_is_the_run_it_would_be_alone(member):
    one, three = alone(member, 6).method, start(6).method.members[member]
    assert one.state().keys() == three.state().keys()
    assert all(torch.equal(v, three.state()[k]) for k, v in one.state().items())


def test_the_three_begin_with_the_same_coder():
    first, *others = start().method.members.values()
    weights = {k: v for k, v in first.state().items() if k.startswith(("encoder.", "decoder."))}
    assert weights and all(torch.equal(v, other.state()[k]) for k, v in weights.items() for other in others)


def test_three_snapshots_become_one_run_that_goes_on_as_they_would():
    both = Run.restore(combined({m: alone(m, 4).snapshot() for m in ("ae", "aae", "arae")}))
    whole = start(4)
    for run in (both, whole):
        run.advance(run.knobs, 3)
    assert both.step == whole.step == 7
    assert all(torch.equal(v, both.method.state()[k]) for k, v in whole.method.state().items())


def test_a_slim_snapshot_of_the_three_opens_and_shows_the_same():
    run = start(4)
    slim = run.snapshot().slim()
    assert not any(k.startswith("optimiser.") for k in slim.state) and len(slim.state) < len(run.snapshot().state) - 20
    layers = Run.restore(slim).method.layers(run.knobs, ["codes_real"])["codes_real"]
    assert layers == pytest.approx(run.method.layers(run.knobs, ["codes_real"])["codes_real"], abs=0.02)


def test_runs_of_different_set_ups_are_not_put_together():
    snapshots = {m: alone(m, 1).snapshot() for m in ("ae", "aae", "arae")}
    with pytest.raises(InvalidValue, match="ae is of another"):
        combined({**snapshots, "ae": snapshots["aae"]})
    with pytest.raises(InvalidValue, match="aae took 2 steps, that of arae 1"):
        combined({**snapshots, "aae": alone("aae", 2).snapshot()})


def test_a_question_is_for_one_of_the_three():
    run = start(1)
    codes = {
        m: run.method.ask(run.knobs, "encode", {"text": "the food was awful .", "member": m}).numbers["code"]
        for m in ("ae", "aae", "arae")
    }
    assert len({tuple(c) for c in codes.values()}) == 3
    with pytest.raises(InvalidValue, match="vae"):
        run.method.ask(run.knobs, "encode", {"text": "the food was awful .", "member": "vae"})
