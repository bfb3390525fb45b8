"""The GAN lab's plane: identities of the losses and of the theory, densities, the step, what is
refused.
"""

import json
import math

import pytest
import torch

from engine.__main__ import main
from engine.core.declare import InvalidValue
from engine.core.streams import stream
from engine.data import density as plane
from engine.methods.gan.plane import GAN, GANKnobs, GANSetup
from engine.metrics import divergences as dv
from engine.nn.flat_mlp import FlatAdam, FlatMLP
from engine.nn.gan_losses import (
    LOSSES,
    accuracy,
    between,
    discriminator_loss,
    generator_loss,
    gradient_norm_penalty,
    probability,
    r1_penalty,
    value,
)
from engine.runs.run import Run


def draw(*shape, seed=0, name="test"):
    return torch.randn(*shape, generator=stream(seed, name), dtype=torch.float64)


# -- losses ----------------------------------------------------------------------------------------------------------


def test_losses_are_their_formulas():
    real, fake = draw(50, name="real"), draw(50, name="fake")
    d_real, d_fake = torch.sigmoid(real), torch.sigmoid(fake)
    cross_entropy = -(d_real.log().mean() + (1 - d_fake).log().mean())
    for kind in ("ns", "minimax"):
        assert discriminator_loss(kind, real, fake).item() == pytest.approx(cross_entropy.item(), rel=1e-12)
        assert value(kind, real, fake).item() == pytest.approx(-cross_entropy.item(), rel=1e-12)
    assert torch.allclose(generator_loss("ns", fake), -d_fake.log())
    assert torch.allclose(generator_loss("minimax", fake), (1 - d_fake).log())
    assert discriminator_loss("lsgan", real, fake).item() == pytest.approx(
        0.5 * ((real - 1) ** 2).mean().item() + 0.5 * (fake**2).mean().item()
    )
    assert torch.allclose(generator_loss("lsgan", fake), 0.5 * (fake - 1) ** 2)
    for kind in ("wgan", "wgan_gp"):
        assert value(kind, real, fake).item() == pytest.approx((real.mean() - fake.mean()).item())
        assert torch.equal(generator_loss(kind, fake), -fake)


def test_minimax_is_flat_where_d_is_sure_and_non_saturating_is_not():
    """d/ds of log(1 − σ(s)) is −σ(s), that of −log σ(s) is σ(s) − 1: at D = e⁻¹⁰ the one has
    vanished and the other is almost 1.
    """
    s = torch.tensor([-10.0], dtype=torch.float64, requires_grad=True)
    slope = {kind: torch.autograd.grad(generator_loss(kind, s).sum(), s)[0].item() for kind in ("minimax", "ns")}
    assert slope["minimax"] == pytest.approx(-1 / (1 + math.exp(10)), rel=1e-9)
    assert slope["ns"] == pytest.approx(-1 / (1 + math.exp(-10)), rel=1e-9)


@pytest.mark.parametrize("kind", LOSSES)
def test_the_losses_oppose_each_other(kind):
    """Where D's output on fakes rises, D's loss does not fall and G's does not rise (least squares
    between its two targets).
    """
    fake = torch.linspace(0.1, 0.9, 9, dtype=torch.float64, requires_grad=True)
    (of_d,) = torch.autograd.grad(discriminator_loss(kind, torch.ones(9, dtype=torch.float64), fake), fake)
    (of_g,) = torch.autograd.grad(generator_loss(kind, fake).sum(), fake)
    assert (of_d > 0).all() and (of_g < 0).all()


def test_accuracy_counts_both_sides_and_critics_have_none():
    real, fake = torch.tensor([1.0, -1.0, 2.0, 0.6]), torch.tensor([-1.0, -2.0, 0.4, 3.0])
    assert accuracy("ns", real, fake).item() == (3 / 4 + 2 / 4) / 2
    assert accuracy("lsgan", real, fake).item() == (3 / 4 + 3 / 4) / 2
    assert accuracy("wgan", real, fake) is None and accuracy("wgan_gp", real, fake) is None
    assert probability("ns", torch.zeros(1)).item() == 0.5 and probability("wgan", torch.tensor(3.0)).item() == 3


