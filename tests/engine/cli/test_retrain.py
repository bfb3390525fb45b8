"""A run that ships can be trained anew by the command recorded beside it."""

import json

import pytest

from engine.__main__ import main
from engine.cli.retrain import stages
from engine.core import shipped
from engine.core.declare import InvalidValue
from engine.core.shipped import open_shipped
from engine.core.snapshot import Snapshot
from engine.runs.run import Run

FIRST = "python -m engine run gan --set batch=64 --steps 3 --save a.snapshot"
SECOND = "python -m engine run gan --from a.snapshot --knob lr_d=0.0003 --steps 2 --save b.snapshot"
TWICE = f"{FIRST} && {SECOND}"


@pytest.fixture
def index(tmp_path, monkeypatch):
    """Writes an index of snapshots that ship from a temporary folder."""
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "snapshots")
    monkeypatch.setattr(shipped, "INDEX", tmp_path / "snapshots.json")

    def write(command):
        shipped.INDEX.write_text(json.dumps({"mine": {"method": "gan", "says": "A game.", "command": command}}))

    yield write
    open_shipped.cache_clear()


def test_every_recorded_command_can_be_carried_out():
    for entry in shipped.shipped():
        assert stages(entry.command)


def test_all_stages_are_trained_and_the_last_one_ships(index, tmp_path):
    index(TWICE)
    assert main(["retrain", "mine"]) == 0
    made = open_shipped("mine")
    assert made.step == 5
    for command in (FIRST, SECOND):
        words = [str(tmp_path / w) if w.endswith(".snapshot") else w for w in command.split()]
        assert main(words[3:]) == 0
    by_hand = Snapshot.open(tmp_path / "b.snapshot").slim()
    assert made.state.keys() == by_hand.state.keys() and all(v.equal(by_hand.state[k]) for k, v in made.state.items())
    assert Run.restore(made).knobs.lr_d == 0.0003 and shipped.shipped()[0].description == "A game."


def test_a_stage_that_fails_leaves_what_ships_alone(index, capfd):
    index(TWICE.replace("lr_d", "lr_z"))
    assert main(["retrain", "mine"]) == 2
    assert "mine was left as it is: a stage ended with code 2" in capfd.readouterr().err and not shipped.FOLDER.exists()
    assert main(["retrain", "other"]) == 2 and "the included ones are mine" in capfd.readouterr().err


@pytest.mark.parametrize(
    "command", ("rm -r a --save b", "python -m engine run gan", "python -m engine run gan --save", TWICE + " && true")
)
def test_what_is_not_of_the_engine_is_not_carried_out(command):
    with pytest.raises(InvalidValue, match="cannot be carried out"):
        stages(command)
