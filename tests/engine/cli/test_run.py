"""`python -m engine run` and `list`: what they print, and what they refuse."""

import json

import pytest

from engine.__main__ import main
from engine.core.snapshot import Snapshot
from tests.engine.cli.command import code_of

NAMES = {
    f"{g}.{m}"
    for g in ("test_error", "train_error", "lds_train", "lds_test")
    for m in ("mle", "l2", "dropout", "random", "adv_linf", "adv_l2", "vat")
}


def run(capsys, *arguments):
    code = main(["run", *arguments])
    return code, capsys.readouterr()


def test_json_is_one_object_with_the_promised_names(capsys):
    code, out = run(
        capsys, "vat", "--steps", "5", "--seed", "3", "--set", "dataset=circles", "--knob", "epsilon_vat=0.5", "--json"
    )
    report = json.loads(out.out)
    assert code == 0 and out.err == ""
    assert list(report) == ["method", "setup", "knobs", "seed", "step", "seconds", "metrics"]
    assert set(report["metrics"]) == NAMES
    assert (
        report["setup"]["dataset"],
        report["setup"]["noise"],
        report["knobs"]["epsilon_vat"],
        report["seed"],
        report["step"],
    ) == ("circles", 0.05, 0.5, 3, 5)


def test_seeds_leave_out_the_last_and_agree_with_single_runs(capsys):
    _, out = run(capsys, "vat", "--steps", "30", "--seeds", "2:5", "--json", "--set", "precision=float64")
    reports = json.loads(out.out)
    assert [r["seed"] for r in reports] == [2, 3, 4]
    _, out = run(capsys, "vat", "--steps", "30", "--seed", "3", "--json", "--set", "precision=float64")
    alone = json.loads(out.out)["metrics"]
    assert reports[1]["metrics"] == pytest.approx(alone, rel=1e-6)


def test_more_than_a_page_opens_is_told_before_it_is_saved(capsys, tmp_path, monkeypatch):
    path = str(tmp_path / "a.snapshot")
    common = ("--steps", "1", "--set", "train=8", "--save", path, "--json")
    assert run(capsys, "training", *common)[1].err == ""
    monkeypatch.setattr("engine.cli.run.MOST_MB", 0.2)
    code, out = run(capsys, "training", *common)
    assert code == 0 and json.loads(out.out)["step"] == 1
    assert "a page opens 0.2 MB at most" in out.err and "--slim" in out.err and path in out.err
    whole = len((tmp_path / "a.snapshot").read_bytes())
    code, out = run(capsys, "training", *common, "--slim")
    assert code == 0 and out.err == "" and len((tmp_path / "a.snapshot").read_bytes()) < 0.6 * whole
    assert run(capsys, "training", "--from", path, "--steps", "1", "--json")[0] == 0
    assert code_of("run", "training", "--steps", "1", "--slim") == 2


def test_a_number_of_threads_is_part_of_what_is_saved_and_ends_with_the_command(capsys, tmp_path):
    path = tmp_path / "a.snapshot"
    assert run(capsys, "training", "--steps", "3", "--threads", "2", "--save", str(path), "--json")[0] == 0
    assert Snapshot.open(path).threads == ((0, 2),)
    assert run(capsys, "training", "--from", str(path), "--steps", "2", "--save", str(path), "--json")[0] == 0
    assert Snapshot.open(path).threads == ((0, 2), (3, 1))
    assert code_of("run", "vat", "--steps", "1", "--seeds", "0:2", "--threads", "2") == 2
    for wrong in ("0", "-1", "two", "1000"):
        with pytest.raises(SystemExit):
            main(["run", "vat", "--threads", wrong])
        assert "give 1 to 256" in capsys.readouterr().err


def test_a_list_even_for_one_seed(capsys):
    assert [r["seed"] for r in json.loads(run(capsys, "vat", "--steps", "1", "--seeds", "4:5", "--json")[1].out)] == [4]


def test_save_and_go_on(capsys, tmp_path):
    path = str(tmp_path / "a.snapshot")
    run(capsys, "vat", "--steps", "10", "--save", path, "--knob", "lam=2")
    _, out = run(capsys, "vat", "--from", path, "--steps", "10", "--json")
    continued = json.loads(out.out)
    straight = json.loads(run(capsys, "vat", "--steps", "20", "--knob", "lam=2", "--json")[1].out)
    assert continued["step"] == 20 and continued["metrics"] == straight["metrics"]


