"""Mathematics that must hold: divergences, directions, and what each method becomes at its limits."""

import pytest
import torch

from engine.attacks.perturbations import l2_step, sign_step, unit, virtual_adversarial_direction
from engine.attacks.perturbations import loss_gradient as autograd_gradient
from engine.methods.vat.ensemble import KINDS
from engine.methods.vat.vat import VAT
from engine.nn.batched_mlp import BatchedMLP, cross_entropy_gradient, folded, forward
from engine.nn.losses import cross_entropy, kl
from engine.runs.run import Run

D64 = torch.float64


def network(members=3, widths=(20, 16, 12, 4), seed=0):
    net = BatchedMLP(members, widths, D64)
    for m in range(members):
        net.initialise(slice(m, m + 1), torch.Generator().manual_seed(seed + m))
    return net, torch.Generator().manual_seed(99)


def test_kl_of_a_distribution_with_itself_is_zero_with_zero_gradient():
    logits = torch.randn(5, 3, dtype=D64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    value = kl(logits.detach(), logits)
    assert value.abs().max() < 1e-15
    (gradient,) = torch.autograd.grad(cross_entropy(logits.detach().softmax(-1), logits).sum(), logits)
    assert gradient.abs().max() < 1e-15


def test_kl_agrees_with_torch_and_is_not_symmetric():
    g = torch.Generator().manual_seed(1)
    a, b = torch.randn(7, 4, dtype=D64, generator=g), torch.randn(7, 4, dtype=D64, generator=g)
    oracle = torch.distributions.kl_divergence(
        torch.distributions.Categorical(logits=a), torch.distributions.Categorical(logits=b)
    )
    assert torch.allclose(kl(a, b), oracle, atol=1e-14)
    assert (kl(a, b) - kl(b, a)).abs().max() > 0.01


def test_closed_form_input_gradient_is_autograds():
    net, g = network()
    x = torch.randn(3, 6, 20, dtype=D64, generator=g)
    target = torch.rand(3, 6, 4, dtype=D64, generator=g).softmax(-1)
    by_hand = cross_entropy_gradient(net.layers(), x, target)
    oracle = autograd_gradient(lambda at: cross_entropy(target, net(at)).sum(), x)
    assert torch.allclose(by_hand, oracle, atol=1e-13)
    assert net.weights[0].grad is None


def test_members_never_mix():
    net, g = network()
    x = torch.randn(3, 6, 20, dtype=D64, generator=g)
    for m in range(3):
        alone = forward([(w[m : m + 1], b[m : m + 1]) for w, b in net.layers()], x[m : m + 1])
        assert torch.allclose(net(x)[m : m + 1], alone, atol=1e-14)
    net(x)[1].sum().backward()
    assert net.weights[0].grad[0].abs().max() == 0 == net.weights[0].grad[2].abs().max()


def test_a_folded_network_is_the_network_on_embedded_points():
    net, g = network(2, (30, 10, 2))
    basis = torch.linalg.qr(torch.randn(30, 2, dtype=D64, generator=g))[0].T
    z = torch.randn(2, 9, 2, dtype=D64, generator=g)
    assert torch.allclose(forward(folded(net.layers(), basis), z), net(z @ basis), atol=1e-13)


def power(net, x, d, xi, iterations):
    p = net(x).softmax(-1).detach()
    return virtual_adversarial_direction(lambda at: cross_entropy_gradient(net.layers(), at, p), x, d, xi, iterations)


def hessian(net, x):
    """∇²_r KL(p(x) ‖ p(x + r)) at r = 0 for one member and one point, by autograd."""
    clean = net(x).detach()
    return torch.autograd.functional.hessian(
        lambda r: kl_unclamped(clean, net(x + r.view_as(x))), torch.zeros(x.numel(), dtype=D64)
    )


def kl_unclamped(clean, moved):
    log_p, log_q = clean.log_softmax(-1), moved.log_softmax(-1)
    return (log_p.exp() * (log_p - log_q)).sum()


def test_one_power_iteration_is_the_hessian_vector_direction():
    net, g = network(1)
    for _ in range(5):
        x, d = torch.randn(1, 1, 20, dtype=D64, generator=g), torch.randn(1, 1, 20, dtype=D64, generator=g)
        exact = unit((hessian(net, x) @ d.flatten()).view_as(d))
        assert torch.cosine_similarity(power(net, x, d, 1e-3, 1), exact, dim=-1).min() >= 0.999
        assert torch.cosine_similarity(power(net, x, d, 1.0, 1), exact, dim=-1).min() < 0.9999  # ξ matters


def test_more_power_iterations_reach_the_top_eigenvector():
    net, g = network(1)
    x, d = torch.randn(1, 1, 20, dtype=D64, generator=g), torch.randn(1, 1, 20, dtype=D64, generator=g)
    values, vectors = torch.linalg.eigh(hessian(net, x))
    assert (vectors[:, -1] @ power(net, x, d, 1e-4, 60).flatten()).abs() > 0.9999
    # and the divergence there is ½ λ₁ ε² for small ε
    r = 1e-3 * vectors[:, -1].view_as(x)
    assert kl(net(x), net(x + r)).item() == pytest.approx(0.5 * values[-1].item() * 1e-6, rel=0.02)


def test_the_lab_finds_the_exact_direction_at_the_default_xi():
    run = Run(VAT, VAT.make_setup({"precision": "float64"}), 0)
    knobs = VAT.make_knobs(run.setup)
    run.advance(knobs, 200)
    nets = run.method.nets
    x, target = run.method.plane_task.training_batch(knobs.points)
    split, layers = nets.plain.members, nets.moved.layers()
    d = torch.randn(2, 16, 100, dtype=D64, generator=torch.Generator().manual_seed(0))
    r = nets.perturbations(x[split:], target[split:], d, run.method.terms(knobs))[2:3]
    vat = [(w[2:3].detach(), b[2:3].detach()) for w, b in layers]
    for i in range(16):
        point = x[-2:-1, i : i + 1]
        exact = hessian(lambda at: forward(vat, at), point) @ unit(d)[0, i]
        assert torch.cosine_similarity(r[0, i], exact, dim=0) >= 0.999
        assert r[0, i].norm().item() == pytest.approx(knobs.epsilon_vat, rel=1e-9)


def test_no_iteration_is_random_perturbation_and_a_lost_gradient_keeps_the_direction():
    net, g = network(1)
    x, d = torch.randn(1, 4, 20, dtype=D64, generator=g), torch.randn(1, 4, 20, dtype=D64, generator=g)
    assert torch.equal(power(net, x, d, 1e-3, 0), unit(d))
    assert torch.equal(virtual_adversarial_direction(torch.zeros_like, x, d, 1e-3, 3), unit(d))
    assert torch.equal(unit(torch.zeros(2, 3)), torch.zeros(2, 3))


@pytest.mark.parametrize("size", [1e-15, 1e-20, 1e-24, 1e-30, 1e-37])
def test_directions_of_tiny_gradients_have_unit_length(size):
    d = size * torch.randn(4, 100, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(unit(d).norm(dim=-1), torch.ones(4), atol=1e-5)
    mixed = torch.cat([d, torch.ones(1, 100), torch.zeros(1, 100)])
    assert torch.allclose(l2_step(mixed, 0.4).norm(dim=-1), torch.tensor([0.4] * 5 + [0.0]), atol=1e-5)


def test_a_network_that_ran_away_has_no_error_rate():
    run = Run(VAT, VAT.make_setup({}), 0)
    with torch.no_grad():
        run.method.nets.moved.weights[0][2] = torch.nan
    frame = run.frame(("test_error",), ("field",))
    assert frame.metrics["test_error.vat"] != frame.metrics["test_error.vat"] and frame.metrics["test_error.mle"] >= 0
    assert set(frame.layers["field"][5].flatten().tolist()) == {128}


def test_steps_on_a_linear_logit_move_the_margin_exactly():
    g = torch.Generator().manual_seed(2)
    w, x, b = torch.randn(50, dtype=D64, generator=g), torch.randn(9, 50, dtype=D64, generator=g), 0.3
    y = torch.tensor([1, -1, 1, 1, -1, -1, 1, -1, 1])
    loss = lambda at: torch.nn.functional.softplus(-y * (at @ w + b)).sum()  # noqa: E731
    gradient, margin = autograd_gradient(loss, x), y * (x @ w + b)
    assert torch.allclose(
        margin - y * ((x + sign_step(gradient, 0.1)) @ w + b), 0.1 * w.abs().sum().expand(9), atol=1e-12
    )
    assert torch.allclose(margin - y * ((x + l2_step(gradient, 0.1)) @ w + b), 0.1 * w.norm().expand(9), atol=1e-12)
    attacked = torch.nn.functional.softplus(0.1 * w.abs().sum() - margin).sum()
    assert loss(x + sign_step(gradient, 0.1)).item() == pytest.approx(attacked.item(), rel=1e-12)


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
    autograd, and v ← .9v + .1·η_t·g.
    """
    run = Run(VAT, VAT.make_setup({"precision": "float64", "unlabelled": 10}), 1)
    knobs = VAT.make_knobs(run.setup, {"lam": 0.7, "l2": 0.01, "learning_rate": 0.8})
    run.advance(knobs, 7)
    nets, method = run.method.nets, run.method
    before = {k: [(w[i].clone(), b[i, 0].clone()) for w, b in nets.layers()] for i, k in enumerate(KINDS)}
    momenta = [
        torch.cat([nets.optimizer.state[p]["momentum_buffer"] for p in pair])
        for pair in zip(nets.plain.parameters(), nets.moved.parameters())
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
