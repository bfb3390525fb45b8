"""Links and snapshots saved by an earlier version open to what they opened to then.

What is compared is what was saved: a knob, a field or a metric that is added later is not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from engine.core.registry import methods
from engine.core.snapshot import Snapshot
from engine.runs.run import Run
from tests.pages import open_page, session_of

SAVED = Path(__file__).with_name("saved")
LINKS = json.loads((SAVED / "links.json").read_text(encoding="utf-8"))
SNAPSHOTS = json.loads((SAVED / "snapshots.json").read_text(encoding="utf-8"))
NOTHING = "nothing of this name"


def as_json(value: Any) -> Any:
    """A value as it comes out of a JSON file: tuples become lists."""
    return json.loads(json.dumps(value))


def changes(then: Mapping[str, Any], now: Mapping[str, Any], what: str) -> list[str]:
    """A line for each value of `then` that is another one now."""
    now = as_json(now)
    return [
        f"{what} {name}: {now.get(name, NOTHING)!r}, saved as {value!r}"
        for name, value in then.items()
        if now.get(name, NOTHING) != value
    ]


def measured_otherwise(then: Mapping[str, float | None], now: Mapping[str, float]) -> list[str]:
    """The same for metrics, which other processors and thread counts round differently. None in the
    file is NaN.
    """
    return [
        f"metric {name}: {now.get(name, NOTHING)!r}, saved as {value!r}"
        for name, value in then.items()
        if now.get(name) != pytest.approx(math.nan if value is None else value, rel=1e-3, abs=1e-5, nan_ok=True)
    ]


@pytest.mark.parametrize("saved", LINKS, ids=lambda saved: f"{saved['page']}?{saved['link']}"[:60])
def test_a_saved_link_opens_the_run_that_it_opened_then(saved):
    test = open_page(saved["page"], dict(parse_qsl(saved["link"], keep_blank_values=True)))
    assert not test.exception and not test.error
    session = session_of(test, saved["run"])
    live, snapshot = session.live, session.live.snapshot().result(20)
    found = {
        "method": snapshot.method,
        "seed": live.seed,
        "start": session.start.name,
        "warnings": len(test.warning),
        "step": snapshot.step,
    }
    lines = [
        *changes({name: saved[name] for name in found}, found, "the run's"),
        *changes(saved["setup"], live.setup.to_dict(), "set-up"),
        *changes(saved["knobs"], live.knobs, "knob"),
    ]
    assert not lines, "\n".join(lines)


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_a_saved_snapshot_opens_as_it_was_and_goes_on_training(name):
    saved = SNAPSHOTS[name]
    run = Run.restore(Snapshot.open(SAVED / f"{name}.snapshot"))
    assert (run.method.name, run.seeds, run.step) == (name, (3,), 1)
    lines = [
        *changes(saved["setup"], run.setup.to_dict(), "set-up"),
        *changes(saved["knobs"], run.knobs.to_dict(), "knob"),
        *measured_otherwise(saved["metrics"], run.method.metrics(run.knobs)[0]),
    ]
    assert not lines, "\n".join(lines)
    run.advance(run.knobs, 2)
    assert run.step == 3
    assert [n for n, v in run.method.state().items() if v.is_floating_point() and not v.isfinite().all()] == []


def test_there_is_a_saved_snapshot_of_every_method():
    assert methods().keys() <= SNAPSHOTS.keys() == {path.stem for path in SAVED.glob("*.snapshot")}
