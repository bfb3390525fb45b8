"""The method contract, held against every registered method, and so against a new one at once."""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch

from engine.core.declare import InvalidValue
from engine.core.registry import methods
from engine.core.snapshot import InvalidSnapshot, Snapshot
from engine.runs.run import Run

METHODS = list(methods().values())
every_method = pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)


def start(method, seed=3):
    setup = method.make_setup(method.contract_setup)
    return Run(method, setup, seed), method.make_knobs(setup)


class Moment(NamedTuple):
    """Where a run was: its step, and its tensors by name."""

    step: int
    state: dict[str, torch.Tensor]


def moment(run: Run) -> Moment:
    return Moment(run.step, {name: value.clone() for name, value in run.method.state().items()})


@functools.cache
def course(method) -> dict[int, Moment]:
    """A run of 100 steps, ten at a time: some of its moments, which several tests compare with."""
    (run, knobs), found = start(method), {}
    for step in range(10, 101, 10):
        run.advance(knobs, 10)
        if step in (20, 60, 100):
            found[step] = moment(run)
    return found


def same(a: Run | Moment, b: Run | Moment) -> bool:
    """Whether two runs are in the same state, bit for bit."""
    x, y = (one.state if isinstance(one, Moment) else one.method.state() for one in (a, b))
    return a.step == b.step and x.keys() == y.keys() and all(torch.equal(x[k], y[k]) for k in x)


def other(method, name):
    """A value of a knob that differs from the default one."""
    d, default = (
        method.Knobs.declarations()[name],
        getattr(method.make_knobs(method.make_setup(method.contract_setup)), name),
    )
    if d.kind == "points":
        return ((0.5, 0.5, 1), (-0.5, 0.2, 0), (0.1, -0.7, 0))
    if d.kind == "ink":
        return tuple(k % 16 for k in range(int(d.high) ** 2))
    if d.kind == "choice":
        return next(v for v, _ in d.options if v != default)
    if d.kind == "flag":
        return not default
    return d.high if default != d.high else d.low


@every_method
def test_chunks_do_not_matter(method):
    once, knobs = start(method)
    once.advance(knobs, 100)
    assert same(once, course(method)[100])


@every_method
def test_a_snapshot_goes_on_bit_for_bit(method):
    half, knobs = start(method)
    half.advance(knobs, 30)
    resumed = Run.restore(Snapshot.from_bytes(half.snapshot().to_bytes()))
    half.advance(knobs, 5)  # the snapshot is independent of the run it was taken from
    resumed.advance(knobs, 30)
    assert same(resumed, course(method)[60])


# Carries out commands of the engine, one after the other. Prints {"NAME": [exit code, output]}.
COMMANDS = """
import contextlib, io, json, sys
from engine.__main__ import main
done = {}
for name in sys.argv[1:]:
    options = f"run {name} --from {name}-20.snapshot --steps 20 --save {name}-40.snapshot --json"
    with contextlib.redirect_stdout(io.StringIO()) as out:
        done[name] = main(options.split()), out.getvalue()
print(json.dumps(done))
"""


@pytest.fixture(scope="module")
def elsewhere(request, tmp_path_factory):
    """Every method after 20 steps here and another 20 by the command line of one other process:
    (its run here, its knobs, the file saved there, what was printed there).
    """
    folder, runs = tmp_path_factory.mktemp("snapshots"), {}
    name = "test_a_snapshot_goes_on_in_another_process"
    for method in [item.callspec.params["method"] for item in request.session.items if item.originalname == name]:
        run, knobs = runs[method.name] = start(method)
        run.advance(knobs, 20)
        run.snapshot().save(folder / f"{method.name}-20.snapshot")
    printed = subprocess.run(
        [sys.executable, "-c", COMMANDS, *runs],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=True,
        timeout=170,
    ).stdout
    done = json.loads(printed)
    return {name: (*run, folder / f"{name}-40.snapshot", *done[name]) for name, run in runs.items()}


@every_method
def test_a_snapshot_goes_on_in_another_process(method, elsewhere):
    run, knobs, file, code, printed = elsewhere[method.name]
    run.advance(knobs, 20)
    assert code == 0 and same(run, Run.restore(Snapshot.open(file)))
    report = json.loads(printed)
    assert report["step"] == 40
    assert report["metrics"] == pytest.approx(run.method.metrics(knobs)[0], nan_ok=True)


@every_method
def test_a_snapshot_of_several_seeds_goes_on(method):
    setup = method.make_setup(method.contract_setup)
    if not method.batches:
        with pytest.raises(InvalidValue, match="one seed"):
            Run(method, setup, (1, 2, 3))
        return
    knobs, whole = method.make_knobs(setup), Run(method, setup, (1, 2, 3))
    whole.advance(knobs, 3)
    again = Run.restore(Snapshot.from_bytes(whole.snapshot().to_bytes()))
    whole.advance(knobs, 3)
    again.advance(knobs, 3)
    assert again.seeds == (1, 2, 3) and same(whole, again)


@every_method
def test_a_snapshot_before_the_first_step_keeps_its_knobs(method):
    run, knobs = start(method)
    name = next(iter(method.Knobs.declarations()))
    run.knobs = knobs.with_values({name: other(method, name)})
    assert Run.restore(Snapshot.from_bytes(run.snapshot().to_bytes())).knobs == run.knobs


@every_method
def test_looking_never_changes_training(method):
    watched, knobs = start(method)
    for _ in range(20):
        watched.advance(knobs)
        watched.frame(layers=method.frame_layers + method.scene_layers)
    assert same(watched, course(method)[20])


