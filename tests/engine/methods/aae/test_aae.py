"""The AAE lab's methods: identities, labels, questions, refusals."""

import json
import math

import pytest
import torch
import torch.nn.functional as F

from engine.__main__ import main
from engine.core.declare import InvalidValue
from engine.core.registry import find
from engine.core.snapshot import InvalidSnapshot
from engine.core.streams import stream
from engine.data import mnist
from engine.data.augmentation import perturbed
from engine.data.priors import KINDS, SIDE, UNLABELLED
from engine.methods.aae.aae import AAEKnobs
from engine.metrics.prior_fit import FIT, NULL
from engine.nn.autoencoder import CODE, Autoencoder
from engine.runs.run import Run
from tests.engine.methods.aae.runs import SMALL, start


def test_lambda_zero_is_a_plain_autoencoder_bit_for_bit():
    run, knobs = start("aae", lam=0, half_life=0)
    run.advance(knobs, 12)
    coder = Autoencoder(32, CODE, CODE, stream(0, "weights"))
    optimiser = torch.optim.Adam(coder.parameters(), knobs.rate_reconstruction, fused=True)
    batches, x = stream(0, "batches"), mnist.images("train")
    for _ in range(12):
        index = (torch.rand(32, generator=batches, dtype=torch.float64) * len(x)).long()
        batch = x[index].float() / 255
        loss = F.binary_cross_entropy_with_logits(coder.decoder(coder.encoder(batch)), batch, reduction="sum") / 32
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    trained = run.method.autoencoders["aae"]
    assert all(torch.equal(a, b) for a, b in zip(coder.parameters(), trained.parameters()))
    game, on = start("aae", lam=1, half_life=0)
    game.advance(on, 12)
    assert not torch.equal(game.method.autoencoders["aae"].encoder[0].weight, trained.encoder[0].weight)


def test_both_share_initial_weights_batches_and_each_is_itself_alone():
    both, knobs = start("aae-vae")
    for a, b in zip(both.method.autoencoders["aae"].parameters(), both.method.autoencoders["vae"].parameters()):
        assert torch.equal(a, b)
    aae, aae_knobs = start("aae")
    vae, vae_knobs = start("vae")
    for run, k in ((both, knobs), (aae, aae_knobs), (vae, vae_knobs)):
        run.advance(k, 6)
    state = both.method.state()
    for alone in (aae, vae):
        assert all(
            torch.equal(state[key], tensor)
            for key, tensor in alone.method.state().items()
            if not key.startswith("generator")
        )


def test_what_d_is_told():
    run, _ = start("aae")
    method, labels = run.method, mnist.labels("train")
    assert (method.draw_batch(0)[1] == UNLABELLED).all()
    known = {tuple(row) for row in mnist.images("train")[method.order[:500]].tolist()}
    x, given = method.draw_batch(500)
    assert (given[:16] != UNLABELLED).all() and (given[16:] == UNLABELLED).all()
    assert all(tuple(row) in known for row in (x[:16] * 255).round().int().tolist())
    given = method.draw_batch(60000)[1]
    # A frame shows D's output for codes without a label, so these must be trained too.
    assert (given[:28] != UNLABELLED).all() and (given[28:] == UNLABELLED).all()
    assert (labels[method.order[:100]].bincount(minlength=10) == 10).all()


def test_a_vae_is_judged_by_draws_of_its_posterior():
    """Under a heavy KL q(z|x) is the prior itself: its draws fit, though all its means lie at 0."""
    run, knobs = start("vae", prior="gaussian", beta=100, rate_reconstruction=3e-3)
    run.advance(knobs, 60)
    assert run.method.codes("vae", run.method.held_out).std() < 0.1
    assert run.method.metrics(knobs, ("sliced_w2",))[0]["sliced_w2"] < 0.15


def test_the_unlabelled_one_hot_never_carries_the_label():
    """Shuffling the labels of images that are not among the labelled changes nothing in training,
    bit for bit.
    """
    run, knobs = start("aae", labels=100)
    other, _ = start("aae")
    hidden = other.method.order[100:]
    other.method.y = other.method.y.clone()
    other.method.y[hidden] = other.method.y[hidden].roll(1)
    for r in (run, other):
        r.advance(knobs, 8)
    a, b = run.method.state(), other.method.state()
    assert all(torch.equal(a[k], b[k]) for k in a)
    none, free = start("aae")
    relabelled, _ = start("aae")
    relabelled.method.y = relabelled.method.y.flip(0)
    for r in (none, relabelled):
        r.advance(free, 8)
    assert torch.equal(none.method.discriminator.told, relabelled.method.discriminator.told)


