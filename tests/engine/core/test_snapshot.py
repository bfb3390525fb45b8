"""Saved runs: what is saved opens, and what is damaged is refused in words before anything runs."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch

from engine.core.registry import methods
from engine.core.snapshot import FORMAT, MOST_MB, InvalidSnapshot, Snapshot
from engine.methods.vat.vat import VAT
from engine.runs.run import Run

CONFIG = Path(__file__).parents[3] / ".streamlit" / "config.toml"


@pytest.fixture(scope="module")
def saved():
    run = Run(VAT, VAT.make_setup({"hidden": 4, "train": 4}), 1)
    knobs = VAT.make_knobs(run.setup)
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
    ],
    ids=lambda changed: str(changed)[:40],
)
def test_a_header_that_fits_no_run_is_refused_when_it_is_opened(saved, changed):
    with pytest.raises(InvalidSnapshot) as caught:
        Run.restore(Snapshot.from_bytes(with_header(saved, **changed)))
    assert len(str(caught.value)) < 300


def test_tensors_that_do_not_fit_the_set_up_are_refused(saved):
    for state in ({}, {k: v[:1] for k, v in saved.state.items()}):
        with pytest.raises(InvalidSnapshot):
            Run.restore(replace(saved, state=state))


def test_the_snapshot_that_the_cases_change_opens(saved):
    run = Run.restore(Snapshot.from_bytes(with_header(saved)))
    assert run.step == 3 and run.log[1:] == saved.log[1:]


def test_what_a_page_saves_it_also_opens():
    assert tomllib.loads(CONFIG.read_text(encoding="utf-8"))["server"]["maxUploadSize"] == MOST_MB
    for method in methods().values():
        snapshot = Run(method, method.make_setup({}), 0).snapshot()
        assert len(snapshot.to_bytes()) < 0.8 * MOST_MB * 1e6, method.name
