"""A challenge is fair: all runs have the same start and are measured alike."""

import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from app.live.rooms import runs
from app.live.rooms.words import Refusal
from app.live.session import Shown
from app.live.sessions import sessions
from engine.methods.training.plane import Training
from engine.runs.run import Run

ROOT = Path(__file__).resolve().parents[4]
SETUP = Training.make_setup({"train": 20, "test": 40, "hidden": "16"})
SHOWN = Shown("training", "", "", "", {})


@pytest.fixture
def start():
    """Where all begin: after some steps at ε = 0.5."""
    run = Run(Training, SETUP, 2)
    run.advance(run.knobs, 30)
    return run.snapshot()


@pytest.fixture
def fork(start):
    """The run of a member."""
    session = runs.fork(start, start.knobs, SHOWN, "room-test")
    yield session
    sessions().close(session.token)


def test_all_are_measured_at_the_radius_of_the_start(start, fork):
    fair = runs.measured(fork.token, start)
    fork.live.set_knobs({"epsilon": 0.0, "points": ((0.0, 0.0, 1),)})
    assert runs.measured(fork.token, start) == fair and fair[:2] == (30, 2)
    own = runs.measured(fork.token)[2]
    assert own["pgd_error.standard"] == own["clean_error.standard"] < fair[2]["pgd_error.standard"]


def test_a_run_that_was_begun_anew_is_not_from_the_same_start(start, fork):
    fork.live.reset()  # goes back to the start
    assert runs.measured(fork.token, start)[0] == 30
    for seed in (5, 2):
        fork.live.reset(seed)
        until = time.monotonic() + 30
        while fork.live.seed != seed and time.monotonic() < until:
            time.sleep(0.02)
    with pytest.raises(Refusal, match="begun anew"):
        runs.measured(fork.token, start)


def test_who_presents_may_have_opened_a_file_and_a_member_may_not(start, fork):
    sessions().replace(fork.token)
    assert runs.measured(fork.token)[:2] == (30, 2)
    with pytest.raises(Refusal, match="A file was opened"):
        runs.measured(fork.token, start)


@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
def test_the_median_of_an_even_number_of_answers_lies_between_the_two_in_the_middle():
    module = (ROOT / "app/web/rooms/answers.js").as_uri()
    cases = "[m([3]), m([1, 2, 4]), m([1, 2, 4, 9])]"
    script = f"import {{ median as m }} from '{module}'; console.log(JSON.stringify({cases}));"
    out = subprocess.run(
        ["node", "--input-type=module", "--no-warnings", "-e", script], capture_output=True, text=True, check=True
    )
    assert json.loads(out.stdout) == [3, 2, 3]
