"""Adversarial training in the plane: identities, what costs what, what is refused, and what is
looked at.
"""

import math

import pytest
import torch

from engine.attacks.batched_pgd import pgd_path, pgd_step
from engine.attacks.norms import NORMS
from engine.core.declare import InvalidValue
from engine.core.snapshot import Snapshot
from engine.core.streams import stream
from engine.data import plane
from engine.methods.training import danskin, ensemble
from engine.methods.training.ensemble import KINDS, Draws, RobustEnsemble, RobustTerms
from engine.methods.training.plane import Training
from engine.methods.training.robustness import ATTACKS, SHARES, warnings
from engine.metrics.margins import margins
from engine.nn.batched_mlp import forward, pick
from engine.nn.losses import cross_entropy
from engine.runs.run import Run

SMALL = {"train": 24, "test": 40, "hidden": "16"}


def started(seed=0, setup=None, **knobs):
    setup = Training.make_setup({**SMALL, **(setup or {})})
    return Run(Training, setup, seed), Training.make_knobs(setup, knobs)


def problem(widths, n=32, norm="linf", seed=0, **changed):
    """Networks of the given widths with random weights, points with labels, draws and settings, in
    float64.
    """
    g = torch.Generator().manual_seed(seed)
    nets = RobustEnsemble(1, widths, torch.float64)
    with torch.no_grad():
        for p in nets.parameters():
            p.copy_(torch.randn(p.shape[1:], generator=g, dtype=torch.float64))
    x = torch.randn(n, widths[0], generator=g, dtype=torch.float64).expand(6, -1, -1).contiguous()
    y = torch.randint(0, 2, (n,), generator=g)
    target = torch.eye(2, dtype=torch.float64)[y].expand(6, -1, -1).contiguous()
    like = x[0]
    draws = Draws(
        *(NORMS[norm].random(like, 1.0, g)[None] for _ in range(2)),
        torch.randn(like.shape, generator=g, dtype=torch.float64)[None],
    )
    usual = dict(
        norm=NORMS[norm],
        epsilon=0.3,
        alpha=0.5,
        step_size=0.1,
        steps=7,
        lam=1.0,
        smoothing=0.1,
        rate=1.0,
        random_start=False,
    )
    return nets, x, y, target, draws, RobustTerms(**{**usual, **changed})


def own(nets, kind):
    return pick(nets.layers(), nets.span(kind))


@pytest.mark.parametrize("norm, dual", [("linf", 1), ("l2", 2)])
def test_fgsm_of_a_logistic_regression_is_softplus_of_the_margin_less_epsilon_times_the_dual_norm(norm, dual):
    nets, x, y, target, draws, s = problem((10, 2), norm=norm, alpha=0.0)
    r = nets.perturbations(x, target, draws, s)[nets.span("fgsm")]
    loss = cross_entropy(target[:1], forward(own(nets, "fgsm"), x[:1] + r)).mean()
    (w, b), sign = own(nets, "fgsm")[0], 2 * y.double() - 1
    w, b = w[0, :, 1] - w[0, :, 0], b[0, 0, 1] - b[0, 0, 0]
    expected = torch.nn.functional.softplus(0.3 * torch.linalg.vector_norm(w, dual) - sign * (x[0] @ w + b)).mean()
    assert loss.item() == pytest.approx(expected.item(), abs=1e-6)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_one_step_of_pgd_as_long_as_epsilon_is_fgsm(norm):
    nets, x, _, target, draws, s = problem((2, 16, 2), norm=norm, steps=1, step_size=0.3)
    r = nets.perturbations(x, target, draws, s)
    assert torch.allclose(r[nets.span("pgd")], r[nets.span("fgsm")], atol=1e-12)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("start", [False, True])
