"""The seven regularisers: what each becomes at its limits, the step as the paper writes it, LDS."""

import pytest
import torch

from engine.attacks.perturbations import unit
from engine.methods.vat.ensemble import KINDS
from engine.methods.vat.vat import VAT
from engine.nn.losses import kl
from engine.runs.run import Run
from tests.gradients import autograd_gradient


@pytest.mark.parametrize("rows", [(), ((0.1, 0.2, 1),), ((0.1, 0.2, 1), (0.3, 0.1, 1))])
def test_few_or_no_own_points_train_without_nonsense(rows):
    run = Run(VAT, VAT.make_setup({"dataset": "own", "rows": rows}), 0)
    run.advance(VAT.make_knobs(run.setup), 5)
    frame = run.frame(None, ("field", "points", "arrows", "test"))
    assert all(v == v for v in frame.metrics.values()) and not any(k.startswith("test") for k in frame.metrics)
    assert len(frame.layers["points"]) == len(rows)


D64 = torch.float64


def test_a_network_that_ran_away_has_no_error_rate():
    run = Run(VAT, VAT.make_setup({}), 0)
    with torch.no_grad():
        run.method.nets.moved.weights[0][2] = torch.nan
    frame = run.frame(("test_error",), ("field",))
    assert frame.metrics["test_error.vat"] != frame.metrics["test_error.vat"] and frame.metrics["test_error.mle"] >= 0
    assert "field" not in frame.layers and run.diverged()[0].what == "weights of vat"


def members(run):
    """Each member's parameters as one vector, by kind."""
    flat = torch.cat([torch.cat([w.flatten(1), b.flatten(1)], 1) for w, b in run.method.nets.layers()], 1)
    return dict(zip(KINDS, flat))


def trained(knobs, setup=(), steps=60, seed=0):
    run = Run(VAT, VAT.make_setup({"precision": "float64", **dict(setup)}), seed)
    run.advance(VAT.make_knobs(run.setup, knobs), steps)
    return members(run)


def test_all_members_start_from_the_same_weights():
    first, *rest = members(Run(VAT, VAT.make_setup({}), 5)).values()
    assert all(torch.equal(first, w) for w in rest)


def test_lambda_zero_is_maximum_likelihood():
    out = trained({"lam": 0, "l2": 0, "dropout": 0})
    for kind in KINDS:
        assert torch.allclose(out[kind], out["mle"], atol=1e-12), kind


def test_epsilon_zero_is_maximum_likelihood():
    out = trained({f"epsilon_{kind}": 0 for kind in ("vat", "adv_l2", "adv_linf", "random")})
    for kind in ("vat", "adv_l2", "adv_linf", "random"):
        assert torch.allclose(out[kind], out["mle"], atol=1e-10), kind
    assert not torch.allclose(out["dropout"], out["mle"], atol=1e-3)


def test_vat_without_power_iterations_is_random_perturbation():
    out = trained({"power_iterations": 0, "epsilon_vat": 1.0, "epsilon_random": 1.0})
    assert torch.allclose(out["vat"], out["random"], atol=1e-12)