@pytest.mark.parametrize("update", ["reconstruction", "d", "encoder"])
def test_one_phase_moves_only_its_own_weights(update):
    run, knobs = start("aae")
    run.advance(knobs, 3)
    before = run.method.state()
    run.advance(knobs.with_values({"update": update}), 1)
    moved = {
        k.split(".")[0] + ("." + k.split(".")[1] if k.startswith("aae") else "")
        for k, v in run.method.state().items()
        if not k.startswith(("optimiser", "generator")) and not torch.equal(v, before[k])
    }
    assert moved == {"reconstruction": {"aae.encoder", "aae.decoder"}, "d": {"d"}, "encoder": {"aae.encoder"}}[update]
    assert [p.name for p in run.method.explain(knobs.with_values({"update": update}), run.step)] == [update]


@pytest.mark.parametrize("prior", KINDS)
@pytest.mark.parametrize("name", ["aae", "vae"])
def test_every_prior_trains_and_is_measured(name, prior):
    run, knobs = start(name, prior=prior, ink=tuple(int(k % SIDE > 20) for k in range(SIDE**2)))
    run.advance(knobs, 5)
    numbers = run.frame(metrics=run.method.slow_metrics + run.method.quick_metrics).metrics
    assert set(FIT) < set(numbers) and all(math.isfinite(v) for v in numbers.values())
    assert run.method.layers(knobs, ("prior_density",))["prior_density"].max() == 255


def test_layers_have_their_shapes():
    shapes = {
        "codes": (500, 3),
        "field": (36, 36),
        "arrows": (150, 4),
        "decoded": (256, 28, 28),
        "prior_density": (64, 64),
        "prior_samples": (500, 2),
    }
    run, knobs = start("aae-vae")
    layers = run.method.layers(knobs, run.method.frame_layers + run.method.scene_layers)
    assert {k: v.shape for k, v in layers.items()} == shapes | {"vae_codes": (500, 3), "vae_decoded": (256, 28, 28)}
    for name, shape in (
        ("aae-supervised", {"codes": (500, 3), "style": (80, 28, 28)}),
        ("aae-semi", {"codes": (500, 3), "style": (80, 28, 28), "confusion": (10, 10)}),
    ):
        run, knobs = start(name)
        assert {k: v.shape for k, v in run.method.layers(knobs, run.method.frame_layers).items()} == shape