def test_no_perturbation_leaves_its_ball_and_pgd_raises_the_loss(norm, start):
    nets, x, _, target, draws, s = problem((2, 16, 16, 2), norm=norm, random_start=start, steps=20, step_size=0.05)
    r = nets.perturbations(x, target, draws, s)
    assert NORMS[norm].size(r.reshape(-1, 2)).max() <= 0.3 * (1 + 1e-9)
    assert torch.equal(r[nets.span("standard", "smoothing")], torch.zeros_like(r[:2]))
    assert torch.allclose(
        torch.linalg.vector_norm(r[nets.span("vat")], dim=-1), torch.full((1, 32), 0.3, dtype=torch.float64)
    )
    layers, at = own(nets, "pgd"), nets.span("pgd")
    assert (
        cross_entropy(target[at], forward(layers, x[at] + r[at])).mean()
        > cross_entropy(target[at], forward(layers, x[at])).mean() + 0.05
    )


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


def test_members_without_inner_steps_do_not_pay_for_them(monkeypatch):
    paid = []
    real = ensemble.cross_entropy_gradient
    monkeypatch.setattr(
        ensemble, "cross_entropy_gradient", lambda layers, x, target: (paid.append(len(x)), real(layers, x, target))[1]
    )
    run, knobs = started()
    for values, expected in (
        ({}, [3] + [1] * 6),
        ({"alpha": 1}, [2] + [1] * 6),
        ({"alpha": 1, "lam": 0, "steps": 3}, [1, 1, 1]),
        ({"epsilon": 0}, []),
    ):
        paid.clear()
        run.advance(knobs.with_values(values))
        assert paid == expected, values


def test_turning_a_knob_shifts_nobody_elses_luck():
    one, knobs = started(random_start=True)
    other, _ = started()
    one.advance(knobs, 20)
    other.advance(knobs.with_values({"alpha": 1, "lam": 0, "steps": 1}), 20)
    assert one.method.state()["draws"].equal(other.method.state()["draws"])


