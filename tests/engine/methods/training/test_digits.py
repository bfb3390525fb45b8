"""Adversarial training on digits: identities, the probe, the report, runs that ship."""

import numpy as np
import pytest
import torch

from engine.core.declare import InvalidValue
from engine.core.shipped import open_shipped
from engine.core.snapshot import Snapshot
from engine.data import mnist
from engine.methods.training.digits import TrainingDigits
from engine.methods.training.robustness import SHARES
from engine.runs.run import Run

SMALL = {"architecture": "dnn2", "train": 2000, "batch": 50}


def started(seed=0, setup=None, **knobs):
    setup = TrainingDigits.make_setup({**SMALL, **(setup or {})})
    return Run(TrainingDigits, setup, seed), TrainingDigits.make_knobs(setup, knobs)


@pytest.fixture(scope="module")
def trained():
    run, knobs = started(attack="pgd", alpha=0)
    run.advance(knobs, 120)
    return run, knobs


@pytest.mark.parametrize("architecture", ["linear", "dnn2"])
def test_alpha_1_or_epsilon_0_is_standard_training_bit_for_bit(architecture):
    for values in ({"alpha": 1}, {"epsilon": 0}, {"epsilon": 0, "attack": "pgd", "alpha": 0}):
        run, knobs = started(1, {"architecture": architecture}, **values)
        run.advance(knobs, 12)
        assert all(
            a.equal(b) for a, b in zip(run.method.pair.standard.parameters(), run.method.pair.robust.parameters())
        ), values
    run.advance(knobs.with_values({"epsilon": 0.1}), 1)
    assert not all(
        a.equal(b) for a, b in zip(run.method.pair.standard.parameters(), run.method.pair.robust.parameters())
    )


@pytest.mark.parametrize("norm, epsilon", [("linf", 0.1), ("l2", 1.5)])
@pytest.mark.parametrize("attack", ["fgsm", "pgd"])
def test_perturbations_stay_in_the_ball_and_among_pictures(norm, epsilon, attack):
    run, knobs = started(0, {"norm": norm}, epsilon=epsilon, attack=attack, step_size=epsilon / 2)
    x, y = mnist.images("train")[:40].float() / 255, mnist.labels("train")[:40]
    start = run.method.norm.random(x, 1.0, torch.Generator().manual_seed(0))
    delta = run.method.pair.perturbation(x, y, start, run.method.terms(knobs, 0))
    assert run.method.norm.size(delta).max() <= epsilon * (1 + 1e-5)
    assert (x + delta).amin() >= -1e-6 and (x + delta).amax() <= 1 + 1e-6 and delta.abs().amax() > 0
    assert all(p.requires_grad and p.grad is None for p in run.method.pair.robust.parameters())


def test_robust_training_costs_little_and_gains_much(trained):
    run, knobs = trained
    m = run.method.metrics(knobs)[0]
    assert m["clean_error.standard"] < 25 and m["clean_error.robust"] < 30
    assert m["pgd_error.robust"] < m["pgd_error.standard"] - 20
    for name in ("standard", "robust"):
        assert m[f"clean_error.{name}"] < m[f"fgsm_error.{name}"] <= m[f"pgd_error.{name}"] + 1


def test_layers_have_the_shapes_they_promise(trained):
    run, knobs = trained
    out = run.method.layers(knobs, TrainingDigits.frame_layers + TrainingDigits.scene_layers)
    shapes = {name: array.shape for name, array in out.items()}
    assert shapes == {
        "filters": (2, 25, 784),
        "gradients": (2, 16, 784),
        "adversarial": (2, 16, 784),
        "answers": (2, 16),
        "confusion": (2, 100),
        "probe": (16, 785),
    }
    assert all(array.dtype == np.uint8 for array in out.values())
    rows = out["confusion"].reshape(2, 10, 10).astype(int).sum(2)
    assert (abs(rows - 255) <= 6).all()
    moved = abs(out["adversarial"].astype(int) - out["probe"][None, :, :784].astype(int))
    assert moved.max() <= round(0.1 * 255) + 1 and moved.max() > 20


def test_the_first_layer_of_a_convolutional_network_is_seen_too():
    run, knobs = started(0, {"architecture": "cnn"})
    assert run.method.layers(knobs, ("filters",))["filters"].shape == (2, 25, 9)
    assert run.method._wrong(knobs, "clean", 5).keys() == {"standard", "robust"}


def test_the_report(trained):
    run, knobs = trained
    *shares, answer = run.method.measure(knobs, "robustness", {})
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)
    report = answer.numbers
    assert report["points"] == 200 and len(report["epsilons"]) == len(SHARES) + 1
    for name, member in report["members"].items():
        noise, fgsm, pgd, long = member["table"]
        assert noise[0] == fgsm[0] == pgd[0] == long[0], "ε = 0 is the clean error"
        assert noise[3] < fgsm[3] <= pgd[3] + 1, name
        distances = np.array(member["distances"])
        assert len(distances) == 200 and all(row[3] > 0 and row[1] != row[2] for row in member["worst"])
        for k, radius in enumerate(
            report["epsilons"]
        ):  # what an attack broke inside a ball has been found no further away
            assert 100 * (distances <= radius * (1 + 1e-5)).mean() >= max(row[k] for row in member["table"]) - 1e-6
    medians = [np.median(report["members"][name]["distances"]) for name in ("standard", "robust")]
    assert medians[1] > medians[0]


def test_the_shipped_form_keeps_the_weights(trained):
    run, knobs = trained
    slim = Snapshot.from_bytes(run.snapshot().slim().to_bytes())
    assert not any(k.startswith("optimiser.") for k in slim.state)
    again = Run.restore(slim)
    before, after = (r.method.metrics(knobs, ("clean_error",))[0]["clean_error.robust"] for r in (run, again))
    assert after == pytest.approx(before, abs=0.6)
    again.advance(knobs, 2)


@pytest.mark.parametrize(
    "name, standard, robust", [("digits-cnn", 60, 4), ("digits-cnn-3", 95, 10), ("digits-madry", 90, 16)]
)
def test_shipped_pairs_hold_what_they_are_shipped_for(name, standard, robust):
    """PGD errors on 100 test digits; tests/benchmarks/training/digits.py has all 10,000."""
    run = Run.restore(open_shipped(name))
    wrong = run.method._wrong(run.knobs, "pgd", 5)
    assert wrong["standard"] >= standard
    assert wrong["robust"] <= robust
    assert run.method._wrong(run.knobs, "clean", 5)["robust"] <= 4


def test_fgsm_training_answers_fgsm_and_not_pgd():
    """Goodfellow's objective at ε = .25: the error under FGSM falls as in the paper, and a stronger
    attack shows what that was worth.
    """
    run = Run.restore(open_shipped("digits-goodfellow"))
    assert (run.knobs.alpha, run.knobs.epsilon, run.knobs.attack, run.knobs.random_start) == (0.5, 0.25, "fgsm", False)
    fgsm, pgd = (run.method._wrong(run.knobs, attack) for attack in ("fgsm", "pgd"))
    assert fgsm["standard"] > 89 and fgsm["robust"] < 20 and pgd["robust"] > 80


@pytest.mark.parametrize(
    "name, value, reason",
    [("steps", 0, "1 to 40"), ("epsilon", -0.1, "0.005 to 8"), ("alpha", 2, "0 to 1"), ("attack", "cw", "fgsm, pgd")],
)
def test_bad_knobs_are_refused_with_the_range(name, value, reason):
    with pytest.raises(InvalidValue, match=reason):
        TrainingDigits.make_knobs(TrainingDigits.make_setup({}), {name: value})