def test_gradient_penalty_of_a_linear_critic_by_hand():
    """A critic wᵀx + b has the gradient w everywhere: penalty (‖w‖ − 1)², its gradient 2(‖w‖ −
    1)·w/‖w‖; R1 is ½‖w‖² with gradient w.
    """
    w, x = torch.tensor([3.0, -4.0], dtype=torch.float64, requires_grad=True), draw(20, 2)
    penalty = gradient_norm_penalty(lambda at: at @ w + 7, x)
    assert penalty.item() == pytest.approx(16.0, rel=1e-10)
    assert torch.allclose(torch.autograd.grad(penalty, w)[0], 2 * 4 * w.detach() / 5)
    flat = r1_penalty(lambda at: at @ w + 7, x)
    assert flat.item() == pytest.approx(12.5) and torch.allclose(torch.autograd.grad(flat, w)[0], w.detach())


def test_points_between_lie_on_the_segment():
    real, fake, share = (
        draw(30, 2, name="a"),
        draw(30, 2, name="b"),
        torch.rand(30, 1, generator=stream(0, "share"), dtype=torch.float64),
    )
    x = between(real, fake, share)
    assert torch.allclose((x - real).norm(dim=1) + (x - fake).norm(dim=1), (real - fake).norm(dim=1))
    assert torch.equal(between(real, fake, torch.zeros(30, 1)), fake) and torch.allclose(
        between(real, fake, torch.ones(30, 1)), real
    )


# -- theory ----------------------------------------------------------------------------------------------------------


def distributions(cells=40):
    p, q = (draw(cells, name=n).softmax(0) for n in "pq")
    q[:5] = 0
    p[3:9] = 0
    return p / p.sum(), q / q.sum()


def test_the_cost_is_twice_js_minus_log_4():
    p, q = distributions()
    assert dv.cost(p, q) == pytest.approx(2 * dv.js(p, q) - dv.LOG4, abs=1e-12)
    assert dv.cost(p, q) != pytest.approx(dv.js(p, q) - dv.LOG4, abs=1e-3)  # the survey's version, without the 2
    assert dv.cost(p, p) == pytest.approx(-dv.LOG4, abs=1e-12)
    apart = torch.tensor([1.0, 0.0], dtype=torch.float64), torch.tensor([0.0, 1.0], dtype=torch.float64)
    assert dv.js(*apart) == pytest.approx(math.log(2), abs=1e-12) and dv.cost(*apart) == pytest.approx(0, abs=1e-12)


def test_no_discriminator_beats_the_optimal_one():
    p, q = distributions()
    best = dv.optimal_discriminator(p, q)
    for k in range(20):
        other = (torch.logit(best.clamp(1e-6, 1 - 1e-6)) + 0.3 * draw(40, seed=k)).sigmoid()
        assert (p * other.log() + q * (1 - other).log()).sum().item() < dv.cost(p, q)


def test_gradient_ascent_on_v_finds_the_optimal_discriminator():
    """Free logits, one a cell, trained on V of two full distributions reach D* = p/(p + q) and the
    value 2·JS − log 4 to 1e-6.
    """
    p, q = (draw(12, name=n).softmax(0) for n in "pq")
    s = torch.zeros(12, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [s], max_iter=300, tolerance_grad=1e-12, tolerance_change=1e-16, line_search_fn="strong_wolfe"
    )

    def loss():
        optimiser.zero_grad()
        out = (p * torch.nn.functional.softplus(-s) + q * torch.nn.functional.softplus(s)).sum()
        out.backward()
        return out

    optimiser.step(loss)
    assert torch.allclose(s.detach().sigmoid(), dv.optimal_discriminator(p, q), atol=1e-5)
    assert -loss().item() == pytest.approx(2 * dv.js(p, q) - dv.LOG4, abs=1e-6)


def test_js_and_kl_of_gaussians_against_closed_forms():
    """KL of two round Gaussians of one width is gap²/2σ². JS against a fine quadrature of the same
    two densities along their line.
    """
    a, b, sigma = torch.tensor([[-0.2, 0.1]]), torch.tensor([[0.3, 0.1]]), 0.3
    p, q = (plane.Mixture(c, sigma).grid() for c in (a, b))
    width = math.hypot(sigma, plane.CELL)
    assert dv.kl(p, q) == pytest.approx(0.5**2 / (2 * width**2), rel=2e-3)
    assert dv.smoothed_kl(p, q) == pytest.approx(dv.kl(p, q), rel=0.01)
    x = torch.linspace(-3, 3, 20001, dtype=torch.float64)
    one, two = (torch.exp(-((x - c) ** 2) / (2 * width**2)) for c in (-0.2, 0.3))
    assert dv.js(p, q) == pytest.approx(dv.js(one / one.sum(), two / two.sum()), rel=2e-3)