@pytest.mark.parametrize(
    "name, value, says",
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
def test_bad_knobs_are_refused_with_the_range(name, value, says):
    with pytest.raises(InvalidValue, match=says):
        Training.make_knobs(Training.make_setup({}), {name: value})


def test_bad_setups_are_refused():
    for values, says in (({"norm": "l7"}, "linf, l2"), ({"hidden": "20"}, "16, 32"), ({"warm_up": -1}, "0 to 5000")):
        with pytest.raises(InvalidValue, match=says):
            Training.make_setup(values)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("seed", range(4))
def test_danskins_theorem_holds_where_the_maximiser_is_on_no_kink(norm, seed):
    run, knobs = started(seed, {"norm": norm, "hidden": "32"})
    run.advance(knobs, 200)
    x, target = run.method.plane_task.training_batch(knobs.points)
    m = run.method.nets.span("pgd").start
    found = danskin.check(
        pick(run.method.nets.layers(), slice(m, m + 1)),
        x[m],
        target[m],
        run.method.norm,
        knobs.epsilon,
        stream(seed, "test"),
    )
    assert found.points >= 5 and found.of == 24 and abs(found.slope) > 1e-6
    assert found.error <= 1e-3
    numbers = run.method.metrics(knobs, ("danskin",))[0]
    assert (
        set(numbers) == {f"danskin.{n}" for n in ("slope", "difference", "error", "points", "of")}
        and numbers["danskin.error"] <= 1e-3
    )


def test_danskins_theorem_fails_for_a_perturbation_that_is_no_maximiser():
    """The check can tell: at the points themselves the gradient is another one. And δ* is a
    maximum, as good as a long PGD's.
    """
    run, knobs = started(1)
    run.advance(knobs, 100)
    x, target = run.method.plane_task.training_batch(knobs.points)
    layers = [(w.double(), b.double()) for w, b in pick(run.method.nets.layers(), slice(5, 6))]
    at, toward = x[5:6].double(), target[5:6].double()
    wrong = danskin.check(
        layers, at[0], toward[0], run.method.norm, knobs.epsilon, stream(1, "test"), held=torch.zeros_like(at[0])
    )
    assert wrong.points >= 5 and wrong.error > 1e-2
    best = danskin.maximise(layers, at, toward, run.method.norm, knobs.epsilon)
    longest = pgd_path(layers, at, toward, run.method.norm, knobs.epsilon, 0.05, 60)[-1]
    assert (
        cross_entropy(toward, forward(layers, at + best)).mean()
        >= cross_entropy(toward, forward(layers, at + longest)).mean() - 1e-9
    )


def test_where_no_point_can_be_checked_danskins_theorem_is_not_called_true():
    run, knobs = started(1)
    dead = [(w * 0, b * 0) for w, b in pick(run.method.nets.layers(), slice(5, 6))]
    x, target = run.method.plane_task.training_batch(knobs.points)
    found = danskin.check(dead, x[5], target[5], run.method.norm, knobs.epsilon, stream(1, "test"))
    assert found.points == 0 and math.isnan(found.error)


@pytest.mark.parametrize("dataset", ["thin", "spirals"])
def test_at_epsilon_0_every_attack_has_the_clean_error(dataset):
    """At the page's own number of test points, which the attacked points must not thin out."""
    setup = Training.make_setup({"dataset": dataset})
    run, knobs = Run(Training, setup, 0), Training.make_knobs(setup, {"epsilon": 0})
    run.advance(knobs, 60)
    m = run.method.metrics(knobs, ("clean_error", "fgsm_error", "pgd_error"))[0]
    assert all(m[f"clean_error.{kind}"] == m[f"fgsm_error.{kind}"] == m[f"pgd_error.{kind}"] for kind in KINDS)


def test_margins_of_a_straight_boundary():
    # One linear layer: the logit of class 1 is x + y − .6, so the boundary is the line x + y = .6.
    layers = [
        (
            torch.tensor([[[0.0, 1.0], [0.0, 1.0]]], dtype=torch.float64),
            torch.tensor([[[0.0, -0.6]]], dtype=torch.float64),
        )
    ]
    z, y = torch.tensor([[0.0, 0.0], [1.0, 0.6], [0.0, 0.2]], dtype=torch.float64), torch.tensor([0, 1, 1])
    l2, nearest = margins(layers, z, y, "l2", (2.4, 1.8), 72, 96)
    linf, _ = margins(layers, z, y, "linf", (2.4, 1.8), 72, 96)
    assert l2[0].tolist() == pytest.approx([0.6 / math.sqrt(2), 1 / math.sqrt(2), -0.4 / math.sqrt(2)], abs=0.01)
    assert linf[0].tolist() == pytest.approx([0.3, 0.5, -0.2], abs=0.017)
    assert nearest[0].sum(-1).tolist() == pytest.approx([0.6] * 3, abs=1e-9)
    assert margins([(layers[0][0] * 0, layers[0][1])], z, y, "l2", (2.4, 1.8))[0].isnan().all()


def test_the_thin_set_has_a_feature_without_error_and_one_without_fragility():
    z, y = plane.sample("thin", (500, 500), 0.06, stream(0, "train"))
    sign = 2 * y - 1
    assert (z[:, 1] * sign > 0).double().mean() > 0.999 and z[:, 1].abs().mean() < 0.35
    assert (z[:, 0] * sign > 0).double().mean().item() == pytest.approx(0.9, abs=0.01) and z[:, 0].abs().min() > 0.35


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
    assert m["clean_term.fgsm"] == pytest.approx(clean, rel=1e-5) and m["moved_term.fgsm"] == pytest.approx(
        there, rel=1e-5
    )
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
    for values, says in (
        ({"member": "nobody", "point": 0}, "choose one of"),
        ({"member": "pgd", "point": 24}, "0 to 23"),
        ({"member": "pgd"}, "whole number"),
    ):
        with pytest.raises(InvalidValue, match=says):
            run.method.ask(knobs, "surface", values)
    with pytest.raises(InvalidValue, match="turn ε up"):
        run.method.ask(knobs.with_values({"epsilon": 0}), "surface", {"member": "pgd", "point": 0})


def test_broken_points_are_those_whose_path_is_answered_wrongly():
    run, knobs = started(0, {"train": 60})
    run.advance(knobs, 60)
    out = run.method.layers(knobs, ("paths", "broken", "own", "field"))
    assert (
        out["paths"].shape == (6, 40, 8, 2)
        and out["broken"].shape == (6, 40)
        and out["own"].shape == (3, 40, 4)
        and out["field"].shape == (6, 36, 48)
    )
    x, target = run.method.plane_task.training_batch(knobs.points)
    at = torch.linspace(0, 59, 40).round().long()
    for m in range(6):
        layers = pick(run.method.nets.layers(), slice(m, m + 1))
        answers = forward(layers, torch.from_numpy(out["paths"][m]).reshape(1, -1, 2)).argmax(-1).view(40, 8)
        assert (answers != target[m, at].argmax(-1)[:, None]).any(1).tolist() == out["broken"][m].astype(bool).tolist()
    assert out["broken"][0].mean() > 0.8, "standard training takes the thin margin"


def test_the_report_has_every_attack_and_search_bounds_them_all():
    run, knobs = started(0, {"test": 60})
    run.advance(knobs, 200)
    *shares, answer = run.method.measure(knobs, "robustness", {})
    assert (
        shares == sorted(shares)
        and len(shares) == 6 * (len(SHARES) + 1) * len(ATTACKS)
        and shares[-1] == pytest.approx(1)
    )
    report = answer.numbers
    assert report["points"] == 60 and report["epsilons"] == pytest.approx([0, 0.125, 0.25, 0.5, 0.75, 1.0, 3.0])
    for kind, member in report["members"].items():
        fgsm, pgd, restarts, search = member["table"]
        assert len({row[0] for row in member["table"]}) == 1, "ε = 0 is the clean error"
        assert fgsm[0] == pytest.approx(run.method.metrics(knobs)[0][f"clean_error.{kind}"])
        assert all(s >= max(f, p, r) - 2 for f, p, r, s in zip(fgsm, pgd, restarts, search)) and search == sorted(
            search
        )
        assert member["worst"][0][3] == min(member["distances"]) and len(member["worst"]) == 8
        wrong = sum(d < 0 for d in member["distances"])
        assert wrong == round(fgsm[0] * 60 / 100)


def test_warnings_name_each_sign_of_masking_and_honest_tables_have_none():
    radii = [0, 0.1, 0.2, 0.4, 0.6, 0.8, 3.0]
    honest = {name: [0, 5, 10, 20, 40, 60, 100] for name in ATTACKS}
    assert warnings(radii, honest, 200) == []
    signs = {
        "should never do worse": {"fgsm": [0, 5, 10, 30, 40, 60, 100]},
        "fewer ways": {"fgsm": [0, 5, 10, 1, 40, 60, 100]},
        "no measure": {"search": [0, 5, 10, 30, 40, 60, 100]},
        "lead nowhere": {"restarts": [0, 5, 10, 20, 40, 60, 70]},
    }
    for says, change in signs.items():
        assert any(says in w for w in warnings(radii, {**honest, **change}, 200)), says


def test_snapshots_keep_momenta_apart_from_weights():
    run, knobs = started()
    run.advance(knobs, 10)
    slim = Snapshot.from_bytes(run.snapshot().to_bytes()).slim()
    assert not any(k.startswith("optimiser.") for k in slim.state)
    again = Run.restore(slim)
    assert all(not v.any() for v in again.method.nets.momenta)
    assert torch.allclose(again.method.nets.nets.weights[0], run.method.nets.nets.weights[0], atol=1e-3)


def test_a_step_of_ascent_in_l2_has_the_length_asked_for():
    g = torch.tensor([[[3.0, 4.0]]])
    assert pgd_step(NORMS["l2"], torch.zeros(1, 1, 2), g, 0.5, 1.0)[0, 0].tolist() == pytest.approx([0.3, 0.4])
    assert pgd_step(NORMS["l2"], torch.zeros(1, 1, 2), g, 5.0, 1.0)[0, 0].tolist() == pytest.approx([0.6, 0.8])