DIGIT = [255 if 6 <= k // 28 < 22 and 12 <= k % 28 < 16 else 0 for k in range(784)]


def test_questions_in_the_plane():
    run, knobs = start("aae-vae")
    ask = lambda name, **values: run.method.ask(knobs, name, values)  # noqa: E731
    a, b = ask("decode", z=[0.5, -1]), ask("decode", z=[0.5, -1], member="vae")
    assert a.layers["image"].shape == (28, 28)
    assert (a.layers["image"] == b.layers["image"]).all()  # the same weights at the start
    seen = ask("look", index=3)
    assert seen.numbers["label"] == mnist.mixed_test()[1][3]
    assert (seen.layers["image"].flatten() == mnist.mixed_test()[0][3].numpy()).all()
    codes = run.method.layers(knobs, ("codes",))["codes"]
    assert seen.numbers["z"] == pytest.approx(codes[3, :2].tolist(), abs=1e-4)
    assert codes[:, :2] == pytest.approx(run.method.codes("aae", run.method.held_out[:500]).numpy(), abs=1e-4)
    own = ask("encode", pixels=DIGIT)
    assert own.numbers["digit"] == 1
    assert len(own.numbers["probabilities"]) == 10
    assert own.layers["reconstruction"].shape == (28, 28)
    json.dumps([a.numbers, seen.numbers, own.numbers])


@pytest.mark.parametrize(
    "name, values, words",
    [
        ("decode", {}, "list of 2"),
        ("decode", {"z": [1]}, "2 numbers"),
        ("decode", {"z": [math.nan, 0]}, "2 numbers"),
        ("decode", {"z": [0, 0], "member": "gan"}, "one of aae"),
        ("look", {"index": 10000}, "0 to 9999"),
        ("look", {"index": "3"}, "0 to 9999"),
        ("encode", {"pixels": [0] * 784}, "empty"),
        ("encode", {"pixels": [1, 2]}, "784"),
        ("encode", {"pixels": "hello"}, "784"),
        ("encode", {"pixels": [300] * 784}, "0 to 255"),
        ("fly", {}, "no question"),
    ],
)
def test_bad_questions_get_a_message(name, values, words):
    run, knobs = start("aae")
    with pytest.raises(InvalidValue, match=words):
        run.method.ask(knobs, name, values)


@pytest.mark.parametrize("name", ["aae-supervised", "aae-semi"])
def test_questions_of_styles(name):
    run, knobs = start(name)
    d = run.setup.style
    ask = lambda question, **values: run.method.ask(knobs, question, values)  # noqa: E731
    grid = run.method.layers(knobs, ("style",))["style"]
    row = ask("row", row=2)
    assert abs(row.layers["images"].astype(int) - grid[20:30]).max() <= 1
    turned = ask("row", row=2, z=[1.5, -0.5])
    assert turned.numbers["z"][:2] == [1.5, -0.5] and turned.numbers["z"][2:] == row.numbers["z"][2:]
    one = ask("decode", z=turned.numbers["z"], y=7)
    assert abs(one.layers["image"].astype(int) - turned.layers["images"][7]).max() <= 1
    seen, own = ask("look", index=5), ask("encode", pixels=DIGIT, y=4)
    assert seen.numbers["label"] == mnist.mixed_test()[1][5] and len(seen.numbers["z"]) == d
    assert abs(own.layers["reconstruction"].astype(int) - own.layers["images"][4]).max() <= 1
    for question, values in (
        ("row", {"row": 8}),
        ("row", {"z": [0] * (d + 1)}),
        ("decode", {"z": [0] * d, "y": 10}),
        ("decode", {"z": [0], "y": 1}),
        ("look", {"index": -1}),
        ("encode", {"pixels": []}),
    ):
        with pytest.raises(InvalidValue):
            ask(question, **values)


@pytest.mark.parametrize("name", ("aae", "vae"))
def test_a_warp_is_what_the_encoder_sees_and_not_what_is_decoded(name):
    """Without a warp nothing is drawn for it; with one, codes are those of warped images, and the
    loss still asks for the clean ones.
    """
    (plain, off), (run, on) = start(name), start(name, warp=0.5)
    explained = [next(r.method.phases_of(k, 0)) for r, k in ((plain, off), (run, on))]
    assert (explained[0].layers["images"] == explained[1].layers["images"]).all()
    assert not (explained[0].layers["codes"] == explained[1].layers["codes"]).any()
    untouched = stream(0, "warps").get_state()
    assert torch.equal(plain.method.generators["warps"].get_state(), untouched)
    assert not torch.equal(run.method.generators["warps"].get_state(), untouched)
    u = torch.rand(32, generator=stream(0, "batches"), dtype=torch.float64)
    x = mnist.images("train")[(u * 60000).long()].float() / 255
    seen = perturbed(x, stream(0, "warps"), 7.5, 1, 0.1)
    z = start(name, warp=0.5)[0].method.autoencoders[name].encoder(seen).detach()
    if name == "aae":
        assert torch.equal(torch.from_numpy(explained[1].layers["codes"]), z)
    else:  # drawn about them with σ = 1 at the start
        noise = torch.randn(z.shape, generator=stream(0, "posterior"))
        assert torch.allclose(torch.from_numpy(explained[1].layers["codes"]), z + noise, atol=1e-5)


@pytest.mark.parametrize("name", ["aae", "aae-semi"])
def test_more_labels_than_images_are_refused(name, capsys):
    assert main(["run", name, "--knob", "labels=60001"]) == 2
    assert "to 60000" in capsys.readouterr().err


def test_command_line_refuses_an_unpainted_prior(capsys):
    assert main(["run", "aae", "--knob", "prior=painted", "--steps", "1"]) == 2
    assert "paint a density" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["aae", "vae"])
def test_command_line_reports_every_number(name, capsys, tmp_path):
    options = [part for pair in SMALL.items() for part in ("--set", f"{pair[0]}={pair[1]}")]
    assert main(["run", name, "--steps", "3", *options, "--save", str(tmp_path / "a"), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)["metrics"]
    assert {*FIT, *NULL, "reconstruction"} <= set(first)
    assert main(["run", name, "--from", str(tmp_path / "a"), "--steps", "0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["metrics"] == first
    with pytest.raises(InvalidSnapshot):
        Run.restore(
            Run.snapshot(Run(find("vae"), find("vae").make_setup(SMALL))).__class__("vae", {}, (0,), 0, {}, (), {})
        )


INK = tuple(
    15 if 4 <= k // SIDE < 22 and 6 <= k % SIDE < 20 else 5 if (k // SIDE, k % SIDE) == (24, 24) else 0
    for k in range(SIDE**2)
)


def test_an_empty_painting_is_refused_with_a_way_out():
    for ink in ((), (0,) * SIDE**2):
        with pytest.raises(InvalidValue, match="paint a density"):
            AAEKnobs.of({"prior": "painted", "ink": ink})
    assert AAEKnobs.of({"prior": "painted", "ink": INK}).p().kind == "painted"
    with pytest.raises(InvalidValue, match="28 × 28"):
        AAEKnobs.of({"prior": "painted", "ink": (1, 2, 3)})
