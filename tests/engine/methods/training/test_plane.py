"""Adversarial training in the plane: identities, knobs, refusals, what a frame shows."""

import math

import pytest
import torch

from engine.__main__ import main
from engine.core.declare import InvalidValue
from engine.core.registry import find
from engine.core.snapshot import Snapshot
from engine.methods.training.ensemble import KINDS
from engine.methods.training.plane import Training
from engine.nn.batched_mlp import forward, pick
from engine.nn.losses import cross_entropy
from engine.runs.run import Run
from tests.engine.methods.training.runs import started


def weights(run, kind):
    nets = run.method.nets
    return [p[nets.span(kind)] for p in nets.parameters()]


@pytest.mark.parametrize("seeds", [0, (0, 1, 2)])
@pytest.mark.parametrize(
    "setup", [{}, {"train": 13, "hidden": "32", "depth": 1}, {"norm": "l2", "precision": "float64", "dataset": "moons"}]
)
def test_alpha_1_or_epsilon_0_is_standard_training_bit_for_bit(seeds, setup):
    for knobs, equal in (
        ({"alpha": 1}, ("fgsm", "random")),
        ({"epsilon": 0}, ("fgsm", "random", "vat", "pgd")),
        ({"lam": 0}, ("vat",)),
        ({"alpha": 1, "lam": 0, "smoothing": 0}, ("fgsm", "random", "vat", "smoothing")),
    ):
        run, values = started(seeds, setup, **knobs)
        run.advance(values, 60)
        for kind in equal:
            assert all(a.equal(b) for a, b in zip(weights(run, kind), weights(run, "standard"))), (knobs, kind)
        for kind in set(KINDS) - set(equal) - {"standard"}:
            assert not all(a.equal(b) for a, b in zip(weights(run, kind), weights(run, "standard"))), (knobs, kind)


def test_epsilon_rises_over_the_warm_up():
    run, knobs = started(setup={"warm_up": 100})
    assert [run.method.terms(knobs, t).epsilon for t in (0, 49, 99, 5000)] == pytest.approx([0.005, 0.25, 0.5, 0.5])
    assert run.method.terms(knobs, 49).step_size == pytest.approx(knobs.step_size / 2), (
        "else PGD would bounce between the corners of a small ball"
    )


def test_turning_a_knob_shifts_nobody_elses_luck():
    one, knobs = started(random_start=True)
    other, _ = started()
    one.advance(knobs, 20)
    other.advance(knobs.with_values({"alpha": 1, "lam": 0, "steps": 1}), 20)
    assert one.method.state()["draws"].equal(other.method.state()["draws"])


@pytest.mark.parametrize(
    "name, value, reason",
    [
        ("steps", 0, "1 to 40"),
        ("epsilon", -0.1, "0 to 2"),
        ("alpha", 1.2, "0 to 1"),
        ("alpha", -0.1, "0 to 1"),
        ("step_size", 0, "0.001 to 1"),
        ("lam", "x", "0 to 10"),
        ("random_start", 3, "true or false"),
    ],
)
def test_bad_knobs_are_refused_with_the_range(name, value, reason):
    with pytest.raises(InvalidValue, match=reason):
        Training.make_knobs(Training.make_setup({}), {name: value})


def test_bad_setups_are_refused():
    for values, reason in (({"norm": "l7"}, "linf, l2"), ({"hidden": "20"}, "16, 32"), ({"warm_up": -1}, "0 to 5000")):
        with pytest.raises(InvalidValue, match=reason):
            Training.make_setup(values)


@pytest.mark.parametrize("dataset", ["thin", "spirals"])
def test_at_epsilon_0_every_attack_has_the_clean_error(dataset):
    """At the page's own number of test points, which the attacked points must not thin out."""
    setup = Training.make_setup({"dataset": dataset})
    run, knobs = Run(Training, setup, 0), Training.make_knobs(setup, {"epsilon": 0})
    run.advance(knobs, 60)
    m = run.method.metrics(knobs, ("clean_error", "fgsm_error", "pgd_error"))[0]
    assert all(m[f"clean_error.{kind}"] == m[f"fgsm_error.{kind}"] == m[f"pgd_error.{kind}"] for kind in KINDS)


def test_standard_takes_the_thin_feature_and_pgd_training_the_wide_one():
    run, knobs = started(0, {"train": 60, "test": 200, "hidden": "32"})
    run.advance(knobs, 400)
    m = run.method.metrics(knobs)[0]
    assert m["clean_error.standard"] < 3 and m["pgd_error.standard"] > 90 and m["margin.standard"] < 0.4
    assert m["pgd_error.pgd"] < 20 and 5 < m["clean_error.pgd"] < 15 and m["margin.pgd"] > 0.8