@pytest.mark.parametrize("name", plane.SHAPES)
def test_samples_have_the_density_that_is_known(name):
    density = plane.make(name)
    p, x = density.grid(), density.sample(8192, stream(0, "x"))
    assert p.sum().item() == pytest.approx(1) and x.shape == (8192, 2)
    assert dv.js(p, plane.blurred(x).double()) < 0.002
    assert dv.js(p, plane.blurred(x + torch.tensor([0.3, 0.0])).double()) > 0.05


def test_every_point_counts_on_the_grid():
    """All mass is there, also of points outside the view, which count at its edge."""
    x = torch.tensor([[0.0, 0.0], [50.0, 0.0], [0.0, -50.0]])
    p = plane.blurred(x)
    assert p.sum().item() == pytest.approx(1, abs=1e-6)
    assert p[:, -8:].sum().item() == pytest.approx(1 / 3, abs=1e-3) and p[:8].sum().item() == pytest.approx(
        1 / 3, abs=1e-3
    )


def test_modes_are_counted():
    ring = plane.make("ring8")
    x = ring.sample(4000, stream(0, "x"))
    assert (plane.near_modes(x, ring).float().mean(0) > plane.MODE_SHARE).sum() == 8
    seven = x[torch.cdist(x, ring.centres[:1])[:, 0] > 0.5]
    assert (plane.near_modes(seven, ring).float().mean(0) > plane.MODE_SHARE).sum() == 7
    assert not plane.near_modes(torch.zeros(1, 2), ring).any()


def test_a_painting_is_sampled_where_there_is_ink():
    levels = [0] * plane.INK_SIDE**2
    levels[0], levels[plane.INK_SIDE**2 - 1] = 15, 5  # bottom left, top right
    painting = plane.Painting(levels)
    x = painting.sample(4000, stream(0, "x"))
    low = x[:, 0] < 0
    assert low.float().mean().item() == pytest.approx(0.75, abs=0.03)
    assert (x[low] < torch.tensor([-2.25, -1.6875])).all() and (x[~low] > torch.tensor([2.25, 1.6875])).all()
    assert dv.js(painting.grid(), plane.blurred(x).double()) < 0.005


# -- networks and step -----------------------------------------------------------------------------------------------


def test_adam_is_torchs_and_a_new_rate_keeps_the_moments():
    vector = draw(30).float()
    theirs = vector.clone().requires_grad_()
    optimiser, mine = torch.optim.Adam([theirs], lr=1e-2, betas=(0.5, 0.9)), FlatAdam(30)
    for k in range(20):
        if k == 10:
            before = mine.mean.clone()
            optimiser.param_groups[0]["lr"] = 1e-3
        gradient = draw(30, seed=k, name="gradient").float()
        theirs.grad = gradient.clone()
        optimiser.step()
        mine.update(vector, gradient, 1e-2 if k < 10 else 1e-3, 0.5, 0.9)
        if k == 10:
            assert torch.allclose(mine.mean, 0.5 * before + 0.5 * gradient, atol=1e-7) and before.abs().max() > 0
    assert torch.allclose(vector, theirs.detach(), atol=1e-6)


def test_a_live_change_of_rate_keeps_the_moments_of_the_run():
    a, b = (Run(GAN, GAN.make_setup({"batch": 16}), 0) for _ in range(2))
    for run in (a, b):
        run.advance(run.knobs, 5)
    a.advance(a.knobs, 1)
    b.advance(b.knobs.with_values({"lr_d": 0.01}), 1)
    x, y = a.method.state(), b.method.state()
    assert all(torch.equal(x[f"optimiser.d.{k}"], y[f"optimiser.d.{k}"]) for k in ("mean", "square", "rest"))
    assert x["optimiser.d.rest"].tolist() == pytest.approx([0.5**6, 0.999**6]) and not torch.equal(
        x["d.weights"], y["d.weights"]
    )


