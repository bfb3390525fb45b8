"""Attacks on a photograph: presets, layers, uploads that travel in snapshots, measurements."""

import math

import numpy as np
import pytest
import torch

from engine.core.declare import InvalidValue
from engine.core.snapshot import InvalidSnapshot, Snapshot
from engine.data import photos
from engine.methods.attacks.photos import PhotoAttack
from engine.nn.imagenet.class_names import names
from engine.runs.run import Run
from tests.engine.methods.attacks.runs import measured

QUICK = {"model": "squeezenet1_1", "side": 64}


def photo(knobs, steps, setup=QUICK, seed=0):
    run = Run(PhotoAttack, PhotoAttack.make_setup(setup), seed)
    knobs = PhotoAttack.make_knobs(run.setup, knobs)
    run.advance(knobs, steps)
    return run, knobs


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
    read = (layers["delta"].astype(float) - 128) / 127 * linf
    assert np.abs(read - delta).max() <= linf / 127 / 2 * 1.001
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
    digest = photos.store_pixels(picture)
    run, knobs = photo({}, 3, {**QUICK, "picture": digest})
    saved = run.snapshot().to_bytes()
    monkeypatch.setattr(photos, "_stored", type(photos._stored)())  # as in another process
    elsewhere = Run(PhotoAttack, PhotoAttack.make_setup({**QUICK, "picture": digest}))
    with pytest.raises(InvalidValue, match="upload it again"):
        elsewhere.advance(knobs)
    restored = Run.restore(Snapshot.from_bytes(saved))
    assert torch.equal(restored.method.image(knobs), run.method.image(knobs))
    forged = Snapshot.from_bytes(saved)
    with pytest.raises(InvalidSnapshot, match="does not fit"):
        Run.restore(Snapshot(**{**vars(forged), "state": {**forged.state, "picture": forged.state["picture"] // 2}}))


def test_a_run_saved_before_classifiers_had_their_own_transform_keeps_its_picture():
    """Its set-up has no field `fit`; the bison was shrunk bilinearly."""
    setup = {"picture": "bison", "side": 96}
    old, _ = photo({}, 1, setup | {"fit": "bilinear"})
    new, _ = photo({}, 1, setup)
    saved = Snapshot.from_bytes(old.snapshot().to_bytes())
    without = Snapshot(**{**vars(saved), "setup": {k: v for k, v in saved.setup.items() if k != "fit"}})
    opened = Run.restore(without)
    assert torch.equal(opened.method.x, old.method.x) and not torch.equal(opened.method.x, new.method.x)
    assert torch.equal(old.method.x[0], photos.prepare(photos.pixels("bison"), side=96))
    assert torch.equal(Run.restore(new.snapshot()).method.x, new.method.x)


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
    assert len(matrix) == len(answer.numbers["sources"]) == 4
    assert all(len(row) == 2 for row in matrix)
    assert answer.layers["images"].shape == (4, 64, 64, 3)
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
    assert n["steepest"][10] == n["random"][10] == pytest.approx(clean, abs=1e-4)
    assert plane[2, 2] == pytest.approx(clean, abs=1e-4)
    assert n["steepest"][-1] - clean > 5 * abs(n["random"][-1] - clean)
    assert plane[2, 4] == pytest.approx(n["steepest"][-1], abs=1e-4)
    assert plane[4, 2] == pytest.approx(n["random"][-1], abs=1e-4)


def test_a_photographs_fgsm_can_be_saved_and_opened():
    run, _ = photo({"method": "fgsm"}, 1)
    saved = Run.restore(Snapshot.from_bytes(run.snapshot().to_bytes()))
    assert all(torch.equal(value, saved.method.state()[name]) for name, value in run.method.state().items())
