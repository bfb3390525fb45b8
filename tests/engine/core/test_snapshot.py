"""Saved runs: what is saved opens, and what is damaged is refused in words before anything runs."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch

from engine.core.registry import methods
from engine.core.snapshot import FORMAT, MOST_MB, InvalidSnapshot, Snapshot
from engine.methods.vat.vat import VAT
from engine.runs.run import Run

ROOT = Path(__file__).parents[3]
CONFIG = ROOT / ".streamlit" / "config.toml"
SHIPPED = ROOT / "assets" / "snapshots"
SAVED = ROOT / "tests" / "saved"


@pytest.fixture(scope="module")
def saved():
    run = Run(VAT, VAT.make_setup({"hidden": 4, "train": 4}), 1)
    knobs = VAT.make_knobs(run.setup)
    knobs = knobs.with_values({"learning_rate": 0.07})
    run.advance(knobs, 2)
    run.advance(knobs.with_values({"lam": 2}), 1)
    return run.snapshot()


def with_header(snapshot, **changed):
    """The file of a snapshot with other values in its header."""
    header = {
        "method": snapshot.method,
        "setup": snapshot.setup,
        "seeds": snapshot.seeds,
        "step": snapshot.step,
        "knobs": snapshot.knobs,
        "log": snapshot.log,
        **changed,
    }
    return safetensors.torch.save(dict(snapshot.state), {"format": FORMAT, "run": json.dumps(header)})


@pytest.mark.parametrize(
    "changed",
    [
        {"step": -(10**9)},
        {"step": 2.5},
        {"step": True},
        {"seeds": []},
        {"seeds": [-1]},
        {"seeds": [10**400]},
        {"method": "**bold** [link](https://example.org)"},
        {"method": ["vat"]},
        {"setup": {"train": 1e400}},
        {"setup": {"dataset": ["moons"]}},
        {"setup": {"train": 10**400}},
        {"knobs": {"power_iterations": 10**400}},
        {"knobs": {"no_such_knob": 1}},
        {"log": [[0, {"no_such_knob": 1}]]},
        {"log": [[0, {"lam": "much"}]]},
        {"log": [[0, {}], [3, {}], [1, {}]]},
        {"log": [[10**6, {}]]},
        {"log": [[-1, {}]]},
        {"log": 3},
        {"log": []},
        {"log": [[2, {"lam": 2}]]},  # begins late, and without the other knobs
        {"log": [[0]]},
        {"log": [[0, []]]},
        {"log": {"0": {}}},
        {"log": [[0, {}, 1]]},
        {"knobs": []},
        {"knobs": {}},
        {"knobs": None},
        {"setup": []},
        {"setup": "moons"},
        {"setup": {"train": [16]}},
        {"seeds": {"1": 1}},
        {"seeds": "1"},
        {"seeds": [True]},
        {"seeds": [1, 2]},
        {"step": "3"},
        {"step": None},
        {"method": None},
        {"threads": 2},
        {"threads": [[0]]},
        {"threads": [[0, 0]]},
        {"threads": [[0, "2"]]},
        {"threads": [[0, 10**6]]},  # so many would be begun
        {"threads": [[2, 2], [1, 1]]},
        {"threads": [[4, 2]]},  # after its last step
    ],
    ids=lambda changed: str(changed)[:40],
)
def test_a_header_that_fits_no_run_is_refused_when_it_is_opened(saved, changed):
    with pytest.raises(InvalidSnapshot) as caught:
        Run.restore(Snapshot.from_bytes(with_header(saved, **changed)))
    text = str(caught.value)
    assert len(text) < 300
    assert "choose a file saved by Saddle" not in text, "it says what is wrong with it"


@pytest.mark.parametrize("part", ["method", "setup", "seeds", "step", "knobs", "log"])
def test_a_header_without_a_part_names_it(saved, part):
    data = with_header(saved)
    size = int.from_bytes(data[:8], "little")
    meta = json.loads(data[8 : 8 + size])["__metadata__"]
    header = {name: value for name, value in json.loads(meta["run"]).items() if name != part}
    data = safetensors.torch.save(dict(saved.state), {"format": FORMAT, "run": json.dumps(header)})
    with pytest.raises(InvalidSnapshot, match=f"it has no {part}"):
        Snapshot.from_bytes(data)


def changed_by_hand(data, **header):
    """A saved file with other values in its header, and its checksum as it was."""
    size = int.from_bytes(data[:8], "little")
    whole = json.loads(data[8 : 8 + size])
    run = json.loads(whole["__metadata__"]["run"])
    whole["__metadata__"]["run"] = json.dumps({**run, **header})
    text = json.dumps(whole).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


@pytest.mark.parametrize(
    "part, value",
    [("setup", {"dataset": "circles"}), ("log", [[2, None]]), ("seeds", [7]), ("step", 4), ("knobs", {"lam": 3.0})],
)
def test_a_file_that_was_changed_after_it_was_saved_is_refused(saved, part, value):
    """Under another data set the same weights would pass for a run that was trained on it."""
    data = saved.to_bytes()
    run = {"setup": saved.setup, "knobs": saved.knobs}
    value = [[2, dict(saved.knobs)]] if part == "log" else {**run[part], **value} if part in run else value
    with pytest.raises(InvalidSnapshot, match="changed after it was saved"):
        Snapshot.from_bytes(changed_by_hand(data, **{part: value}))
    flipped = data[:-1] + bytes([data[-1] ^ 1])  # one bit of the last tensor
    with pytest.raises(InvalidSnapshot, match="changed after it was saved"):
        Snapshot.from_bytes(flipped)
    assert Run.restore(Snapshot.from_bytes(changed_by_hand(data))).step == 3


def test_tensors_that_do_not_fit_the_set_up_are_refused(saved):
    for state in ({}, {k: v[:1] for k, v in saved.state.items()}):
        with pytest.raises(InvalidSnapshot):
            Run.restore(replace(saved, state=state))


def spread(name, state):
    """A state in which one tensor has a shape that would be spread over the right one."""
    return {**state, name: torch.zeros(1)}


TENSORS = {
    "unknown": (lambda state: {**state, "more": torch.zeros(3)}, "makes no tensor 'more'"),
    "unknown moments": (lambda state: {**state, "optimiser.more": torch.zeros(3)}, "makes no tensor"),
    "shape": (lambda state: spread("momentum.plain.biases.0", state), r"is float32 \(1,\), and its set-up makes"),
    "type": (lambda state: {k: v.double() if v.is_floating_point() else v for k, v in state.items()}, "is float64"),
    "whole": (lambda state: {k: v.long() if v.is_floating_point() else v for k, v in state.items()}, "is int64"),
}


@pytest.mark.parametrize("case", TENSORS)
def test_tensors_that_would_be_dropped_or_spread_are_named(saved, case):
    change, text = TENSORS[case]
    with pytest.raises(InvalidSnapshot, match=text):
        Run.restore(replace(saved, state=change(saved.state)))


@pytest.mark.parametrize("method", methods())
def test_no_method_takes_up_a_tensor_that_it_does_not_have(method):
    kind = methods()[method]
    run = Run(kind, kind.make_setup(kind.contract_setup), 0)
    run.advance(kind.make_knobs(run.setup), 1)
    good = run.snapshot()
    heads = {name.split(".")[0] for name in good.state}
    for name in ("more", *(f"{head}.more" for head in heads), *(f"{head}.current.more" for head in heads)):
        with pytest.raises(InvalidSnapshot, match="does not fit"):
            Run.restore(replace(good, state={**good.state, name: torch.zeros(2)}))
    assert Run.restore(good).step == 1


@pytest.mark.parametrize("path", [*SHIPPED.glob("*.snapshot"), *SAVED.glob("*.snapshot")], ids=lambda path: path.stem)
def test_what_ships_and_what_was_saved_earlier_opens(path):
    snapshot = Snapshot.open(path)
    run = Run.restore(snapshot)
    again = Run.restore(Snapshot.from_bytes(run.snapshot().to_bytes()))
    assert again.step == snapshot.step and again.knobs == run.knobs


def test_the_snapshot_that_the_cases_change_opens(saved):
    run = Run.restore(Snapshot.from_bytes(with_header(saved)))
    assert run.step == 3 and run.log[1:] == saved.log[1:]


def test_the_server_lets_through_as_much_as_a_page_opens():
    assert tomllib.loads(CONFIG.read_text(encoding="utf-8"))["server"]["maxUploadSize"] == MOST_MB


def test_a_default_set_up_is_saved_whole_with_room_to_spare():
    for method in methods().values():
        snapshot = Run(method, method.make_setup({}), 0).snapshot()
        assert snapshot.megabytes < 0.2 * MOST_MB, method.name


def test_a_log_that_is_too_long_for_a_page_leaves_the_small_form(saved, monkeypatch):
    monkeypatch.setattr("engine.core.snapshot.MOST_MB", saved.megabytes + 0.1)
    assert saved.to_open()[1] is False
    log = (*saved.log, *((3, {"lam": 1 + k / 1e4}) for k in range(10_000)))
    data, small = replace(saved, log=log).to_open()
    assert small and Run.restore(Snapshot.from_bytes(data)).log == ((3, saved.knobs),)