def test_a_live_change_of_betas_keeps_the_step_at_the_rate():
    adam, vector = FlatAdam(1), torch.zeros(1)
    for beta1, beta2 in [(0.5, 0.9)] * 20 + [(0.95, 0.9999)] * 20:
        before = vector.clone()
        adam.update(vector, torch.ones(1), 0.01, beta1, beta2)
        assert (before - vector).item() == pytest.approx(
            0.01, rel=1e-4
        )  # under a constant gradient every step is the rate


def test_spectral_norm_holds_every_weight_at_one():
    net = FlatMLP((2, 32, 32, 1), "tanh", stream(0, "w"), spectral=True)
    for _ in range(50):
        net.iterate()
    for w, (u, v) in zip(net.parameters[::2], net.singular):
        assert (u @ w @ v).item() == pytest.approx(torch.linalg.matrix_norm(w.detach(), 2).item(), rel=1e-3)
    x = draw(500, 2).float()
    step = 1e-2 * draw(500, 2, seed=1).float()
    assert (
        (net(x + step) - net(x)).abs()[:, 0] <= step.norm(dim=1) * 1.01
    ).all()  # tanh and three weights of norm 1: slope at most 1


def test_updates_of_one_side_leave_the_other_alone():
    run = Run(GAN, GAN.make_setup({}), 0)
    before = run.method.state()
    run.advance(run.knobs.with_values({"update": "d", "k_d": 3}), 2)
    after = run.method.state()
    assert torch.equal(before["g.weights"], after["g.weights"]) and after["optimiser.d.rest"][
        0
    ].item() == pytest.approx(0.5**6)
    run.advance(run.knobs.with_values({"update": "g", "k_g": 2}), 1)
    last = run.method.state()
    assert torch.equal(after["d.weights"], last["d.weights"]) and last["optimiser.g.rest"][0].item() == pytest.approx(
        0.5**2
    )


def test_weight_clipping_holds():
    run = Run(GAN, GAN.make_setup({}), 0)
    run.advance(run.knobs.with_values({"loss": "wgan", "clip": 0.05}), 3)
    assert run.method.game.d.vector.abs().max() <= 0.05


def test_walking_repeats_updates_and_tells_their_numbers():
    run = Run(GAN, GAN.make_setup({}), 0)
    knobs = run.knobs.with_values({"k_d": 2, "k_g": 3})
    phases = run.method.explain(knobs, 0)
    assert [p.name for p in phases].count("d_update") == 2 and [p.name for p in phases].count("g_update") == 3
    losses = next(p for p in phases if p.name == "losses")
    assert losses.numbers["loss_d"] == pytest.approx(-losses.numbers["value"], rel=1e-6)
    moved = [p for p in phases if p.name == "d_update"][0]
    assert (
        moved.numbers["loss_d"] < losses.numbers["loss_d"]
    )  # a first step of Adam at a small rate improves its own batch
    arrows = next(p for p in phases if p.name == "g_gradient").layers["arrows"]
    assert arrows.shape == (100, 4) and abs(arrows[:, 2:]).max() > 0


def test_arrows_point_down_the_generators_loss():
    run = Run(GAN, GAN.make_setup({}), 0)
    run.advance(run.knobs, 50)
    rows = torch.from_numpy(run.method.layers(run.knobs, ("arrows",))["arrows"])
    x, arrow = rows[:, :2], rows[:, 2:]
    step = 1e-3 * arrow / arrow.norm(dim=1, keepdim=True)
    game = run.method.game
    with torch.no_grad():
        assert (generator_loss("ns", game.judge(x + step)) < generator_loss("ns", game.judge(x - step))).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_layers_have_their_shapes(loss):
    run = Run(GAN, GAN.make_setup({"z_dim": 1 if loss == "wgan" else 2}), 0)
    knobs = run.knobs.with_values({"loss": loss})
    run.advance(knobs, 5)
    layers = run.frame(layers=GAN.frame_layers + GAN.scene_layers, knobs=knobs).layers
    shapes = {
        "field": (48, 64),
        "optimal": (48, 64),
        "density_real": (48, 64),
        "density_fake": (48, 64),
        "real": (500, 2),
        "fake": (500, 2),
        "mesh": (1, 200, 2) if loss == "wgan" else (21, 21, 2),
        "arrows": (100, 4),
    }
    assert {name: a.shape for name, a in layers.items()} == shapes
    assert layers["density_real"].max() == 255
    metrics = run.method.metrics(knobs)[0]
    assert ("field_low" in metrics) == (loss not in ("ns", "minimax")) and ("accuracy" in metrics) == (
        not loss.startswith("wgan")
    )
    if loss == "wgan":
        assert (
            layers["field"].min() == 0 and layers["field"].max() == 255 and metrics["field_low"] < metrics["field_high"]
        )


