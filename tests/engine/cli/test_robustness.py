"""`python -m engine robustness`: the report of a snapshot on the command line."""

import json

import pytest

from engine.__main__ import main


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("run") / "a.snapshot")
    small = "--set hidden=16 --set train=24 --set test=40".split()
    assert main(["run", "training", "--steps", "60", *small, "--save", path, "--json"]) == 0
    return path


def test_json_is_one_object_with_a_table_for_every_member(snapshot, capsys):
    assert main(["robustness", snapshot, "--json"]) == 0
    out = capsys.readouterr()
    report = json.loads(out.out)
    assert out.err == "" and report["method"] == "training" and report["step"] == 60 and report["points"] == 40
    assert set(report["members"]) == {"standard", "smoothing", "random", "fgsm", "vat", "pgd"}
    assert all(
        len(m["table"]) == len(report["attacks"]) == 4 and len(m["table"][0]) == len(report["epsilons"])
        for m in report["members"].values()
    )


def test_as_text_it_is_a_table(snapshot, capsys):
    assert main(["robustness", snapshot]) == 0
    text = capsys.readouterr().out
    assert "search of the whole ball" in text and "pgd" in text and "ε 0.5" in text


def test_what_has_no_report_is_refused(tmp_path, capsys):
    path = str(tmp_path / "v.snapshot")
    main(["run", "vat", "--steps", "1", "--save", path, "--json"])
    capsys.readouterr()
    assert main(["robustness", path]) == 2 and "no robustness report: give one of training" in capsys.readouterr().err
    assert main(["robustness", str(tmp_path / "missing")]) == 2 and "Cannot read" in capsys.readouterr().err
