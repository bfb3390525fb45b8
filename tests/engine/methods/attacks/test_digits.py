"""Attacks on digits: layers, robust classifiers, drawn digits, questions."""

import numpy as np
import pytest

from engine.core.declare import InvalidValue
from engine.data import mnist
from engine.methods.attacks.digits import DigitAttack
from engine.nn.digit_classifiers import BENCH
from tests.engine.methods.attacks.runs import digits, measured


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


def test_a_drawn_digit_is_attacked_as_what_each_model_says():
    one = mnist.images("test")[2].view(28, 28)  # a 1
    drawn = tuple(int(v) for v in (one.flip(0).flatten() // 17).tolist())
    run, knobs = digits(setup={"drawn": drawn})
    assert np.abs(run.method.layers(knobs, ["original"])["original"][0].astype(int) - one.numpy()).max() <= 17
    assert run.method.labels["cnn-robust"].tolist() == [1]
    run, _ = digits(setup={"drawn": drawn, "label": "7"})
    assert run.method.labels["cnn"].tolist() == [7]


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
