"""Snapshots that ship: written slim, opened by name."""

import pytest

from engine.core import shipped as module
from engine.core.shipped import Shipped, open_shipped, ship, shipped
from engine.core.snapshot import InvalidSnapshot, Snapshot
from engine.runs.run import Run


def test_shipping_writes_a_slim_file_that_opens_by_name(walker, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "FOLDER", tmp_path / "snapshots")
    monkeypatch.setattr(module, "INDEX", tmp_path / "snapshots.json")
    run = Run(walker, walker.make_setup({}), 1)
    run.advance(run.knobs, 3)
    full = run.snapshot()
    ship(
        Snapshot(**{**vars(full), "state": {**full.state, "optimiser.moment": full.state["place"]}}),
        "far-out",
        "A walk.",
        "walk 3",
    )
    assert shipped("walker") == (Shipped("far-out", "walker", "A walk.", "walk 3"),) and shipped("vat") == ()
    opened = open_shipped("far-out")
    assert "optimiser.moment" not in opened.state
    assert Run.restore(opened).method.place == pytest.approx(run.method.place, rel=1e-3)
    with pytest.raises(InvalidSnapshot, match="the included ones are far-out"):
        open_shipped("nowhere")
    open_shipped.cache_clear()
