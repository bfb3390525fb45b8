"""Attacks: identities from the papers, smallest perturbations, steppers, ball and box."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import softplus

from engine.attacks import ATTACKS, Settings, Task, run
from engine.attacks.base import Attack
from engine.attacks.norms import NORMS
from engine.core.declare import InvalidValue
from engine.core.streams import stream
from tests.engine.attacks.problems import every_norm, images, network, task

every_attack = pytest.mark.parametrize("attack", ATTACKS.values(), ids=lambda a: a.name)
QUICK = Settings(steps=12, step_size=0.03, searches=3, restarts=1)


# -- identities ------------------------------------------------------------------------------------


def line(dtype=torch.float64):
    """Logistic regression as two logits, (0, wᵀx + b); y = ±1 has the class index (y + 1)/2."""
    generator = torch.Generator().manual_seed(7)
    w, b = torch.randn(30, generator=generator, dtype=dtype), 0.3
    x = 0.3 + 0.4 * torch.rand(50, 30, generator=generator, dtype=dtype)
    index = torch.randint(2, (50,), generator=generator)
    return lambda x: torch.stack([torch.zeros(len(x), dtype=dtype), x @ w + b], 1), w, b, x, index


def test_logistic_regression_under_fgsm_is_softplus():
    """FGSM's mean loss is mean softplus(ε‖w‖₁ − y(wᵀx + b)), Goodfellow 2014, §5."""
    model, w, b, x, index = line()
    epsilon = 0.1
    t = Task(model, x, index, epsilon=epsilon)
    loss = t.objective(model(run("fgsm", t, Settings()))).mean()
    y = 2.0 * index - 1
    assert torch.allclose(loss, softplus(epsilon * w.abs().sum() - y * (x @ w + b)).mean(), rtol=1e-12)


@pytest.mark.parametrize("norm, dual", [("linf", 1), ("l2", 2)])
@pytest.mark.parametrize("name", ["fgsm", "ifgsm", "pgd", "momentum"])
def test_on_a_line_the_margin_moves_by_epsilon_times_the_dual_norm(name, norm, dual):
    model, w, b, x, index = line()
    t = Task(model, x, index, norm=NORMS[norm], epsilon=0.1)
    moved = run(name, t, Settings(steps=40, step_size=0.1), stream(0, "starts"))
    margin = (model(moved)[:, 1] - model(x)[:, 1]) * (1 - 2 * index)
    assert torch.allclose(margin, 0.1 * w.norm(dual).expand(50), rtol=1e-6 if name == "pgd" and norm == "l2" else 1e-12)


@every_norm
@pytest.mark.parametrize("targeted", [False, True])
def test_one_pgd_step_of_size_epsilon_without_a_random_start_is_fgsm(norm, targeted):
    net = network()
    t = task(net, images(), norm.name, 0.05, targeted)
    one, step = run("fgsm", t, Settings()), run("pgd", t, Settings(steps=1, step_size=0.05, random_start=False))
    assert (
        torch.equal(one, step) if norm.name == "linf" else torch.allclose(one, step, rtol=0, atol=1.2e-7)
    )  # a last bit: PGD keeps δ, not x + δ


@every_norm
def test_relatives_coincide_where_they_should(norm):
    net = network()
    t, quick = task(net, images(), norm.name, 0.05), Settings(steps=8, step_size=0.01, random_start=False, momentum=0.0)
    pgd = run("pgd", t, quick)
    assert torch.equal(pgd, run("ifgsm", t, quick))
    assert torch.allclose(pgd, run("momentum", t, quick), atol=1e-6)  # without memory only the scale of g differs


@every_attack
@every_norm
@pytest.mark.parametrize("targeted", [False, True])
def test_epsilon_zero_is_the_clean_image_exactly(attack, norm, targeted):
    net, x = network(), images()
    assert torch.equal(run(attack, task(net, x, norm.name, 0.0, targeted), QUICK, stream(0, "starts")), x)