def test_the_measured_cost_agrees_with_twice_js_minus_log_4():
    run = Run(GAN, GAN.make_setup({"dataset": "gaussian"}), 0)
    for steps in (0, 300):
        run.advance(run.knobs, steps)
        m = run.method.metrics(run.knobs)[0]
        assert m["cost"] == pytest.approx(m["two_js_minus_log4"], abs=0.03)
        assert m["value"] < m["cost"] + 0.03  # no D does better than D*, up to the samples


def test_a_runaway_generator_has_no_distances():
    run = Run(GAN, GAN.make_setup({}), 0)
    run.method.game.g.vector.fill_(float("nan"))
    assert "js" not in run.method.metrics(run.knobs, GAN.slow_metrics)[0]
    layers = run.method.layers(run.knobs, GAN.frame_layers)
    assert torch.from_numpy(layers["mesh"]).isfinite().all()


def test_a_painting_takes_the_place_of_the_data():
    run = Run(GAN, GAN.make_setup({}), 0)
    levels = [0] * plane.INK_SIDE**2
    levels[-1] = 15
    painted = run.knobs.with_values({"ink": levels})
    assert (run.method.layers(painted, ("real",))["real"] > [2.2, 1.6]).all()
    run.advance(painted, 2)
    assert abs(run.method.layers(run.knobs.with_values({"ink": ()}), ("real",))["real"]).max() < 1.8


# -- what is refused -------------------------------------------------------------------------------------------------


def test_bad_input_is_refused_and_says_why():
    with pytest.raises(InvalidValue, match="no ink"):
        GANKnobs.of({"ink": [0] * plane.INK_SIDE**2})
    with pytest.raises(InvalidValue, match="no ink"):
        GANKnobs().with_values({"ink": [0] * plane.INK_SIDE**2})
    with pytest.raises(InvalidValue, match="32 × 32"):
        GANKnobs.of({"ink": [1, 2, 3]})
    for rows in ((), ((0.5, 0.5, 0),), ((0.5, 0.5, 0), (0.5, 0.5, 1))):
        with pytest.raises(InvalidValue, match="two different"):
            GANSetup.of({"dataset": "own", "rows": rows})
    with pytest.raises(InvalidValue, match="with numbers"):
        GANSetup.of({"dataset": "own", "rows": [("a", 1, 0), (0, 1, 0)]})
    with pytest.raises(InvalidValue, match="go from"):
        GANSetup.of({"dataset": "own", "rows": [(float("nan"), 1, 0), (0, 1, 0)]})
    for wrong in ("sixty", "64 64", 3.5, 0, 1000, None):
        with pytest.raises(InvalidValue, match="width_g.*whole number"):
            GANSetup.of({"width_g": wrong})


def test_own_points_are_drawn_from():
    rows = ((0.5, 0.5, 0), (-0.5, 0.25, 1), (0.0, -1.0, 0))
    run = Run(GAN, GANSetup.of({"dataset": "own", "rows": rows}), 0)
    real = run.method.layers(run.knobs, ("real",))["real"]
    assert {tuple(r) for r in real.round(3).tolist()} == {(0.5, 0.5), (-0.5, 0.25), (0.0, -1.0)}


def test_command_line(capsys):
    assert main(["run", "gan", "--steps", "20", "--json", "--knob", "loss=lsgan", "--set", "dataset=two"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert {"modes_covered", "js", "sliced_w2", "value"} <= set(report["metrics"]) and report["step"] == 20
    assert main(["run", "gan-pair", "--steps", "3", "--json", "--knob", "loss_b=wgan"]) == 0
    assert {"js.a", "js.b"} <= set(json.loads(capsys.readouterr().out)["metrics"])
    for arguments, says in (
        (["--set", "width_d=wide"], "whole number"),
        (["--set", "dataset=own"], "two different"),
        (["--knob", f"ink={json.dumps([0] * 1024)}"], "no ink"),
        (["--knob", "loss=best"], "choose one of"),
    ):
        assert main(["run", "gan", "--steps", "1", *arguments]) == 2
        assert says in capsys.readouterr().err
