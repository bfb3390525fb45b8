"""The classifiers of digits that ship have the errors that the file beside them states."""

import json

import pytest
import torch

from engine import attacks
from engine.attacks import Task
from engine.core.assets import ASSETS
from engine.data import mnist
from engine.nn.digit_classifiers import NETS, load


def test_the_errors_stated_are_those_of_the_files():
    """On all test digits: clean for all nine, the quick ones under FGSM too; and the bars that the
    CNNs have to clear.
    """
    stated = {r["name"]: r for r in json.loads((ASSETS / "digits" / "errors.json").read_text(encoding="utf-8"))}
    assert list(stated) == list(NETS)
    assert all(r["count"] == 10_000 and r["epsilon"] == (NETS[name][1] or 0.1) for name, r in stated.items())
    x, y = mnist.images("test")[:].float() / 255, mnist.labels("test")
    for name, r in stated.items():
        net = load(name)
        with torch.no_grad():
            assert 100 * sum(
                int((net(a).argmax(1) != b).sum()) for a, b in zip(x.split(100), y.split(100))
            ) / 10_000 == pytest.approx(r["clean"], abs=0.011), name
        if "cnn" not in name:
            moved = attacks.run("fgsm", Task(net, x, y, epsilon=0.1), attacks.Settings())
            assert 100 * float((net(moved).argmax(1) != y).double().mean()) == pytest.approx(r["fgsm"], abs=0.031), name
    assert stated["cnn"]["pgd"] >= 60
    assert stated["cnn-robust"]["pgd"] <= 5
    assert stated["cnn-robust"]["clean"] <= 2
    assert stated["cnn-robust-3"]["pgd"] <= 10