def test_a_step_is_the_update_rule_of_the_paper_on_the_losses_as_written():
    """One member of each kind against the losses of the module's docstring, differentiated by
    autograd, and v ← .9v + η_t·g, θ ← θ − .1·v.
    """
    run = Run(VAT, VAT.make_setup({"precision": "float64", "unlabelled": 10}), 1)
    knobs = VAT.make_knobs(run.setup, {"lam": 0.7, "l2": 0.01, "learning_rate": 0.8})
    run.advance(knobs, 7)
    nets, method = run.method.nets, run.method
    before = {k: [(w[i].clone(), b[i, 0].clone()) for w, b in nets.layers()] for i, k in enumerate(KINDS)}
    velocity = dict(zip((name for name, _ in nets.named_parameters()), nets.optimiser.velocities))
    momenta = [
        torch.cat([velocity[f"plain.{name}"].clone(), velocity[f"moved.{name}"].clone()])
        for name, _ in nets.plain.named_parameters()
    ]
    states = [g.get_state() for g in (method.directions[0], method.masks[0])]
    draws = [torch.Generator().set_state(s) for s in states]
    d = torch.randn((26, 100), generator=draws[0], dtype=D64)
    keep = torch.rand((16, 100), generator=draws[1], dtype=D64) >= knobs.dropout
    x, target = method.plane_task.training_batch(knobs.points)
    x, y, u = x[0], target[0].argmax(-1), method.unlabelled[0]
    everything = torch.cat([x, u])

    def nll(f, at):
        return torch.nn.functional.cross_entropy(f(at), y)

    def smooth(f, r):
        clean = f(everything).detach()
        return kl(clean, f(everything + r)).mean()

    def vat_r(f):
        clean = f(everything).detach()
        at = knobs.xi * unit(d)
        at.requires_grad_()
        (g,) = torch.autograd.grad(kl(clean, f(everything + at)).sum(), at)
        return knobs.epsilon_vat * unit(g)

    def attacked(f, step):
        g = autograd_gradient(lambda at: nll(f, at), x)
        return (nll(f, x) + knobs.lam * nll(f, x + step(g))) / (1 + knobs.lam)

    losses = {
        "mle": lambda f, ps: nll(f, x),
        "l2": lambda f, ps: nll(f, x) + knobs.l2 * sum(p.square().sum() for p in ps),
        "dropout": lambda f, ps: nll(f, x * keep / (1 - knobs.dropout)),
        "adv_linf": lambda f, ps: attacked(f, lambda g: knobs.epsilon_adv_linf * g.sign()),
        "adv_l2": lambda f, ps: attacked(f, lambda g: knobs.epsilon_adv_l2 * g / g.norm(dim=-1, keepdim=True)),
        "vat": lambda f, ps: nll(f, x) + knobs.lam * smooth(f, vat_r(f)),
        "random": lambda f, ps: nll(f, x) + knobs.lam * smooth(f, knobs.epsilon_random * unit(d)),
    }
    run.advance(knobs, 1)
    rate = 0.8 * 0.995**7
    after = nets.layers()
    for i, kind in enumerate(KINDS):
        ps = [p.requires_grad_() for pair in before[kind] for p in pair]

        def f(at, ps=ps):
            return (at @ ps[0] + ps[1]).relu() @ ps[2] + ps[3]

        gradients = torch.autograd.grad(losses[kind](f, ps), ps)
        now = [t[i] if t[i].dim() == ps[j].dim() else t[i][0] for j, t in enumerate(t for pair in after for t in pair)]
        order = [0, 2, 1, 3]  # momenta are listed weights first
        for j in range(4):
            v = 0.9 * 0.1 * momenta[order[j]][i].view_as(ps[j]) + 0.1 * rate * gradients[j]  # torch keeps v / .1
            assert torch.allclose(now[j], ps[j] - v, atol=1e-12), (kind, j)


def test_lds_is_zero_for_a_constant_network_and_never_positive():
    run = Run(VAT, VAT.make_setup({}), 0)
    run.advance(VAT.make_knobs(run.setup), 50)
    assert all(v <= 0 for k, v in run.frame(("lds_train", "lds_test")).metrics.items())
    with torch.no_grad():
        for p in run.method.nets.parameters():
            p.zero_()
    assert all(v == 0 for v in run.frame(("lds_train", "lds_test")).metrics.values())


def test_lds_does_not_suffer_from_float32():
    single, double = (Run(VAT, VAT.make_setup({"precision": p}), 0) for p in ("float32", "float64"))
    for run in (single, double):
        run.advance(VAT.make_knobs(run.setup), 1 if run is double else 1000)
    for a, b in zip(single.method.nets.parameters(), double.method.nets.parameters()):
        b.data.copy_(a.data)
    ours, exact = single.frame(("lds_test",)).metrics, double.frame(("lds_test",)).metrics
    for name, value in exact.items():
        assert ours[name] == pytest.approx(value, rel=0.02), name


def test_a_batch_of_seeds_is_each_seed_alone():
    setup = VAT.make_setup({"precision": "float64"})
    knobs = VAT.make_knobs(setup)
    batch = Run(VAT, setup, (4, 5, 6))
    batch.advance(knobs, 80)
    for i, seed in enumerate((4, 5, 6)):
        alone = Run(VAT, setup, seed)
        alone.advance(knobs, 80)
        together = {k: v for k, v in batch.method.metrics(knobs)[i].items() if k.startswith("lds_train")}
        for name, value in together.items():
            assert alone.method.metrics(knobs)[0][name] == pytest.approx(value, rel=1e-6), name