@every_method
def test_the_phases_of_a_step_are_that_step_and_explaining_changes_nothing(method):
    if not method.phases:
        pytest.skip("this method has no phases")
    (phased, knobs), (stepped, _) = start(method), start(method)
    for run in (phased, stepped):
        run.advance(knobs, 5)
    assert tuple(p.name for p in phased.method.explain(knobs, phased.step)) == method.phases
    assert same(phased, stepped)
    for _ in phased.method.phases_of(knobs, phased.step):
        pass
    stepped.method.step(knobs, stepped.step)
    assert same(phased, stepped)


@every_method
def test_the_same_moment_looks_the_same_twice(method):
    run, knobs = start(method)
    run.advance(knobs, 10)
    names = method.frame_layers + method.scene_layers
    a, b = run.frame(layers=names), run.frame(layers=names)
    assert a.metrics == b.metrics and all(np.array_equal(a.layers[n], b.layers[n]) for n in names)


@every_method
def test_seed_and_knob_log_replay_a_session(method):
    live, knobs = start(method)
    for i, name in enumerate(method.Knobs.declarations()):
        live.advance(knobs, 3 + i % 3)
        knobs = knobs.with_values({name: other(method, name)})
        live.advance(knobs, 2)
        knobs = method.make_knobs(live.setup)
    again = Run(method, live.setup, live.seeds[0])
    again.replay(live.log, live.step)
    assert same(live, again) and again.log == live.log
    half = Run(method, live.setup, live.seeds[0])
    half.replay(live.log, live.step // 2)
    half.replay(live.log, live.step)
    assert same(live, half)


def test_going_back_to_the_step_at_which_a_knob_was_turned_keeps_that_turn_in_the_log():
    method = methods()["vat"]
    run, knobs = start(method)
    turned = knobs.with_values({"lam": 2.0})
    run.advance(knobs, 3)
    run.advance(turned, 2)
    back = Run(method, run.setup, run.seeds[0])
    back.replay(run.log, 3)
    assert back.knobs == turned
    back.advance(back.knobs, 2)
    assert back.log == run.log and same(run, back)
    again = Run(method, run.setup, run.seeds[0])
    again.replay(back.log, 5)
    assert same(run, again)


@every_method
def test_every_knob_changes_the_course_without_a_restart(method):
    base, knobs = start(method)
    base.advance(knobs, 20)
    saved = base.snapshot()
    base.advance(knobs, 10)

    def ahead(knobs):
        run = Run.restore(saved)
        run.advance(knobs, 10)
        return run

    straight = {}  # knobs that others act together with → the course under them
    for name in method.Knobs.declarations():
        # Some knobs act together with another: a rate's floor shows once the rate has decayed.
        companions = method.companions.get(name, {})
        default = knobs.with_values(companions)
        if (key := repr(companions)) not in straight:
            straight[key] = moment(ahead(default))
        turned = ahead(default.with_values({name: other(method, name)}))
        assert turned.step == straight[key].step == 30
        assert all(t.isfinite().all() for t in turned.method.state().values() if t.is_floating_point()), name
        assert not same(turned, straight[key]), f"{name} had no effect"


@every_method
def test_slow_metrics_depend_on_no_knobs_but_those_declared(method):
    """Otherwise turning one at rest would leave old numbers on the page."""
    if method.slow_knobs is None or not method.slow_metrics:
        pytest.skip("all are taken to matter")
    declared = method.Knobs.declarations()
    assert set(method.slow_knobs) <= declared.keys()
    run, knobs = start(method)
    run.advance(knobs, 3)
    turned = knobs.with_values({name: other(method, name) for name in declared if name not in method.slow_knobs})
    for look in (run.method.metrics, run.method.glance):
        before, after = look(knobs, method.slow_metrics)[0], look(turned, method.slow_metrics)[0]
        assert before == pytest.approx(after, rel=0, abs=0, nan_ok=True)


@every_method
def test_seeds_differ_and_repeat(method):
    (a, knobs), (b, _), (c, _) = start(method, 1), start(method, 1), start(method, 2)
    for run in (a, b, c):
        run.advance(knobs, 3)
    assert same(a, b) and not same(a, c)


@every_method
def test_no_global_generator_is_touched(method):
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()
    run, knobs = start(method)
    run.advance(knobs, 3)
    run.frame(layers=method.frame_layers)
    assert torch.equal(before, torch.get_rng_state()) and np.array_equal(numpy_before, np.random.get_state()[1])


@every_method
def test_damaged_snapshots_are_refused_with_a_message(method, tmp_path):
    run, knobs = start(method)
    run.advance(knobs, 2)
    data = run.snapshot().to_bytes()
    for bad in (b"", b"hello", data[:100], data[: len(data) // 2], bytes(1000), data[:8] + b"{" * (len(data) - 8)):
        with pytest.raises(InvalidSnapshot, match="not a Saddle snapshot"):
            Snapshot.from_bytes(bad)
    with pytest.raises(InvalidSnapshot, match="Cannot read"):
        Snapshot.open(tmp_path / "missing")
    good = Snapshot.from_bytes(data)
    for change in ({"method": "nonesuch"}, {"setup": {"nonesuch": 1}}, {"state": {}}):
        with pytest.raises(InvalidSnapshot, match="does not fit"):
            Run.restore(Snapshot(**{**vars(good), **change}))


@every_method
def test_declarations_are_complete(method):
    for kind in (method.Setup, method.Knobs):
        for name, d in kind.declarations().items():
            assert d.help and (d.kind != "number" or d.low < d.high), name
            assert kind.of({name: d.default}) is not None
    with pytest.raises(InvalidValue):
        method.make_knobs(method.make_setup({}), {"nonesuch": 1})