def test_the_objective_by_hand_is_autograds():
    net, x = network(dtype=torch.float64), images(dtype=torch.float64)
    for targeted, difference in ((False, False), (True, False), (True, True)):
        t = task(net, x, targeted=targeted, difference=difference)
        at = x.clone().requires_grad_()
        t.objective(net(at)).sum().backward()
        assert torch.allclose(t.gradient(x), at.grad, atol=1e-13)


def test_the_surveys_difference_drops_out_of_the_softmax():
    """L(·, y) − L(·, t) = Z_t − Z_y: the log-sum-exp cancels."""
    net, x = network(dtype=torch.float64), images(dtype=torch.float64)
    t = task(net, x, targeted=True, difference=True)
    z = net(x)
    assert torch.allclose(
        t.objective(z), (z.gather(1, t.targets[:, None]) - z.gather(1, t.labels[:, None]))[:, 0], atol=1e-12
    )


def test_sgd_on_delta_is_torchs_sgd_with_clamps():
    net, x = network(), images()
    t = task(net, x, epsilon=0.08)
    delta = torch.zeros_like(x, requires_grad=True)
    optimiser = torch.optim.SGD([delta], lr=0.02)
    for _ in range(10):
        optimiser.zero_grad()
        (-nn.functional.cross_entropy(net(x + delta), t.labels, reduction="sum")).backward()
        optimiser.step()
        delta.data.clamp_(-0.08, 0.08)
        delta.data = (x + delta.data).clamp(0, 1) - x
    assert torch.allclose(run("sgd", t, Settings(rate=0.02, steps=10)), x + delta.detach(), atol=1e-6)


def test_carlini_wagners_adam_is_torchs():
    net, x = network(), images()
    t = task(net, x, "l2", 10.0)
    attack, how = ATTACKS["cw"], Settings(rate=0.05, steps=20, searches=1, c=2.0)
    state = attack.start(t, how, stream(0, "starts"))
    w = state["w"].clone().requires_grad_()
    optimiser = torch.optim.Adam([w], lr=0.05)
    for _ in range(20):
        image = (torch.tanh(w) + 1) / 2
        optimiser.zero_grad()
        ((image - x).square().sum() + 2 * t.margin(net(image)).clamp_min(0).sum()).backward()
        optimiser.step()
        attack.step(t, how, state)
    assert torch.allclose(state["w"], w.detach(), atol=1e-4)


# -- smallest perturbations ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["deepfool", "cw", "lbfgs"])
def test_smallest_perturbations_on_a_line_are_the_distance_to_it(name):
    """For a linear model the nearest adversarial point is |f|/‖w‖₂ away; a search must come within
    a few per cent of that, from above.
    """
    model, w, b, x, _ = line()
    x = x[:6]
    labels = model(x).argmax(1)
    t = Task(model, x, labels, norm=NORMS["l2"], epsilon=100.0)
    how = (
        Settings(steps=150, searches=8, rate=0.01, c=1.0, overshoot=0.001)
        if name == "cw"
        else Settings(steps=60, overshoot=0.001, c=0.1)
    )
    moved = run(name, t, how)
    exact = (x @ w + b).abs() / w.norm()
    size = (moved - x).norm(dim=1)
    assert t.succeeded(model(moved)).all()
    assert (size >= exact * (1 - 1e-6)).all() and (size <= exact * 1.05 + 1e-3).all(), size / exact


def test_deepfool_in_linf_is_the_distance_in_linf():
    model, w, b, x, _ = line()
    t = Task(model, x, model(x).argmax(1), norm=NORMS["linf"], epsilon=100.0)
    size = (run("deepfool", t, Settings(steps=20, overshoot=0.001)) - x).abs().amax(1)
    assert torch.allclose(size, (x @ w + b).abs() / w.abs().sum(), rtol=0.01, atol=1e-4)