def test_list_names_methods_fields_and_knobs(capsys):
    assert main(["list", "--json"]) == 0
    (vat,) = [m for m in json.loads(capsys.readouterr().out) if m["method"] == "vat"]
    assert vat["knobs"]["xi"]["default"] == 1e-3 and vat["setup"]["dataset"]["options"][0][0] == "moons"
    assert main(["list"]) == 0
    assert "epsilon_vat" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (["nonesuch"], "no method"),
        (["vat", "--set", "dataset=sun"], "choose one of"),
        (["vat", "--set", "hiden=3"], "did you mean hidden"),
        (["vat", "--knob", "xi=0"], "1e-12 to 10"),
        (["vat", "--knob", "xi"], "NAME=VALUE"),
        (["vat", "--steps", "-3"], "steps"),
        (["vat", "--seed", "-1"], "seed"),
        (["vat", "--seeds", "3:1"], "A < B"),
        (["vat", "--seeds", "a"], "A:B"),
        (["vat", "--from", "missing"], "Cannot read"),
        (["vat", "--wrong"], "--wrong"),
        (["vat", "--knob", "lambda=1"], "there is no knob 'lambda': did you mean lam?"),
        (["vat", "--set", "datset=moons"], "there is no set-up field 'datset': did you mean dataset?"),
        ([], "method"),
        (["vat", "--knob", "points=x"], "JSON list"),
        (["vat", "--seed", "1", "--seeds", "1:2"], "not allowed with"),
        (["vat", "--from", "x", "--seed", "1"], "leave out"),
        (["vat", "--steps", "1", "--save", "/nonesuch/dir/x"], "there is no folder"),
    ],
)
def test_what_is_wrong_ends_with_2_and_one_clear_line(capsys, arguments, reason):
    code = code_of("run", *arguments)
    out = capsys.readouterr()
    assert code == 2 and out.out == ""
    assert reason in out.err and len(out.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "word, reason",
    [("runn", "there is no 'runn': did you mean run?"), ("zzz", "there is no 'zzz': known are list, run, ")],
)
def test_a_command_that_is_none_is_told_the_nearest(capsys, word, reason):
    with pytest.raises(SystemExit) as end:
        main([word])
    assert end.value.code == 2 and reason in capsys.readouterr().err


def test_a_damaged_snapshot_is_refused(capsys, tmp_path):
    (tmp_path / "bad").write_bytes(b"\x10" * 300)
    code, out = run(capsys, "vat", "--from", str(tmp_path / "bad"))
    assert code == 2 and "damaged" in out.err


def answer(capsys, *arguments):
    code, out = run(capsys, *arguments, "--json")
    assert code == 0, out.err
    return json.loads(out.out)


def test_points_of_a_file_are_trained_on_and_json_says_what_was_read(capsys, tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("id;x;y;kind\n1;0,5;1;red\n2;1,5;2;blue\n3;2;3;red\n", encoding="utf-16")
    found = answer(capsys, "vat", "--points", str(file), "--steps", "1")
    data = found["data"]
    assert (data["points"], data["classes"], data["left_out"]) == (3, {"blue": 1, "red": 2}, ["id"])
    assert data["columns"] == {"x": "x", "y": "y", "label": "kind"} and data["encoding"] == "UTF-16"
    assert found["setup"]["dataset"] == "own" and found["setup"]["rows"][0] == [-1.125, -1.5, 1]
    assert answer(capsys, "gan", "--points", str(file), "--steps", "1")["data"]["left_out"] == ["id", "kind"]
    assert all(one["data"] == data for one in answer(capsys, "vat", "--points", str(file), "--seeds", "0:2"))
    file.write_text("0,5,1,2,0\n1,5,2,2,1\n", encoding="utf-8")
    assert code_of("run", "vat", "--points", str(file)) == 2 and "“0,5,1,2,0”" in capsys.readouterr().err
    assert code_of("run", "aae", "--points", str(file)) == 2 and "reads no points" in capsys.readouterr().err
