"""The attack labs as methods: presets, what they show and measure, uploads that travel in
snapshots, questions, command line.
"""

import json
import math

import numpy as np
import pytest
import torch
from PIL import Image

from app.labs.attacks.error_table import error_table
from engine import attacks
from engine.__main__ import main
from engine.attacks import Task
from engine.core.assets import ASSETS
from engine.core.declare import InvalidValue
from engine.core.frame import Answer
from engine.core.snapshot import InvalidSnapshot, Snapshot
from engine.core.streams import stream
from engine.data import mnist, photos
from engine.methods.attacks.digits import DigitAttack
from engine.methods.attacks.linear_explanation import growth
from engine.methods.attacks.photos import PhotoAttack
from engine.metrics.ssim import ssim
from engine.nn.digit_classifiers import BENCH, NETS, load
from engine.nn.imagenet.class_names import names
from engine.runs.run import Run

QUICK = {"model": "squeezenet1_1", "side": 64}


def photo(knobs, steps, setup=QUICK, seed=0):
    run = Run(PhotoAttack, PhotoAttack.make_setup(setup), seed)
    knobs = PhotoAttack.make_knobs(run.setup, knobs)
    run.advance(knobs, steps)
    return run, knobs


def measured(method, knobs, name, values):
    """The shares and answers a measurement yields."""
    out = list(method.measure(knobs, name, values))
    shares = [o for o in out if not isinstance(o, Answer)]
    assert shares == sorted(shares) and all(0 <= s <= 1 for s in shares) and isinstance(out[-1], Answer)
    json.dumps(out[-1].numbers)
    return out[-1]


# -- presets on EfficientNet-Lite0 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "setup, target, steps, wanted",
    [
        ({}, "", 30, None),
        ({}, "airliner", 100, "airliner"),
        ({"picture": "panda"}, "gibbon", 100, "gibbon"),
    ],
)
def test_the_presets_do_what_they_say(setup, target, steps, wanted):
    run, knobs = photo({"target": target, "steps": steps}, steps, setup)
    m = run.method.metrics(knobs)[0]
    bars = run.method.layers(knobs, ["bars"])["bars"]
    before, after = names()[int(bars[0, 0])], names()[int(bars[5, 0])]
    assert before == ("giant panda" if setup else "hog") and after != before
    assert wanted is None or (after == wanted and m["p.target"] > 0.9)
    assert m["linf"] <= 2 / 255 * (1 + 1e-6) and m["success"] == m["survives_8bit"] == 1
    assert m["noise.success"] == 0 and m["noise.label"] > 0.75 * m["p.before"]


# -- what a photograph's run shows -----------------------------------------------------------------------------------------


def test_layers_are_the_image_and_delta_can_be_magnified_from_bytes():
    run, knobs = photo({"epsilon": 8, "steps": 5}, 5)
    layers = run.method.layers(knobs, PhotoAttack.frame_layers + PhotoAttack.scene_layers)
    assert {n: (a.shape, a.dtype.name) for n, a in layers.items()} == {
        "linf": ((1,), "float32"),
        "adversarial": ((64, 64, 3), "uint8"),
        "delta": ((64, 64, 3), "uint8"),
        "noise": ((64, 64, 3), "uint8"),
        "original": ((64, 64, 3), "uint8"),
        "bars": ((10, 3), "float32"),
    }
    linf = run.method.metrics(knobs, ["linf"])[0]["linf"]
    delta = run.method.delta(knobs)
    told = (layers["delta"].astype(float) - 128) / 127 * linf
    assert np.abs(told - delta).max() <= linf / 127 / 2 * 1.001
    assert np.abs(layers["adversarial"] - (layers["original"] + 255.0 * delta)).max() <= 0.5001
    bars = layers["bars"]
    assert (np.diff(bars[:5, 1]) <= 0).all() and (np.diff(bars[5:, 2]) <= 0).all() and (bars[:, 1:] <= 1).all()