@every_attack
@pytest.mark.parametrize("targeted", [False, True])
def test_every_attack_reaches_its_goal_with_room(attack, targeted):
    net, x = network(), images(8)
    t = task(net, x, "l2", 2.0, targeted)
    how = Settings(
        steps=30 if attack.name == "lbfgs" else 200,
        step_size=0.1,
        rate=0.02 if attack.name == "cw" else 0.1,
        searches=4,
    )
    moved = run(attack, t, how, stream(0, "starts"))
    share = t.succeeded(net(moved)).float().mean()
    assert share >= (0.5 if attack.name == "fgsm" and not targeted else 0.25 if attack.name == "fgsm" else 0.85), share
    assert not t.succeeded(net(x)).any()


# -- ball, box, steppers ---------------------------------------------------------------------------


@settings(deadline=None, max_examples=120)
@given(
    st.sampled_from(list(ATTACKS)),
    st.sampled_from(list(NORMS)),
    st.floats(-7, 0.5),
    st.booleans(),
    st.integers(0, 9),
    st.floats(-4, 1),
)
def test_every_returned_example_is_inside_the_ball_and_the_box(name, norm, log_epsilon, targeted, seed, log_step):
    epsilon = 10.0**log_epsilon
    net, x = network(seed), images(3, seed=seed)
    x[0, :4] = torch.tensor([0.0, 1.0, 0.5, 1.0])  # on the faces of the box, too
    how = Settings(steps=5, step_size=10.0**log_step, rate=10.0**log_step, searches=2, restarts=1)
    moved = run(name, task(net, x, norm, epsilon, targeted), how, stream(seed, "starts"))
    size = NORMS[norm].size(moved.double() - x.double())
    assert moved.min() >= 0 and moved.max() <= 1
    assert (size <= epsilon).all(), size / epsilon
    assert (NORMS[norm].size((moved - x).double()) <= epsilon).all()  # as δ is saved, in float32


@every_attack
def test_a_stepper_is_the_whole_attack(attack: Attack):
    net = network()
    t, how = task(net, images(), epsilon=0.2), Settings(steps=9, step_size=0.03, searches=3)
    state = attack.start(t, how, stream(4, "starts"))
    for _ in range(attack.steps(how)):
        attack.step(t, how, state)
        assert all(value.isfinite().all() for name, value in state.items())
    assert torch.equal(attack.image(t, state), run(attack, t, how, stream(4, "starts")))


@pytest.mark.parametrize("name", ["deepfool", "cw", "ifgsm", "lbfgs"])
def test_samples_of_a_batch_do_not_mix(name):
    net, x = network(), images(4)
    together = run(name, task(net, x, "l2", 1.0), QUICK)
    alone = torch.cat([run(name, task(net, x[i : i + 1], "l2", 1.0), QUICK) for i in range(4)])
    assert torch.allclose(together, alone, atol=1e-5)


def test_restarts_keep_the_strongest():
    net, x = network(), images(8)
    t = task(net, x, epsilon=0.05)
    few, many = (Settings(steps=3, step_size=0.02, restarts=r) for r in (0, 8))
    once, often = (t.objective(net(run("pgd", t, s, stream(0, "starts")))) for s in (few, many))
    hit = [t.succeeded(net(run("pgd", t, s, stream(0, "starts")))).sum() for s in (few, many)]
    assert hit[1] >= hit[0] and (often > once + 1e-6).any()


def test_what_does_not_fit_is_refused_with_a_word():
    net, x = network(), images()
    y = net(x).argmax(1)
    with pytest.raises(InvalidValue, match=r"in \[0, 1\]"):
        Task(net, x * 255, y)
    with pytest.raises(InvalidValue, match="one for each"):
        Task(net, x, y[:2])
    with pytest.raises(InvalidValue, match="0 or more"):
        Task(net, x, y, epsilon=-1)
    with pytest.raises(InvalidValue, match="0 or more"):
        Task(net, x, y, epsilon=math.nan)
    with pytest.raises(InvalidValue, match="there is no attack"):
        run("nonesuch", Task(net, x, y), Settings())
