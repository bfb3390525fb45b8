"""Commands whose numbers become not finite: exit code 3, the step, null for what cannot be had."""

import json

import pytest

from engine.__main__ import main
from engine.core.snapshot import Snapshot
from engine.methods.training import classifier_recipes
from engine.methods.training.classifier_recipes import Recipe
from engine.runs.run import Run

LSGAN = "--set activation=relu --knob loss=lsgan --knob lr_d=0.05 --knob lr_g=0.05 --knob beta1=0.95 --knob beta2=0.5"
EXPLODING = "--knob learning_rate=10 --knob l2=0.1 --knob decay=1 --knob points=[[10,10,1],[10,10,0]]"


def said(capsys, arguments):
    code = main(arguments.split())
    out = capsys.readouterr()
    return code, json.loads(out.out), out.err


def test_a_game_that_diverges_ends_with_3_and_its_step(tmp_path, capsys):
    saved = tmp_path / "last.snapshot"
    code, report, err = said(capsys, f"run gan {LSGAN} --steps 200 --json --save {saved}")
    step = report["diverged"]["step"]
    assert code == 3 and report["step"] == step and report["diverged"]["what"]
    names = ("accuracy", "js", "kl", "sliced_w2", "modes_covered", "value")
    assert {report["metrics"][name] for name in names} == {None}
    assert f"step {step}" in err and "lr_d or lr_g" in err and str(saved) in err and err.count("\n") == 1
    kept = Snapshot.open(saved)
    assert kept.step == step - 1
    assert all(t.isfinite().all() for t in kept.state.values() if t.is_floating_point())
    assert Run.restore(kept).metrics()[0]["js"] > 0.6
    code, again, _ = said(capsys, f"run gan --from {saved} --steps 5 --json")
    assert code == 3 and again["diverged"] == report["diverged"]  # in two parts the same


def test_only_the_network_that_diverged_has_no_numbers(capsys):
    code, report, err = said(capsys, f"run vat {EXPLODING} --steps 300 --json")
    assert code == 3 and report["diverged"]["what"] == "weights of l2" and "learning_rate" in err
    missing = {name for name, value in report["metrics"].items() if value is None}
    assert missing and all(name.endswith(".l2") for name in missing)


def test_a_number_that_overflows_before_the_weights_is_named_and_nothing_more(capsys):
    """The weights diverge one step later."""
    _, report, _ = said(capsys, f"run vat {EXPLODING} --steps 300 --json")
    before = report["diverged"]["step"] - 1
    code, report, err = said(capsys, f"run vat {EXPLODING} --steps {before} --json")
    assert code == 3 and report["step"] == before and "diverged" not in report
    assert report["metrics"]["test_error.l2"] is None and report["metrics"]["test_error.mle"] is not None
    assert f"seed 0 at step {before}: " in err and "test_error.l2" in err and "though weights and moments are" in err


def test_of_several_seeds_those_that_diverged_are_named(capsys):
    code, reports, err = said(capsys, f"run vat {EXPLODING} --steps 250 --seeds 0:3 --json")
    bad = [r for r in reports if "diverged" in r]
    assert code == 3 and bad and f"{len(bad)} of 3 seeds" in err
    assert all((r["metrics"]["test_error.l2"] is None) == (r in bad) for r in reports)
    assert said(capsys, "run vat --steps 5 --seeds 0:2 --json")[0] == 0


def test_the_other_of_two_games_keeps_its_numbers(capsys):
    hot = LSGAN.replace("--set activation=relu ", "") + " --knob loss_b=ns"
    code, report, _ = said(capsys, f"run gan-pair --set activation=relu {hot} --steps 120 --json")
    assert code == 3 and ".b" not in report["diverged"]["what"]
    assert report["metrics"]["js.a"] is None and report["metrics"]["js.b"] is not None


def test_a_classifier_that_diverges_is_not_written(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(classifier_recipes.RECIPES, "linear", Recipe(1, 1e38, plain=True))
    code, report, err = said(capsys, f"train-digits linear --out {tmp_path / 'net.safetensors'} --json")
    assert code == 3 and report["diverged"]["step"] > 0 and "diverged at step" in err
    assert not (tmp_path / "net.safetensors").exists()


@pytest.mark.parametrize("knob", ["lr_d=inf", "lr_d=nan", "lr_d=1e400"])
def test_knobs_that_are_not_finite_are_refused_before(knob, capsys):
    assert main(["run", "gan", "--knob", knob, "--steps", "1"]) == 2
    assert "lr_d" in capsys.readouterr().err