def test_a_run_is_the_whole_attack_and_then_rests():
    run, knobs = photo({"steps": 6, "restarts": 2, "epsilon": 4}, 18)
    at_rest = run.method.image(knobs)
    assert run.method.rests(knobs) and run.method.metrics(knobs, ["rests"])[0]["rests"] == 1
    run.advance(knobs, 7)
    assert torch.equal(at_rest, run.method.image(knobs))
    more = knobs.with_values({"steps": 9})
    run.advance(more, 3)
    assert not torch.equal(at_rest, run.method.image(more)) and run.method.rests(more)


def test_epsilon_turned_down_shrinks_the_perturbation_at_once():
    run, knobs = photo({"steps": 20, "epsilon": 16, "step_size": 4}, 6)
    small = knobs.with_values({"epsilon": 1})
    assert run.method.metrics(small, ["linf"])[0]["linf"] <= 1 / 255 * (1 + 1e-6)
    run.advance(small, 1)
    assert run.method.metrics(small, ["linf"])[0]["linf"] <= 1 / 255 * (1 + 1e-6)
    assert run.method.metrics(knobs.with_values({"epsilon": 0}), ["linf", "l0"])[0] == {"linf": 0, "l0": 0}


def test_an_upload_travels_in_the_snapshot(monkeypatch):
    picture = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    digest = photos.keep_pixels(picture)
    run, knobs = photo({}, 3, {**QUICK, "picture": digest})
    saved = run.snapshot().to_bytes()
    monkeypatch.setattr(photos, "_kept", type(photos._kept)())  # as in another process
    elsewhere = Run(PhotoAttack, PhotoAttack.make_setup({**QUICK, "picture": digest}))
    with pytest.raises(InvalidValue, match="upload it again"):
        elsewhere.advance(knobs)
    restored = Run.restore(Snapshot.from_bytes(saved))
    assert torch.equal(restored.method.image(knobs), run.method.image(knobs))
    forged = Snapshot.from_bytes(saved)
    with pytest.raises(InvalidSnapshot, match="does not fit"):
        Run.restore(Snapshot(**{**vars(forged), "state": {**forged.state, "picture": forged.state["picture"] // 2}}))


def test_bad_set_ups_are_refused():
    for values in ({"picture": "nonesuch"}, {"crop": "1,2,3"}, {"model": "../x"}, {"picture": "../../etc/passwd"}):
        with pytest.raises(InvalidValue):
            PhotoAttack.make_setup(values)
    with pytest.raises(InvalidValue, match="crop"):
        Run(PhotoAttack, PhotoAttack.make_setup({**QUICK, "crop": "0,0,5000,10"}))
    with pytest.raises(InvalidValue, match="no classifier"):
        Run(PhotoAttack, PhotoAttack.make_setup({"model": "nonesuch"}))


def test_transfer_is_a_matrix_and_the_own_image_is_in_it():
    run, knobs = photo({"steps": 8, "epsilon": 8}, 8)
    answer = measured(run.method, knobs, "transfer", {"models": ["squeezenet1_1", "tf_efficientnet_lite0"]})
    matrix = answer.numbers["matrix"]
    assert (
        len(matrix) == len(answer.numbers["sources"]) == 4
        and all(len(row) == 2 for row in matrix)
        and answer.layers["images"].shape == (4, 64, 64, 3)
    )
    after = run.method.layers(knobs, ["bars"])["bars"][5]
    assert matrix[0][0]["after"] == [names()[int(after[0])], pytest.approx(float(after[2]))]
    assert matrix[2][0]["fooled"] and matrix[3][1]["fooled"]
    # The control: noise of the same size, the very one whose probability the page shows.
    noise = run.method.metrics(knobs, ["noise"])[0]
    assert answer.numbers["sources"][1].startswith("random noise") and matrix[1][0]["left"] == noise["noise.label"]
    assert matrix[1][0]["left"] > 10 * matrix[0][0]["left"]
    for bad in ({"models": []}, {"models": "x"}, {"models": ["nonesuch"]}):
        with pytest.raises(InvalidValue):
            list(run.method.measure(knobs, "transfer", bad))


def test_the_loss_rises_fastest_along_the_gradients_sign():
    run, knobs = photo({}, 0)
    answer = measured(run.method, knobs, "slice", {"cells": 5, "line": 21, "reach": 2 / 255})
    n, plane = answer.numbers, answer.layers["plane"]
    clean = -math.log(run.method.metrics(knobs, ["p"])[0]["p.before"])
    assert n["steepest"][10] == n["random"][10] == pytest.approx(clean, abs=1e-4) and plane[2, 2] == pytest.approx(
        clean, abs=1e-4
    )
    assert n["steepest"][-1] - clean > 5 * abs(n["random"][-1] - clean)
    assert plane[2, 4] == pytest.approx(n["steepest"][-1], abs=1e-4) and plane[4, 2] == pytest.approx(
        n["random"][-1], abs=1e-4
    )


def test_ssim_is_scikit_images_definition():
    """One for equal pictures, symmetric, and for two constants the closed form (2ab + C1)/(a² + b²
    + C1).
    """
    x = torch.rand(3, 40, 30, generator=torch.Generator().manual_seed(0))
    y = (x + 0.1 * torch.randn(3, 40, 30, generator=torch.Generator().manual_seed(1))).clamp(0, 1)
    assert ssim(x, x) == pytest.approx(1) and ssim(x, y) == pytest.approx(ssim(y, x)) and 0 < ssim(x, y) < 0.99
    a, b = torch.full((1, 20, 20), 0.3), torch.full((1, 20, 20), 0.5)
    assert ssim(a, b) == pytest.approx((2 * 0.15 + 1e-4) / (0.09 + 0.25 + 1e-4), rel=1e-5)


# -- digits ----------------------------------------------------------------------------------------------------------------


def digits(knobs=None, steps=0, setup=None, seed=0):
    run = Run(DigitAttack, DigitAttack.make_setup(setup or {"count": 3}), seed)
    knobs = DigitAttack.make_knobs(run.setup, knobs or {})
    run.advance(knobs, steps)
    return run, knobs


def test_digit_layers_have_their_shapes_and_before_the_first_step_nothing_has_moved():
    run, knobs = digits()
    layers = run.method.layers(knobs, DigitAttack.frame_layers + DigitAttack.scene_layers)
    assert {n: a.shape for n, a in layers.items()} == {
        "adversarial": (8, 3, 28, 28),
        "delta": (8, 3, 28, 28),
        "probabilities": (8, 3, 10),
        "before": (8, 3, 10),
        "original": (3, 28, 28),
        "weights": (10, 28, 28),
        "weights_robust": (10, 28, 28),
    }
    assert np.array_equal(layers["adversarial"][4], layers["original"]) and (layers["delta"] == 128).all()
    assert np.array_equal(layers["probabilities"], layers["before"])
    assert np.array_equal(layers["original"].reshape(3, -1), mnist.images("test")[:3].numpy())


def test_robust_classifiers_hold_where_plain_ones_fall():
    run, knobs = digits({"random_start": False}, 40, {"digit": 200, "count": 16})
    m = run.method.metrics(knobs)[0]
    for kind in ("dnn2", "dnn4", "cnn"):
        assert m[f"error.{kind}"] >= m[f"error.{kind}-robust"] + 30, (kind, m)
    assert all(m[f"linf.{name}"] <= 0.1 * (1 + 1e-6) for name in BENCH)
    assert all(m[f"noise.{name}"] <= m[f"clean.{name}"] + 20 for name in BENCH), (
        "random noise of the same size does next to nothing"
    )


def test_the_errors_the_page_quotes_are_those_of_the_files():
    """On all test digits: clean for all nine, the quick ones under FGSM too; and the bars that the
    CNNs have to clear.
    """
    told = {r["name"]: r for r in json.loads((ASSETS / "digits" / "errors.json").read_text())}
    assert list(told) == list(NETS) and all(
        r["count"] == 10_000 and r["epsilon"] == (NETS[name][1] or 0.1) for name, r in told.items()
    )
    x, y = mnist.images("test").float() / 255, mnist.labels("test")
    for name, r in told.items():
        net = load(name)
        with torch.no_grad():
            assert 100 * sum(
                int((net(a).argmax(1) != b).sum()) for a, b in zip(x.split(500), y.split(500))
            ) / 10_000 == pytest.approx(r["clean"], abs=0.011), name
        if "cnn" not in name:
            moved = attacks.run("fgsm", Task(net, x, y, epsilon=0.1), attacks.Settings())
            assert 100 * float((net(moved).argmax(1) != y).double().mean()) == pytest.approx(r["fgsm"], abs=0.031), name
    assert (
        told["cnn"]["pgd"] >= 60
        and told["cnn-robust"]["pgd"] <= 5
        and told["cnn-robust"]["clean"] <= 2
        and told["cnn-robust-3"]["pgd"] <= 10
    )
    assert all(f">{told[name]['pgd'] + 1e-6:.1f}<" in error_table() for name in BENCH)


def test_a_drawn_digit_is_attacked_as_what_each_model_says():
    one = mnist.images("test")[2].view(28, 28)  # a 1
    drawn = tuple(int(v) for v in (one.flip(0).flatten() // 17).tolist())
    run, knobs = digits(setup={"drawn": drawn})
    assert np.abs(run.method.layers(knobs, ["original"])["original"][0].astype(int) - one.numpy()).max() <= 17
    assert run.method.labels["cnn-robust"].tolist() == [1]
    run, _ = digits(setup={"drawn": drawn, "label": "7"})
    assert run.method.labels["cnn"].tolist() == [7]


def test_the_linear_explanation_within_one_per_cent_at_a_hundred_thousand():
    run, knobs = digits()
    for n in (10_000, 100_000):
        found = run.method.ask(knobs, "linear", {"n": n, "epsilon": 0.007, "m": 0.02}).numbers
        assert found["measured"] == pytest.approx(found["predicted"], rel=0.01 if n == 100_000 else 0.04)
        assert found["linf"] == pytest.approx(0.007) and abs(found["random"]) < 0.1 * found["measured"]
    # Not one lucky seed: the spread is .76/√n.
    errors = [growth(100_000, 0.1, 1.0, stream(s, "linear"))["measured"] / 10_000 - 1 for s in range(20)]
    assert max(map(abs, errors)) < 0.01 and max(errors) > 0 > min(errors)


def test_on_the_real_softmax_weights_the_growth_is_exact():
    run, knobs = digits()
    for weights in ("linear", "linear-robust"):
        found = run.method.ask(knobs, "linear", {"n": 784, "epsilon": 0.1, "weights": weights}).numbers
        w = load(weights)[-1].weight
        assert found["measured"] == pytest.approx(
            0.1 * float((w[found["rival"]] - w[found["label"]]).abs().sum()), rel=1e-6
        )
        assert found["measured"] == pytest.approx(found["predicted"], rel=1e-6)


def test_slices_and_transfer_are_answered():
    run, knobs = digits({"random_start": False}, 5)
    n = run.method.ask(knobs, "slice", {"model": "cnn", "index": 1}).numbers
    assert len(n["at"]) == len(n["steepest"]) == 41 and n["steepest"][20] == pytest.approx(n["random"][20])
    assert max(n["steepest"][21:]) > max(n["random"])
    answer = measured(run.method, knobs, "surface", {"model": "dnn2", "cells": 9})
    assert answer.layers["plane"].shape == (9, 9)
    matrix = run.method.ask(knobs, "transfer", {}).numbers["matrix"]
    m = run.method.metrics(knobs, ["error"])[0]
    assert [matrix[i][i] for i in range(8)] == pytest.approx([m[f"error.{name}"] for name in BENCH])
    for name, bad in (
        ("slice", {"model": "x"}),
        ("slice", {"index": 9}),
        ("linear", {"n": 0}),
        ("linear", {"n": 10**6}),
        ("nonesuch", {}),
        ("linear", {"n": 785, "weights": "linear"}),
        ("linear", {"weights": "x"}),
        ("slice", {"reach": True}),
    ):
        with pytest.raises(InvalidValue):
            run.method.ask(knobs, name, bad)


def test_curves_start_at_the_clean_error_and_agree_with_the_attack():
    run, knobs = digits({"steps": 10})
    asked = {"models": ["linear", "dnn2"], "epsilons": [0.0, 0.05, 0.1], "count": 60}
    n = measured(run.method, knobs, "curves", asked).numbers
    rows = torch.arange(60) * 10_000 // 60
    x, y = mnist.images("test")[rows].float() / 255, mnist.labels("test")[rows]
    for model in asked["models"]:
        clean = 100 * float((load(model)(x).argmax(1) != y).float().mean())
        assert n["errors"][model]["fgsm"][0] == n["errors"][model]["pgd"][0] == pytest.approx(clean)
        assert n["errors"][model]["pgd"][2] >= n["errors"][model]["fgsm"][2] - 2 > clean
    for bad in ({"models": ["x"]}, {"attacks": []}, {"epsilons": [-1]}, {"count": 5}, {"count": 10**6}):
        with pytest.raises(InvalidValue):
            list(run.method.measure(knobs, "curves", bad))


# -- command line ----------------------------------------------------------------------------------------------------------


def test_digit_errors_are_told_by_a_command(capsys):
    assert main(["digit-errors", "linear", "dnn2-robust", "--count", "40", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(r["name"], r["epsilon"], r["count"]) for r in found] == [("linear", 0.1, 40), ("dnn2-robust", 0.1, 40)]
    assert found[0]["pgd"] >= found[0]["fgsm"] > found[0]["clean"] and found[0]["pgd"] > found[1]["pgd"]
    assert main(["digit-errors", "linear", "--count", "40", "--epsilon", "0", "--json"]) == 0
    (r,) = json.loads(capsys.readouterr().out)
    assert r["clean"] == r["fgsm"] == r["pgd"]
    for bad, said in ((["nonesuch"], "no digit model"), (["linear", "--count", "0"], "1 to 10000")):
        assert main(["digit-errors", *bad]) == 2 and said in capsys.readouterr().err


def test_the_command_reports_and_writes_what_it_found(tmp_path, capsys):
    png, npy = tmp_path / "a.png", tmp_path / "d.npy"
    arguments = [
        "attack",
        "--image",
        str(photos.ASSETS / "photos" / "panda.webp"),
        "--model",
        "squeezenet1_1",
        "--method",
        "pgd",
        "--epsilon",
        "4/255",
        "--steps",
        "15",
        "--target",
        "gibbon",
        "--crop",
        "200,100,800,600",
        "--out",
        str(png),
        "--delta",
        str(npy),
        "--json",
    ]
    assert main(arguments) == 0
    r = json.loads(capsys.readouterr().out)
    assert (
        r["before"][0][0] == "giant panda" and r["after"][0][0] == "gibbon" and len(r["before"]) == len(r["after"]) == 5
    )
    assert r["linf"] <= 4 / 255 * (1 + 1e-6) and r["l2"] > 0 and r["seconds"] > 0 and r["survives_8bit"] is True
    picture, delta = np.asarray(Image.open(png)), np.load(npy)
    clean = photos.prepare(photos.pixels("panda"), (200, 100, 800, 600)).permute(1, 2, 0).numpy()
    assert np.array_equal(picture, np.round((clean + delta) * 255).astype(np.uint8))
    assert np.abs(delta).max() == pytest.approx(r["linf"])


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--image", "nonesuch.png"], "nonesuch.png"),
        (["--image", "Makefile"], "PNG, JPEG or WebP"),
        (["--image", "pig", "--model", "x"], "no classifier"),
        (["--image", "pig", "--method", "x"], "choose one of"),
        (["--image", "pig", "--target", "airlinr"], "did you mean airliner"),
        (["--image", "pig", "--crop", "1,2"], "crop"),
        (["--image", "pig", "--out", "a.jpg"], "keep every pixel"),
        (["--image", "pig", "--steps", "0"], "steps"),
    ],
)
def test_bad_commands_end_with_one_line_and_code_two(arguments, said, capsys):
    assert main(["attack", *arguments]) == 2
    out = capsys.readouterr()
    assert said in out.err and out.err.count("\n") == 1 and not out.out
