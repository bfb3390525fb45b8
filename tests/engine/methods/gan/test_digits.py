"""The GAN lab's digits: codes, training, questions, measurements."""

import json
import math

import numpy as np
import pytest
import torch

from engine.__main__ import main
from engine.core.declare import InvalidValue
from engine.core.frame import Answer
from engine.core.streams import stream
from engine.methods.gan.digit_game import draw_codes
from engine.methods.gan.digits import GANDigits, _shares
from engine.runs.run import Run

SMALL = {"width": 16, "z_dim": 12, "batch": 8, "judged": 50}


def start(net="dense", **more):
    setup = GANDigits.make_setup({"net": net, **SMALL, **more})
    return Run(GANDigits, setup, 1)


# -- codes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("prior", ["gaussian", "uniform"])
def test_codes_have_mean_0_and_variance_1(prior):
    z = draw_codes(prior, 20000, 4, stream(0, "z"))
    assert z.mean(0).abs().max() < 0.03 and z.var(0).sub(1).abs().max() < 0.03
    assert prior == "gaussian" or z.abs().max() <= math.sqrt(3)


def test_clusters_are_ten_normals_along_ten_axes():
    z = draw_codes("clusters", 20000, 12, stream(0, "z"))
    of = z[:, :10].argmax(1)
    counts = torch.bincount(of, minlength=10)
    assert counts.min() > 1700 and z[:, 10:].std().item() == pytest.approx(1, abs=0.02)
    assert torch.stack([z[of == k].mean(0)[k] for k in range(10)]).sub(5).abs().max() < 0.15
    with pytest.raises(InvalidValue, match="10 or more"):
        start(prior="clusters", z_dim=8)


# -- networks and training -------------------------------------------------------------------------


@pytest.mark.parametrize("net", ["dense", "conv"])
@pytest.mark.parametrize("loss", ["ns", "lsgan", "wgan", "wgan_gp", "minimax"])
def test_every_loss_trains_both_networks(net, loss):
    run = start(net)
    before = run.method.state()
    run.advance(run.method.make_knobs(run.setup, {"loss": loss, "dropout": 0.2, "noise": 0.1}), 9)
    after = run.method.state()
    changed = {k.split(".")[0] for k, v in after.items() if v.is_floating_point() and not torch.equal(v, before[k])}
    assert {"g", "d", "mean", "optimiser"} <= changed
    assert all(v.isfinite().all() for v in after.values() if v.is_floating_point())


def test_the_running_mean_follows_its_formula():
    run = start()
    game, mean = run.method.game, run.method.game.vectors["g"].clone().double()
    knobs = run.method.make_knobs(run.setup, {"ema": 0.5})
    for n in range(1, 21):
        run.advance(knobs, 1)
        decay = min(0.5, n / (10 + n))
        mean = decay * mean + (1 - decay) * game.vectors["g"].double()
    assert torch.allclose(game.vectors["mean"].double(), mean, atol=1e-5)


def test_a_slim_snapshot_shows_nearly_the_same_digits_and_trains_on():
    run = start("conv")
    run.advance(run.knobs, 12)
    slim = Run.restore(run.snapshot().slim())
    a, b = (r.method.layers(r.knobs, ("samples",))["samples"].astype(int) for r in (run, slim))
    assert abs(a - b).max() <= 2
    kept = slim.method.game.vectors["mean"].clone()
    slim.advance(slim.knobs, 2)
    # The running mean is as long as before: two steps hardly move it although Adam starts anew.
    assert (slim.method.game.vectors["mean"] - kept).abs().max() < (slim.method.game.vectors["g"] - kept).abs().max()


# -- questions -------------------------------------------------------------------------------------


def test_a_sample_of_the_grid_is_what_its_code_decodes_to():
    run = start()
    run.advance(run.knobs, 3)
    ask = run.method.ask
    grid = run.method.layers(run.knobs, ("samples",))["samples"]
    one = ask(run.knobs, "decode", {"anchors": [{"sample": 9}, 77]})
    assert one.layers["images"].shape == (2, 28, 28) and np.array_equal(one.layers["images"][0], grid[9])
    again = ask(run.knobs, "decode", {"anchors": one.numbers["codes"]})
    assert abs(again.layers["images"].astype(int) - one.layers["images"]).max() <= 1
    json.dumps(one.numbers)


def test_walks_and_planes():
    run = start()
    ask = run.method.ask
    walk = ask(run.knobs, "walk", {"anchors": [{"sample": 0}, {"seed": 4}, {"sample": 2}], "steps": 5, "how": "lerp"})
    assert walk.layers["images"].shape == (11, 28, 28)
    assert len(walk.numbers["norms"]) == 11
    assert walk.numbers["how"] == "lerp"
    assert np.array_equal(walk.layers["images"][0], run.method.layers(run.knobs, ("samples",))["samples"][0])
    assert len(ask(run.knobs, "walk", {"anchors": [1, 2], "steps": 5, "closed": True}).layers["images"]) == 10
    grid = ask(run.knobs, "plane", {"anchors": [1, 2, 3], "side": 4}).layers["images"]
    corners = ask(run.knobs, "decode", {"anchors": [1, 2, 3]}).layers["images"]
    assert grid.shape == (16, 28, 28) and all(np.array_equal(grid[i], c) for i, c in zip((0, 3, 12), corners))
    assert ask(run.knobs, "plane", {"anchors": [1, 2, 3], "at": [[0.2, 0.3]]}).layers["images"].shape == (1, 28, 28)


