"""The GAN lab's plane: the step and its knobs, what a frame shows, what is refused."""

import json
import math

import pytest
import torch

from engine.__main__ import main
from engine.core.declare import InvalidValue
from engine.data import density as plane
from engine.methods.gan.plane import GAN, GANKnobs, GANSetup
from engine.nn.gan_losses import (
    LOSSES,
    generator_loss,
)
from engine.runs.run import Run

# -- step -----------------------------------------------------------------------------------------


def test_a_live_change_of_rate_keeps_the_moments_of_the_run():
    a, b = (Run(GAN, GAN.make_setup({"batch": 16}), 0) for _ in range(2))
    for run in (a, b):
        run.advance(run.knobs, 5)
    a.advance(a.knobs, 1)
    b.advance(b.knobs.with_values({"lr_d": 0.01}), 1)
    x, y = a.method.state(), b.method.state()
    assert all(torch.equal(x[f"optimiser.d.{k}"], y[f"optimiser.d.{k}"]) for k in ("mean", "square", "rest"))
    assert x["optimiser.d.rest"].tolist() == pytest.approx([0.5**6, 0.999**6])
    assert not torch.equal(x["d.weights"], y["d.weights"])


def test_updates_of_one_side_leave_the_other_alone():
    run = Run(GAN, GAN.make_setup({}), 0)
    before = run.method.state()
    run.advance(run.knobs.with_values({"update": "d", "k_d": 3}), 2)
    after = run.method.state()
    assert torch.equal(before["g.weights"], after["g.weights"])
    assert after["optimiser.d.rest"][0].item() == pytest.approx(0.5**6)
    run.advance(run.knobs.with_values({"update": "g", "k_g": 2}), 1)
    last = run.method.state()
    assert torch.equal(after["d.weights"], last["d.weights"])
    assert last["optimiser.g.rest"][0].item() == pytest.approx(0.5**2)


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
    assert ("field_low" in metrics) == (loss not in ("ns", "minimax"))
    assert ("accuracy" in metrics) == (not loss.startswith("wgan"))
    if loss == "wgan":
        assert layers["field"].min() == 0
        assert layers["field"].max() == 255
        assert metrics["field_low"] < metrics["field_high"]


def test_the_measured_cost_agrees_with_twice_js_minus_log_4():
    run = Run(GAN, GAN.make_setup({"dataset": "gaussian"}), 0)
    for steps in (0, 300):
        run.advance(run.knobs, steps)
        m = run.method.metrics(run.knobs)[0]
        assert m["cost"] == pytest.approx(m["two_js_minus_log4"], abs=0.03)
        assert m["value"] < m["cost"] + 0.03  # no D does better than D*, up to the samples


def test_a_runaway_generator_has_no_distances_and_no_pictures_of_its_own():
    run = Run(GAN, GAN.make_setup({}), 0)
    run.method.game.g.vector.fill_(float("nan"))
    numbers = run.method.metrics(run.knobs)[0]
    assert set(numbers) == {*GAN.quick_metrics, *GAN.slow_metrics} - {"field_low", "field_high"}
    assert all(math.isnan(numbers[name]) for name in ("js", "modes_covered", "accuracy", "value", "grad_g"))
    assert set(run.frame((), GAN.frame_layers).layers) == {"field"}  # D is well, and all else follows G


def test_a_painting_takes_the_place_of_the_data():
    run = Run(GAN, GAN.make_setup({}), 0)
    levels = [0] * plane.INK_SIDE**2
    levels[-1] = 15
    painted = run.knobs.with_values({"ink": levels})
    assert (run.method.layers(painted, ("real",))["real"] > [2.2, 1.6]).all()
    run.advance(painted, 2)
    assert abs(run.method.layers(run.knobs.with_values({"ink": ()}), ("real",))["real"]).max() < 1.8


# -- what is refused -------------------------------------------------------------------------------


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
    for arguments, reason in (
        (["--set", "width_d=wide"], "whole number"),
        (["--set", "dataset=own"], "two different"),
        (["--knob", f"ink={json.dumps([0] * 1024)}"], "no ink"),
        (["--knob", "loss=best"], "choose one of"),
    ):
        assert main(["run", "gan", "--steps", "1", *arguments]) == 2
        assert reason in capsys.readouterr().err
