"""Cells in batches: they are the runs that one would train one by one."""

import math

import pytest

from engine.atlas.axis import Axis
from engine.atlas.question import Question
from engine.atlas.training import MOST, batches, train
from engine.runs.run import Run

FLOAT32 = {"test": 60, "train": 8, "dimension": 20, "hidden": 12}
FLOAT64 = FLOAT32 | {"precision": "float64"}  # rounding, which VAT's small ξ amplifies, is out of sight


def asked(*axes, **more):
    """A checked question about VAT."""
    return Question("vat", *map(Axis.parsed, axes), **{"setup": FLOAT64, "steps": 40, **more}).checked()


def results_of(question):
    return {
        cell: result
        for piece in batches(question, list(question.cells()))
        for cell, result in zip(piece, train(question, piece))
    }


def check(question):
    """Every cell is the run that one trains alone."""
    for cell, result in results_of(question).items():
        setup, knobs = question.made(cell)
        run = Run(question.method, setup, cell.seed)
        run.advance(knobs, question.steps)
        (alone,) = run.metrics()
        for name, value in result.metrics.items():
            assert value == pytest.approx(alone[name], abs=1e-9), (cell, name)
        assert {name.split(".")[1] for name in result.metrics} == set(question.kinds) == set(result.miniatures)


@pytest.mark.parametrize(
    "axes",
    [
        ("epsilon_vat=0.1:2:3:log", "lam=0:4:3"),
        ("lam=0.5:2:2", "learning_rate=0.2:2:2"),
        ("dropout=0:0.8:3", "l2=1e-5:0.1:3:log"),
        ("epsilon_adv_l2=0:1:2", "epsilon_adv_linf=0:0.2:2"),
        ("epsilon_random=0:3:2", "xi=1e-4:1e-2:2:log"),  # ξ is one number for a whole batch
        ("power_iterations=0:3:4",),
        ("noise=0.05:0.3:2", "unlabelled=0:50:2"),  # other data, other shapes
        ("decay=0.98:1:2", "floor=0:1:2"),
    ],
)
def test_a_cell_of_a_batch_is_the_run_that_one_trains_alone(axes):
    """To 1e-9 in every metric, in float64; test errors are shares of 60 points and equal."""
    question = asked(*axes, seeds=(0, 3))
    check(question)


TRAINING = {"precision": "float64", "test": 30, "train": 12, "hidden": "16"}


@pytest.mark.parametrize(
    "axes, more",
    [
        (("epsilon=0:0.6:3", "step_size=0.05:0.2:2"), {"kinds": ("fgsm", "vat", "pgd")}),  # ε = 0 has terms of its own
        (("alpha=0:1:3", "epsilon=0.1:0.3:2"), {}),
        (("lam=0:2:3",), {}),
        (("smoothing=0:0.4:3", "learning_rate=0.2:1:2"), {}),
        (("steps=1:5:3",), {"knobs": {"random_start": True}}),
        (("epsilon=0.1:0.3:2",), {"setup": TRAINING | {"norm": "l2", "warm_up": 50}, "kinds": ("random", "fgsm")}),
        (("noise=0.05:0.2:2", "depth=1:2:2"), {}),
    ],
)
def test_a_cell_of_adversarial_training_is_the_run_that_one_trains_alone(axes, more):
    """To 1e-9 in every metric, in float64."""
    asked_of = {"setup": TRAINING, "steps": 25, "seeds": (0, 3), **more}
    question = Question("training", *map(Axis.parsed, axes), **asked_of).checked()
    check(question)


@pytest.mark.parametrize(
    "axis, kind",
    [("lam=1e-60:5:2:log", "vat"), ("epsilon=1e-60:0.4:2:log", "fgsm"), ("epsilon=1e-60:0.4:2:log", "pgd")],
)
def test_a_neighbour_with_a_value_that_float32_cannot_hold_changes_nothing(axis, kind):
    setup = {"test": 30, "train": 12, "hidden": "16", "norm": "l2", "warm_up": 2}
    question = Question("training", Axis.parsed(axis), setup=setup, steps=8, kinds=(kind,)).checked()
    cells = list(question.cells())
    tiny, large = (result.metrics[f"margin.{kind}"] for result in results_of(question).values())
    (alone,) = train(question, cells[1:])
    assert abs(large - alone.metrics[f"margin.{kind}"]) < 0.1 * abs(large - tiny)
    run = Run("training", question.made(cells[0])[0], 0)
    run.advance(question.made(cells[0])[1], 8)
    assert run.metrics()[0][f"margin.{kind}"] == pytest.approx(tiny, abs=1e-3)


def test_batches_begin_small_hold_every_cell_once_and_differ_in_varied_knobs_alone():
    question = asked("xi=1e-4:1e-2:3:log", "lam=0:4:16", seeds=(0, 1))
    cells = list(question.cells())
    pieces = list(batches(question, cells))
    assert sorted(map(repr, (c for piece in pieces for c in piece))) == sorted(map(repr, cells))
    assert len(pieces[0]) == 4 and max(map(len, pieces)) <= MOST
    assert all(len({cell.x for cell in piece}) == 1 for piece in pieces)


def test_a_run_that_diverges_is_said_to_and_its_neighbours_are_as_they_were():
    placed = {"l2": 0.1, "decay": 1, "points": [[10, 10, 1], [10, 10, 0]]}
    question = asked("learning_rate=0.01:10:2:log", knobs=placed, steps=300, kinds=("l2",), setup=FLOAT32)
    calm, wild = results_of(question).values()
    assert wild.diverged == "weights of l2" and math.isnan(wild.metrics["test_error.l2"])
    assert not calm.diverged and all(map(math.isfinite, calm.metrics.values()))
    (alone,) = train(question, [next(question.cells())])
    assert alone.metrics == pytest.approx(calm.metrics, rel=1e-5)


@pytest.mark.parametrize("method, axis", [("gan", "lr_d=1e-4:1e-2:2:log"), ("aae", "lam=0:1:2")])
def test_methods_without_batches_are_trained_run_by_run(method, axis):
    setup = {} if method == "gan" else {"hidden": 16}
    question = Question(method, Axis.parsed(axis), setup=setup, steps=2, seeds=(1,)).checked()
    (first, result), _ = results_of(question).items()
    run = Run(method, question.made(first)[0], 1)
    run.advance(question.made(first)[1], 2)
    assert result.metrics == {n: pytest.approx(v, nan_ok=True) for n, v in run.metrics()[0].items()}