def test_slerp_is_usual_for_gaussian_codes_of_many_dimensions_alone():
    paths = {
        (prior, z): start(prior=prior, z_dim=z).method.default_path
        for prior in ("gaussian", "uniform")
        for z in (4, 12)
    }
    assert paths == {
        ("gaussian", 4): "lerp",
        ("gaussian", 12): "slerp",
        ("uniform", 4): "lerp",
        ("uniform", 12): "lerp",
    }


def test_nearest_answers_for_the_last_column_and_for_one():
    run = start()
    run.advance(run.knobs, 2)
    column = run.method.ask(run.knobs, "nearest", {})
    assert column.layers["nearest"].shape == column.layers["samples"].shape == (8, 28, 28)
    assert np.array_equal(column.layers["nearest"], run.method.layers(run.knobs, ("nearest",))["nearest"])
    one = run.method.ask(run.knobs, "nearest", {"anchor": {"sample": 7}})
    assert one.numbers["indices"] == column.numbers["indices"][:1] and one.numbers["distances"][0] > 0


@pytest.mark.parametrize(
    "name, values, reason",
    [
        ("decode", {}, "anchors"),
        ("decode", {"anchors": []}, "anchors"),
        ("decode", {"anchors": ["seven"]}, "seed"),
        ("decode", {"anchors": [-1]}, "seed"),
        ("decode", {"anchors": [True]}, "seed"),
        ("decode", {"anchors": [{"sample": 64}]}, "0 to 63"),
        ("decode", {"anchors": [[1, 2]]}, "12 numbers"),
        ("decode", {"anchors": [[float("nan")] * 12]}, "12 numbers"),
        ("decode", {"anchors": [["a"] * 12]}, "12 numbers"),
        ("walk", {"anchors": [1]}, "2 to 12"),
        ("walk", {"anchors": [1, 2], "steps": 0}, "steps"),
        ("walk", {"anchors": [1, 2], "how": "fly"}, "slerp"),
        ("walk", {"anchors": [1] * 12, "steps": 60}, "too many"),
        ("plane", {"anchors": [1, 2], "side": 3}, "list of 3"),
        ("plane", {"anchors": [1, 2, 3]}, "at"),
        ("plane", {"anchors": [1, 2, 3], "side": 99}, "2 to 15"),
        ("plane", {"anchors": [1, 2, 3], "at": [[99, 0]]}, "pairs"),
        ("plane", {"anchors": [1, 2, 3], "at": [[1, 2, 3]]}, "pairs"),
        ("fly", {}, "no question"),
    ],
)
def test_questions_without_an_answer_say_why(name, values, reason):
    run = start()
    with pytest.raises(InvalidValue, match=reason):
        run.method.ask(run.knobs, name, values)


# -- measurements ----------------------------------------------------------------------------------


def test_shares_of_judged_samples():
    p = torch.full((100, 10), 0.01)
    p[torch.arange(100), torch.arange(100) % 9] = 0.91
    p[:10] = 0.1
    p[:10, 1] += 0.01
    shares, counts = _shares(p)
    assert shares == {"class_share_min": 0.0, "confident_share": 0.9} and sum(counts) == 100 and counts[9] == 0


def test_classes_are_measured_with_progress():
    run = start()
    *shares, answer = run.method.measure(run.knobs, "classes", {})
    assert all(isinstance(s, float) for s in shares) and shares[-1] == 1 and len(shares) >= 100
    assert isinstance(answer, Answer)
    assert sum(answer.numbers["counts"]) == 10_000
    assert len(answer.numbers["counts"]) == 10


def test_parzen_is_measured_a_piece_at_a_time():
    run = start()
    work = run.method.measure(run.knobs, "parzen", {})
    first = [next(work) for _ in range(3)]
    assert first == sorted(first) and 0 < first[0] < 0.02
    with pytest.raises(InvalidValue, match="no measurement"):
        next(run.method.measure(run.knobs, "beauty", {}))


def test_command_line(capsys):
    small = [x for name, v in SMALL.items() for x in ("--set", f"{name}={v}")]
    assert main(["run", "gan-digits", "--steps", "2", "--json", "--set", "net=dense", *small]) == 0
    report = json.loads(capsys.readouterr().out)
    assert {"class_share_min", "confident_share", "value", "d_real", "d_fake"} <= set(report["metrics"])
    assert "parzen" not in report["metrics"]
    assert main(["run", "gan-digits", "--set", "width=wide"]) == 2
    assert "whole number" in capsys.readouterr().err
    assert (
        main(["run", "gan-digits", "--steps", "1", "--set", "net=dense", *small, "--measure", "classes", "--json"]) == 0
    )
    assert "classes.confident_share" in json.loads(capsys.readouterr().out)["metrics"]
    assert main(["run", "gan-digits", "--set", "net=dense", *small, "--measure", "beauty"]) == 2
    assert "known are parzen, classes" in capsys.readouterr().err


def test_an_update_of_d_leaves_the_statistics_of_g_alone():
    run = Run(GANDigits, GANDigits.make_setup({"width": 8, "z_dim": 4, "batch": 8}), 0)
    before = run.method.state()
    run.advance(run.knobs.with_values({"update": "d"}), 2)
    after = run.method.state()
    assert all(torch.equal(before[k], after[k]) for k in before if k.startswith("g."))
    assert not torch.equal(before["d.a.weight"], after["d.a.weight"])
