"""The GAN lab's digits: codes and paths, nearest images, Parzen windows, questions, measurements."""

import json
import math

import numpy as np
import pytest
import torch

from engine.__main__ import main
from engine.core.declare import InvalidValue
from engine.core.frame import Answer
from engine.core.streams import stream
from engine.data import mnist
from engine.methods.gan import latent_paths
from engine.methods.gan.digit_game import draw_codes
from engine.methods.gan.digit_networks import as_vector, build
from engine.methods.gan.digits import GANDigits, _shares
from engine.metrics.nearest_neighbour import nearest_neighbour
from engine.metrics.parzen import log_likelihoods, parzen
from engine.runs.run import Run

SMALL = {"width": 16, "z_dim": 12, "batch": 8, "judged": 50}


def start(net="dense", **more):
    setup = GANDigits.make_setup({"net": net, **SMALL, **more})
    return Run(GANDigits, setup, 1)


# -- codes -----------------------------------------------------------------------------------------------------------


def test_paths_start_and_end_at_their_anchors():
    a, b = torch.randn(2, 64, generator=stream(0, "z"))
    t = torch.linspace(0, 1, 5)
    for path in latent_paths.PATHS.values():
        assert torch.allclose(path(a, b, t)[[0, -1]], torch.stack([a, b]), atol=1e-5)


def test_slerp_keeps_the_length_that_lerp_loses():
    """Half-way between two Gaussian codes of high dimension lerp is √½ as long as they are; slerp
    goes evenly from one length to the other.
    """
    z = torch.randn(200, 2, 400, generator=stream(0, "z"))
    half = torch.tensor([0.5])
    ratio = (
        torch.stack([latent_paths.lerp(a, b, half)[0].norm() / ((a.norm() + b.norm()) / 2) for a, b in z]).mean().item()
    )
    assert ratio == pytest.approx(math.sqrt(0.5), abs=0.005)
    for a, b in z[:20]:
        assert latent_paths.slerp(a, b, half)[0].norm().item() == pytest.approx(
            (a.norm() + b.norm()).item() / 2, rel=1e-5
        )
    a, b = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    assert torch.allclose(
        latent_paths.slerp(a, b, torch.tensor([1 / 3]))[0], torch.tensor([math.cos(math.pi / 6), math.sin(math.pi / 6)])
    )


def test_slerp_of_parallel_and_of_zero_codes_is_straight():
    a, t = torch.tensor([1.0, 2.0]), torch.tensor([0.25])
    for b in (3 * a, -a, 0 * a, a):
        assert (
            torch.allclose(latent_paths.slerp(a, b, t), latent_paths.lerp(a, b, t), atol=1e-6)
            and latent_paths.slerp(a, b, t).isfinite().all()
        )


def test_tours_open_and_closed():
    anchors = torch.randn(3, 20, generator=stream(0, "z"))
    opened, closed = (latent_paths.tour(anchors, 4, "lerp", c) for c in (False, True))
    assert len(opened) == 2 * 4 + 1 and len(closed) == 3 * 4
    assert torch.equal(opened[::4], anchors) and torch.equal(closed[::4], anchors)


def test_a_plane_goes_through_its_three_codes():
    anchors = torch.randn(3, 20, generator=stream(0, "z"))
    at = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1 / 3, 1 / 3]])
    z = latent_paths.plane(anchors, at)
    assert torch.allclose(z[:3], anchors, atol=1e-6) and torch.allclose(z[3], anchors.mean(0), atol=1e-6)


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


# -- networks and training -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("net", ["dense", "conv"])
def test_networks_fit_and_their_vectors_are_their_weights(net):
    g, d = build(net, 5, 16, stream(0, "w"))
    vector = as_vector(g)
    x = g(torch.randn(3, 5, generator=stream(0, "z")))
    assert x.shape == (3, 784) and 0 <= x.min() and x.max() <= 1 and d(x).shape == (3,)
    keep = tuple(torch.zeros(3, *shape) for shape in d.hidden)
    assert torch.equal(d(x, keep), d(0 * x, keep))  # with every unit dropped nothing of the image comes through
    vector.zero_()
    assert all(not p.any() for p in g.parameters())


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


# -- nearest and Parzen ----------------------------------------------------------------------------------------------


def test_the_nearest_of_a_training_image_is_itself():
    x = mnist.images("train")[[5, 59_999, 30_000]].float() / 255
    index, distance = nearest_neighbour(x)
    assert index.tolist() == [5, 59_999, 30_000] and distance.max() < 1e-3


def test_the_nearest_agrees_with_plain_distances():
    x = mnist.images("test")[:4].float() / 255
    index, distance = nearest_neighbour(x)
    all_of_them = torch.cdist(x.double(), mnist.images("train").double() / 255)
    assert torch.equal(index, all_of_them.argmin(1)) and torch.allclose(
        distance.double(), all_of_them.min(1).values, atol=1e-3
    )


def test_parzen_of_one_sample_is_its_gaussian():
    x, sample, sigma = (
        torch.randn(5, 7, generator=stream(0, "x"), dtype=torch.float64),
        torch.zeros(1, 7, dtype=torch.float64),
        0.3,
    )
    expected = torch.distributions.Normal(0.0, sigma).log_prob(x).sum(1)
    assert torch.allclose(log_likelihoods(sample, x, (sigma,))[0], expected)


def test_parzen_of_many_agrees_with_a_mixture_and_chooses_the_best_width():
    g = stream(0, "x")
    samples, validation, test = (torch.randn(n, 3, generator=g) * 0.5 for n in (400, 250, 150))
    normal = torch.distributions.Normal(samples[None].double(), 0.2)
    expected = normal.log_prob(test[:, None].double()).sum(-1).logsumexp(1) - math.log(400)
    assert torch.allclose(log_likelihoods(samples.double(), test.double(), (0.2,))[0], expected)
    *shares, best = parzen(samples, validation, test, (0.01, 0.2, 3.0))
    assert shares == sorted(shares) and shares[-1] == 1
    assert best["sigma"] == 0.2 and best["nats"] == pytest.approx(expected.mean().item()) and best["error"] > 0


# -- questions -------------------------------------------------------------------------------------------------------


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
    assert (
        walk.layers["images"].shape == (11, 28, 28)
        and len(walk.numbers["norms"]) == 11
        and walk.numbers["how"] == "lerp"
    )
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
    "name, values, says",
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
def test_questions_without_an_answer_say_why(name, values, says):
    run = start()
    with pytest.raises(InvalidValue, match=says):
        run.method.ask(run.knobs, name, values)


# -- measurements ----------------------------------------------------------------------------------------------------


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
    assert (
        isinstance(answer, Answer) and sum(answer.numbers["counts"]) == 10_000 and len(answer.numbers["counts"]) == 10
    )


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
    assert {"class_share_min", "confident_share", "value", "d_real", "d_fake"} <= set(
        report["metrics"]
    ) and "parzen" not in report["metrics"]
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
