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
}


@pytest.mark.parametrize("command", SAVING)
@pytest.mark.parametrize("place, why", [("missing/file.snapshot", "no folder"), (".", "is a folder")])
def test_a_place_that_cannot_be_written_to_is_told_before_the_work_begins(command, place, why, tmp_path, capsys):
    assert main([*SAVING[command], str(tmp_path / place)]) == 2
    assert why in capsys.readouterr().err
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