def test_terms_are_those_of_the_loss():
    """α·clean + (1 − α)·moved is what FGSM training descends: its slope along the step taken, by
    finite differences of the terms.
    """
    run, knobs = started(alpha=0.3)
    run.advance(knobs, 30)
    m = run.method.metrics(knobs, ("clean_term", "moved_term"))[0]
    assert m["clean_term.standard"] == m["moved_term.standard"] and m["moved_term.vat"] >= 0
    (x, target), r = (
        run.method.plane_task.training_batch(knobs.points),
        run.method.view.perturbations(knobs.points, run.method.full_terms(knobs)),
    )
    k = run.method.nets.span("fgsm").start
    own = pick(run.method.nets.layers(), slice(k, k + 1))
    clean, there = (
        cross_entropy(target[k : k + 1], forward(own, x[k : k + 1] + d)).mean().item() for d in (0, r[k : k + 1])
    )
    assert m["clean_term.fgsm"] == pytest.approx(clean, rel=1e-5)
    assert m["moved_term.fgsm"] == pytest.approx(there, rel=1e-5)
    for p in run.method.nets.momenta:
        p.zero_()
    before = [p.detach().clone() for p in run.method.nets.parameters()]
    run.method.nets.descend(x, target, r, run.method.terms(knobs, 10**6))
    gradient = [(a - b.detach())[k] / (0.1 * knobs.learning_rate) for a, b in zip(before, run.method.nets.parameters())]
    h = 1e-3 / sum(g.square().sum() for g in gradient).sqrt().item()

    def objective(sign):
        with torch.no_grad():
            for p, a, g in zip(run.method.nets.parameters(), before, gradient):
                p.copy_(a)
                p[k] += sign * h * g
        layers = pick(run.method.nets.layers(), slice(k, k + 1))
        one, two = (
            cross_entropy(target[k : k + 1], forward(layers, x[k : k + 1] + d)).mean().item() for d in (0, r[k : k + 1])
        )
        return 0.3 * one + 0.7 * two

    slope = (objective(1) - objective(-1)) / (2 * h)
    assert slope == pytest.approx(sum(g.square().sum() for g in gradient).item(), rel=2e-2)


def test_a_question_about_a_ball_is_answered_and_a_bad_one_refused():
    run, knobs = started()
    run.advance(knobs, 50)
    answer = run.method.ask(knobs, "surface", {"member": "standard", "point": 3})
    n = answer.numbers
    assert answer.layers["surface"].shape == (33, 33) and answer.layers["path"].shape == (8, 2)
    assert n["least"] <= n["clean"] <= n["most"] and n["pgd"] >= n["clean"] and n["label"] == 0
    assert abs(answer.layers["path"]).max() <= knobs.epsilon + 1e-6
    for values, reason in (
        ({"member": "nobody", "point": 0}, "choose one of"),
        ({"member": "pgd", "point": 24}, "0 to 23"),
        ({"member": "pgd"}, "whole number"),
    ):
        with pytest.raises(InvalidValue, match=reason):
            run.method.ask(knobs, "surface", values)
    with pytest.raises(InvalidValue, match="turn ε up"):
        run.method.ask(knobs.with_values({"epsilon": 0}), "surface", {"member": "pgd", "point": 0})


def test_broken_points_are_those_whose_path_is_answered_wrongly():
    run, knobs = started(0, {"train": 60})
    run.advance(knobs, 60)
    out = run.method.layers(knobs, ("paths", "broken", "own", "field"))
    assert out["paths"].shape == (6, 40, 8, 2)
    assert out["broken"].shape == (6, 40)
    assert out["own"].shape == (3, 40, 4)
    assert out["field"].shape == (6, 36, 48)
    x, target = run.method.plane_task.training_batch(knobs.points)
    at = torch.linspace(0, 59, 40).round().long()
    for m in range(6):
        layers = pick(run.method.nets.layers(), slice(m, m + 1))
        answers = forward(layers, torch.from_numpy(out["paths"][m]).reshape(1, -1, 2)).argmax(-1).view(40, 8)
        assert (answers != target[m, at].argmax(-1)[:, None]).any(1).tolist() == out["broken"][m].astype(bool).tolist()
    assert out["broken"][0].mean() > 0.8, "standard training takes the thin margin"


def test_snapshots_keep_momenta_apart_from_weights():
    run, knobs = started()
    run.advance(knobs, 10)
    slim = Snapshot.from_bytes(run.snapshot().to_bytes()).slim()
    assert not any(k.startswith("optimiser.") for k in slim.state)
    again = Run.restore(slim)
    assert all(not v.any() for v in again.method.nets.momenta)
    assert torch.allclose(again.method.nets.nets.weights[0], run.method.nets.nets.weights[0], atol=1e-3)


def test_at_epsilon_0_there_is_no_report_rather_than_one_at_another_radius():
    run = Run(Training, Training.make_setup({"test": 20}), 0)
    for method, knobs in (
        (run.method, run.knobs),
        (find("training-digits")(*digits()), find("training-digits").Knobs()),
    ):
        with pytest.raises(InvalidValue, match="ε = 0 leaves nothing to attack"):
            next(iter(method.measure(knobs.with_values({"epsilon": 0}), "robustness", {})))


def digits():
    method = find("training-digits")
    return method.make_setup(method.contract_setup), (0,)


def test_a_network_without_a_boundary_in_view_has_no_margin_and_is_not_called_diverged(capsys):
    arguments = ["run", "training", "--knob", "points=[[0.1,0.2,1]]", "--steps", "30"]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "no boundary in view" in said and "diverged" not in said


def test_a_report_on_networks_that_diverged_has_no_verdict():
    run = Run(Training, Training.make_setup({"test": 20}), 0)
    run.method.nets.nets.weights[0].data[run.method.nets.span("pgd")] = math.nan
    *_, answer = run.method.measure(run.knobs, "robustness", {})
    gone, well = (answer.numbers["members"][kind] for kind in ("pgd", "standard"))
    assert gone["diverged"] and not well["diverged"]
    assert all(math.isnan(e) for row in gone["table"] for e in row) and gone["worst"] == gone["warnings"] == []
