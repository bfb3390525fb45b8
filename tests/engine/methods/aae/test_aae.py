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
from engine.data.hand_drawn import drawn
from engine.data.priors import KINDS, SIDE, UNLABELLED, Prior
from engine.metrics.distances import mmd2, sliced_w2
from engine.metrics.prior_fit import FIT, NULL, null_fit, prior_fit
from engine.nn.autoencoder import CODE, Autoencoder, Spread, kl_to_prior, posterior
from engine.nn.dense import dense
from engine.nn.discriminator import Discriminator
from engine.runs.run import Run

SMALL = {"hidden": 32, "adversary": 16, "batch": 32, "test": 300}


def start(name, seed=0, **knobs):
    method = find(name)
    setup = method.make_setup(SMALL)
    return Run(method, setup, seed), method.make_knobs(setup, knobs)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_mmd_is_unbiased_under_the_null():
    """Mean over 200 pairs of samples within 3 standard errors of 0; the biased estimate would be 20
    times that off.
    """
    prior, g = Prior("petals"), generator()
    values = torch.tensor([mmd2(prior.sample(60, g), prior.sample(60, g)) for _ in range(200)])
    assert abs(values.mean()) < 3 * values.std() / math.sqrt(200)
    assert mmd2(prior.sample(60, g), prior.sample(60, g) * 0.5) > 5 * values.std()


def test_sliced_w2_has_its_closed_form():
    """Between N(0, I) and N(m, 4 I) in the plane, every projection has W₂² = (θᵀm)² + 1, so the
    mean is |m|²/2 + 1.
    """
    g = generator()
    x, m = torch.randn(2000, 2, generator=g), torch.tensor([2.0, -1.0])
    moved = sliced_w2(x, x + m, generator(1), 1000)  # a shift of the same points: exactly |θᵀm| along each direction
    assert moved == pytest.approx(math.sqrt(m.square().sum().item() / 2), rel=0.04)
    y = 2 * torch.randn(2000, 2, generator=g) + m
    assert sliced_w2(x, y, generator(2), 500) == pytest.approx(math.sqrt(m.square().sum().item() / 2 + 1), rel=0.06)


def test_fit_agrees_with_the_table_of_known_codes():
    """The spec's table: each number's blind spot, and the null value beside it."""
    petals, g = Prior("petals"), generator(7)
    z = petals.sample(1000, g)
    itself, gaussian = prior_fit(z, petals), prior_fit(torch.randn(1000, 2, generator=g), petals)
    shrunk = prior_fit(0.7 * z, petals)
    missing = prior_fit(z[petals.component(z) > 0], petals)
    assert itself["mmd2"] < 2e-3 and itself["sliced_w2"] < 0.12 and itself["modes_covered"] == 10
    assert (
        gaussian["log_p_prior"] == pytest.approx(-5.16, abs=0.4)
        and gaussian["modes_covered"] == 10
        and gaussian["mmd2"] > 5e-3
    )
    assert shrunk["log_p_prior"] > itself["log_p_prior"] and shrunk["mmd2"] > 0.02 and shrunk["sliced_w2"] > 0.25
    assert missing["log_p_prior"] == pytest.approx(-2.10, abs=0.1) and missing["modes_covered"] == 9
    values = null_fit(petals, 1000)
    assert (
        set(values) == set(NULL)
        and abs(values["mmd2_null"]) < 1e-3
        and values["sliced_w2_null"] == pytest.approx(0.073, abs=0.04)
    )
    assert all(math.isnan(v) for v in prior_fit(z * math.inf, petals).values())


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
    x, told = method.draw_batch(500)
    assert (told[:16] != UNLABELLED).all() and (told[16:] == UNLABELLED).all()
    assert all(tuple(row) in known for row in (x[:16] * 255).round().int().tolist())
    told = method.draw_batch(60000)[1]
    assert (told[:28] != UNLABELLED).all() and (
        told[28:] == UNLABELLED
    ).all()  # what we look at is D's word on unlabelled codes: it must be trained
    assert (labels[method.order[:100]].bincount(minlength=10) == 10).all()


def test_a_vae_is_judged_by_draws_of_its_posterior():
    """Under a heavy KL q(z|x) is the prior itself: its draws fit, although all its means lie at 0."""
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


