"""Files that commands write, and the encoding of what they print."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.__main__ import main

ROOT = Path(__file__).parents[3]
SAVING = {
    "run": ["run", "vat", "--steps", "1000000", "--save"],
    "attack": ["attack", "--image", "pig", "--method", "pgd", "--steps", "100000", "--delta"],
    "train-digits": ["train-digits", "cnn", "--out"],
    "join-digits": ["join-digits", "cnn", "cnn-robust", "--save"],
    "join-priors": ["join-priors", "a", "b", "c", "--save"],
    "attack --out": ["attack", "--image", "pig", "--steps", "100000", "--out"],
}


@pytest.mark.parametrize("command", SAVING)
@pytest.mark.parametrize(
    "place, why",
    [
        ("{}/missing/file.snapshot", "no folder missing"),
        ("{}", "is a folder: give the name of a file in it"),
        ("{}/new/", "names a folder: give the name of a file in it"),
        ("{}/a file/new", "a file is a file and not a folder"),
        ("{}/" + "x" * 300, "cannot be the name of a file"),
        ("", "is empty: give the name of a file"),
        (" ", "is empty: give the name of a file"),
        ("/proc/new", "cannot write there"),
    ],
)
def test_a_place_that_cannot_be_written_to_is_told_before_the_work_begins(command, place, why, tmp_path, capsys):
    if place.startswith("/proc") and not os.path.isdir("/proc"):
        pytest.skip("no place to which nobody can write")
    (tmp_path / "a file").write_text("as it was", encoding="utf-8")
    assert main([*SAVING[command], place.format(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"engine: {SAVING[command][-1]}") and why in error
    assert [p.read_text(encoding="utf-8") for p in tmp_path.iterdir()] == ["as it was"]


READING = {
    "run --sentences": ["run", "arae", "--sentences"],
    "run --points": ["run", "vat", "--points"],
    "attack --image": ["attack", "--image"],
    "ship": ["ship", "--name", "a", "--says", "b", "--command", "c"],
    "run --from": ["run", "vat", "--from"],
    "robustness": ["robustness"],
    "quality": ["quality"],
    "transfer --from": ["transfer", "--text", "a", "--from"],
}


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize(
    "place, why",
    [
        ("", ("is empty: give the name of a file", "name is empty: give a snapshot file")),
        ("{}", ("is a folder: give the name of a file", "it is a folder, give a file in it")),
        ("{}/nothing.txt", ("there is no file ", "there is no such file; ")),
        ("{}/" + "x" * 300, ("cannot be the name of a file", "there is no such file; ")),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(command, place, why, tmp_path, capsys):
    assert main([*READING[command], place.format(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert any(one in error for one in why) and len(error) < 500 and error.count("\n") == 1


@pytest.mark.parametrize(
    "arguments, near",
    [
        (["run", "vta"], "vat"),
        (["run", "vat", "--knob", "epsilom_vat=1"], "epsilon_vat"),
        (["run", "arae", "--from", "grammar-transfr"], "grammar-transfer"),
        (["transfer", "--text", "a", "--from", "review-ae"], "reviews-ae"),
        (["robustness", "digits-madri"], "digits-madry"),
        (["retrain", "petal"], "petals"),
        (["run", "arae", "--steps", "0", "--measure", "qualty"], "quality"),
        (["train-digits", "cnn-robst"], "cnn-robust"),
        (["digit-errors", "cnn-robst"], "cnn-robust"),
        (["join-digits", "cnn", "cnn-robst", "--save", "x"], "cnn-robust"),
        (["attack", "--image", "pgi"], "pig"),
        (["attack", "--image", "pig", "--model", "squeezenet"], "squeezenet1_1"),
        (["attack", "--image", "pig", "--target", "gun"], "assault rifle or revolver"),
        (["attack", "--image", "pig", "--target", "lorry"], "trailer truck"),
        (["attack", "--image", "pig", "--knob", "target=gun"], "assault rifle or revolver"),
    ],
)
def test_near_names_are_offered_for_every_name_of_a_list(arguments, near, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert "did you mean " in (error := capsys.readouterr().err) and near in error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["list"], ["list", "--json"], ["run", "vat", "--steps", "1"]])
def test_output_into_a_pipe_is_utf_8_whatever_the_locale(arguments):
    command = [sys.executable, "-X", "utf8=0", "-X", "warn_default_encoding", "-W", "error::EncodingWarning"]
    command += ["-W", "ignore::EncodingWarning:regex._main"]  # it asks for the locale's encoding, and reads no file
    env = {**os.environ, "PYTHONIOENCODING": "cp1253"}
    printed = subprocess.run(
        [*command, "-m", "engine", *arguments], cwd=ROOT, env=env, capture_output=True, timeout=120
    )
    assert printed.returncode == 0, printed.stderr
    text = printed.stdout.decode("utf-8")
    assert arguments[0] != "list" or "ε" in text


def test_who_reads_only_the_first_line_gets_no_error():
    """As `engine list | head -1` does: the reader goes away before all is written."""
    command = subprocess.Popen(
        [sys.executable, "-m", "engine", "list"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    command.stdout.readline()
    command.stdout.close()
    errors = command.stderr.read()
    assert (command.wait(60), errors) == (0, b"")
