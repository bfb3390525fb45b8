"""`python -m engine atlas`: what it prints and writes, and what it refuses."""

import csv
import json

import pytest

from engine.__main__ import main
from engine.atlas import atlas, training
from engine.atlas.cells import Result
from tests.engine.cli.command import code_of

SMALL = "--set test=20 --set train=4 --set dimension=4 --set hidden=4 --steps 3".split()
GRID = ["vat", "--x", "epsilon_vat=0.1:1:3", "--y", "lam=0:4:2", *SMALL]


def test_json_is_one_object_with_the_promised_names(capsys, tmp_path):
    table = tmp_path / "atlas.csv"
    command = ["atlas", *GRID, "--seeds", "0:2", "--json", "--out", str(table), "--cache", str(tmp_path / "cache")]
    assert main(command) == 0
    report = json.loads(capsys.readouterr().out)
    assert list(report) == ["method", "setup", "x", "y", "seeds", "steps", "seconds", "cells"]
    assert (report["seeds"], report["steps"], report["setup"]["hidden"]) == ([0, 1], 3, 4)
    assert [(c["x"], c["y"]) for c in report["cells"]] == [(x, y) for y in (0, 4) for x in (0.1, 0.55, 1)]
    first = report["cells"][0]
    assert first["diverged"] == 0 and set(first["metrics"]) == {
        f"{name}.vat" for name in ("test_error", "train_error", "lds_test", "lds_train")
    }
    spread = first["metrics"]["lds_test.vat"]
    assert list(spread) == ["mean", "sd", "min", "max", "median"] and spread["min"] < spread["mean"] < spread["max"]
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6 and float(rows[0]["lds_test.vat mean"]) == spread["mean"] and rows[1]["epsilon_vat"] == "0.55"


def test_the_map_has_y_upwards_and_the_axes_beside_it(capsys):
    assert main(["atlas", *GRID, "--no-cache", "--metric", "train_error.vat"]) == 0
    head, upper, lower, below, names = capsys.readouterr().out.splitlines()
    assert head.startswith("vat: train_error.vat, mean of 1 seeds at step 3")
    assert [line.split()[0] for line in (upper, lower)] == ["4", "0"] and below.split() == ["0.1", "0.55", "1"]
    assert names == "right: epsilon_vat; up: lam"


@pytest.mark.parametrize(
    "arguments, why",
    [
        (["arae", "--x", "lam=0:1:2"], "there is no 'arae'"),
        (["vat", "--x", "lam=0:1"], "'lam=0:1' is no axis: give NAME=LOW:HIGH:COUNT"),
        (["vat", "--x", "lan=0:1:2"], "did you mean lam?"),
        (["vat", "--x", "lam=0:1:2", "--seeds", "0:21"], "21 seeds are not allowed: give 1 to 20 different ones"),
        (["vat", "--x", "lam=0:1:2", "--out", "missing/a.csv"], "there is no folder missing"),
        (["vat", "--x", "lam=0:1:2", "--steps", "1", "--metric", "error"], "there is no metric 'error': known are"),
    ],
)
def test_wrong_options_end_with_2_and_one_line(arguments, why, capsys, tmp_path):
    assert code_of("atlas", *arguments, "--cache", str(tmp_path / "cache")) == 2
    err = capsys.readouterr().err
    assert why in err and err.count("\n") == 1


def test_an_unknown_metric_is_refused_before_all_is_trained(monkeypatch):
    trained = []
    monkeypatch.setattr(atlas, "train", lambda *piece: trained.append(piece[1]) or training.train(*piece))
    wrong = ["--x", "lam=0:4:16", *SMALL, "--seeds", "0:20", "--no-cache", "--metric", "error"]
    assert code_of("atlas", "vat", *wrong) == 2
    assert 0 < sum(map(len, trained)) < 16 * 20


def test_where_all_diverge_the_map_says_so(monkeypatch, capsys):
    monkeypatch.setattr(atlas, "train", lambda question, cells: [Result({}, "weights")] * len(cells))
    assert main(["atlas", "gan", "--x", "lr_d=1e-4:1e-2:2:log", "--no-cache"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[1].split() == ["diverged"] * 2 and "2 of 2 runs diverged" in err


@pytest.mark.parametrize("axis", ["epsilon_vat=0.1234564:0.9876543:3", "train=2.5:10.5:3", "hidden=2.4:40:3:log"])
def test_a_study_takes_values_that_were_rounded(axis, tmp_path):
    optuna = pytest.importorskip("optuna", reason="Optuna, which is optional, is not installed")
    path = tmp_path / "atlas.db"
    assert (
        main(["atlas", "vat", "--x", axis, "--steps", "1", "--set", "test=20", "--no-cache", "--optuna", str(path)])
        == 0
    )
    (study,) = optuna.get_all_study_names(f"sqlite:///{path}")
    assert len(optuna.load_study(storage=f"sqlite:///{path}", study_name=study).trials) == 3


def test_a_study_has_a_trial_a_run_that_optuna_reads(capsys, tmp_path):
    optuna = pytest.importorskip("optuna", reason="Optuna, which is optional, is not installed")
    wild = ["--x", "learning_rate=0.01:10:2:log", "--members", "l2", "--steps", "300", "--set", "test=20"]
    placed = ["--knob", "l2=0.1", "--knob", "decay=1", "--knob", "points=[[10,10,1],[10,10,0]]"]
    path = tmp_path / "atlas.db"
    assert main(["atlas", "vat", *wild, *placed, "--no-cache", "--optuna", str(path)]) == 0
    assert "1 of 2 runs diverged" in capsys.readouterr().err
    (study,) = optuna.get_all_study_names(f"sqlite:///{path}")
    calm, gone = optuna.load_study(storage=f"sqlite:///{path}", study_name=study).trials
    assert calm.params == {"learning_rate": 0.01, "seed": 0} and calm.value == calm.user_attrs["test_error.l2"]
    assert gone.state == optuna.trial.TrialState.FAIL and gone.user_attrs["diverged"] == "weights of l2"