def test_being_told_is_a_one_hot_beside_z():
    """A bias picked by the label equals a dense layer on z ⊕ one-hot."""
    net = Discriminator(2, 16, 11, generator())
    z, labels = torch.randn(9, 2, generator=generator(1)), torch.arange(9)
    joined = torch.cat([z, F.one_hot(labels, 11).float()], 1)
    first = net.body[0]
    h = F.linear(joined, torch.cat([first.weight, net.told.T], 1), first.bias)
    assert torch.allclose(net(z, labels), net.body[1:](h).squeeze(-1), atol=1e-6)


def test_the_penalty_is_the_squared_slope():
    net = Discriminator(2, 16, 0, generator()).double()
    real, fake = torch.randn(2, 5, 2, generator=generator(1), dtype=torch.float64)
    plain, weighed = net.loss(real, fake, 0.0)[0], net.loss(real, fake, 2.0)[0]
    step, z = 1e-6, torch.cat([real, fake])
    slopes = torch.stack(
        [(net(z + step * e) - net(z - step * e)) / (2 * step) for e in torch.eye(2, dtype=torch.float64)], 1
    )
    assert (weighed - plain).item() == pytest.approx(2 * slopes.square().sum(1).mean().item(), rel=1e-5)


def test_kl_closed_form_and_monte_carlo_agree():
    """For N(0, I), and, in the mean over draws, for petals against a numerical integral."""
    coder, spread = Autoencoder(16, CODE, CODE, generator()), Spread(16)
    x = mnist.images("train")[:1].float() / 255
    mean, log_var = posterior(coder, spread, x)
    assert (log_var == 0).all() and torch.equal(mean, coder.encoder(x))
    mean, log_var = torch.tensor([[1.2, -0.4]]), torch.tensor([[-1.0, 0.3]])
    many = 200000
    z = mean + (0.5 * log_var).exp() * torch.randn(many, 2, generator=generator(5))
    log_q = -0.5 * ((z - mean).square() / log_var.exp() + log_var + math.log(2 * math.pi)).sum(1)
    for kind in ("gaussian", "petals", "ring"):
        prior = Prior(kind)
        expected = (log_q - prior.log_density(z)).mean().item()
        found = kl_to_prior(mean.expand(many, -1), log_var.expand(many, -1), z, prior).item()
        assert found == pytest.approx(expected, abs=0.02)


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
    assert (
        a.layers["image"].shape == (28, 28) and (a.layers["image"] == b.layers["image"]).all()
    )  # the same weights at the start
    seen = ask("look", index=3)
    assert (
        seen.numbers["label"] == mnist.mixed_test()[1][3]
        and (seen.layers["image"].flatten() == mnist.mixed_test()[0][3].numpy()).all()
    )
    codes = run.method.layers(knobs, ("codes",))["codes"]
    assert seen.numbers["z"] == pytest.approx(codes[3, :2].tolist(), abs=1e-4)
    assert codes[:, :2] == pytest.approx(run.method.codes("aae", run.method.held_out[:500]).numpy(), abs=1e-4)
    own = ask("encode", pixels=DIGIT)
    assert (
        own.numbers["digit"] == 1
        and len(own.numbers["probabilities"]) == 10
        and own.layers["reconstruction"].shape == (28, 28)
    )
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


def test_a_drawing_is_centred_like_mnist():
    small = [200 if 2 <= k // 28 < 10 and 3 <= k % 28 < 5 else 0 for k in range(784)]  # a stroke in a corner
    image = drawn(small).reshape(28, 28)
    rows, columns = torch.arange(28.0), torch.arange(28.0)
    mass = image.sum()
    assert ((image.sum(1) @ rows) / mass).item() == pytest.approx(14, abs=0.6) and (
        (image.sum(0) @ columns) / mass
    ).item() == pytest.approx(14, abs=0.6)
    assert (image.amax(1) > 0.1).sum() == 20
    # A test digit that already is as MNIST wants it stays nearly where it was.
    x = mnist.images("test")[0].float()
    assert (drawn(x.tolist()) - x / 255).abs().mean() < 0.03


def test_turns_and_shifts():
    x = mnist.images("train")[:8].float() / 255
    assert torch.equal(perturbed(x, generator(), 0, 0, 0), x)
    moved = perturbed(x, generator(), 15, 2, 0)
    assert 0.005 < (moved - x).abs().mean() < 0.2 and moved.sum().item() == pytest.approx(x.sum().item(), rel=0.06)
    noisy = perturbed(x, generator(), 0, 0, 0.3)
    assert (noisy - x).std().item() == pytest.approx(0.3, rel=0.06)
    a, b = generator(), generator()
    perturbed(x, a, 0, 0, 0), perturbed(x, b, 9, 1, 0.5)
    assert torch.equal(a.get_state(), b.get_state())


@pytest.mark.parametrize("name", ("aae", "vae"))
def test_a_warp_is_what_the_encoder_sees_and_not_what_is_decoded(name):
    """Without a warp nothing is drawn for it; with one, codes are those of warped images, and the
    loss still asks for the clean ones.
    """
    (plain, off), (run, on) = start(name), start(name, warp=0.5)
    explained = [next(r.method.phases_of(k, 0)) for r, k in ((plain, off), (run, on))]
    assert (explained[0].layers["images"] == explained[1].layers["images"]).all()
    assert not (explained[0].layers["codes"] == explained[1].layers["codes"]).any()
    fresh = stream(0, "warps").get_state()
    assert torch.equal(plain.method.generators["warps"].get_state(), fresh) and not torch.equal(
        run.method.generators["warps"].get_state(), fresh
    )
    u = torch.rand(32, generator=stream(0, "batches"), dtype=torch.float64)
    x = mnist.images("train")[(u * 60000).long()].float() / 255
    seen = perturbed(x, stream(0, "warps"), 7.5, 1, 0.1)
    z = start(name, warp=0.5)[0].method.autoencoders[name].encoder(seen).detach()
    if name == "aae":
        assert torch.equal(torch.from_numpy(explained[1].layers["codes"]), z)
    else:  # drawn about them with σ = 1 at the start
        noise = torch.randn(z.shape, generator=stream(0, "posterior"))
        assert torch.allclose(torch.from_numpy(explained[1].layers["codes"]), z + noise, atol=1e-5)


def test_dense_is_drawn_from_its_generator_alone():
    before = torch.get_rng_state()
    a, b, c = dense((4, 8, 2), generator()), dense((4, 8, 2), generator()), dense((4, 8, 2), generator(1))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(a[0].weight, b[0].weight) and not torch.equal(a[0].weight, c[0].weight)


def test_semi_learns_digits_from_its_labels_alone():
    """A few hundred steps on 100 labels read most test digits; the labels of other images do not
    matter.
    """
    run, knobs = start("aae-semi", rate_classification=2e-3)
    chance = run.method.metrics(knobs, ["test_error"])[0]["test_error"]
    other = Run(type(run.method), run.setup, 0)
    other.method.y = other.method.y.clone()
    hidden = other.method.order[100:]
    other.method.y[hidden] = other.method.y[hidden].roll(1)
    for r in (run, other):
        r.advance(knobs, 150)
    a, b = run.method.state(), other.method.state()
    assert all(torch.equal(a[k], b[k]) for k in a)
    assert chance > 70 and run.method.metrics(knobs, ["test_error"])[0]["test_error"] < 45
    confusion = run.method.layers(knobs, ("confusion",))["confusion"]
    assert confusion.sum(1) == pytest.approx([100] * 10, abs=1e-3)


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


def test_parzen_of_a_supervised_run_is_measured_beside_it():
    run, knobs = start("aae-supervised")
    run.method.test_x = run.method.test_x[:200]  # a few test images show the protocol
    before, shares, answer = run.method.state(), [], None
    for done in run.method.measure(knobs, "parzen", {}):
        if isinstance(done, float):
            shares.append(done)
        else:
            answer = done
    assert (
        shares == sorted(shares)
        and shares[-1] == 1
        and set(answer.numbers) == {"sigma", "nats", "error"}
        and math.isfinite(answer.numbers["nats"])
    )
    assert all(torch.equal(v, before[k]) for k, v in run.method.state().items())
    with pytest.raises(InvalidValue):
        next(run.method.measure(knobs, "nonesuch", {}))


def test_the_mixed_test_set_is_the_test_set():
    x, y = mnist.mixed_test()
    assert torch.allclose(x.float().mean(0), mnist.images("test").float().mean(0), atol=1e-3)
    assert torch.equal(y.sort().values, mnist.labels("test").sort().values) and not torch.equal(y, mnist.labels("test"))
    assert all(mnist.balanced_order(stream(0, "labels")).sort().values == torch.arange(60000))
