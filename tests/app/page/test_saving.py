"""What a page saves it also opens, and it says before where that is not the whole run."""

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.page.snapshots import saving
from app.routes import routes
from engine.core import snapshot as snapshot_module
from engine.core.registry import methods
from engine.core.snapshot import MOST_MB, Snapshot
from engine.runs.run import Run
from tests.app.live.runs import open_session

# Whole numbers that do not make networks larger, and the options that make them largest.
OF_DATA = {"batch", "test", "train", "unlabelled", "judged", "sentences", "words", "digit", "warm_up"}
LARGEST = {
    "corpus": "domains",
    "transfer": True,
    "net": "conv",
    "hidden": "256",
    "architecture": "dnn4",
    "spectral": True,
    "precision": "float64",
    "norm": "l2",
}


def largest(kind):
    """The set-up of a method with the largest networks that its fields allow."""
    fields = kind.Setup.declarations()
    values = {name: int(d.high) for name, d in fields.items() if d.kind == "whole" and name not in OF_DATA}
    options = {name: dict(d.options) for name, d in fields.items() if d.kind == "choice"}
    values |= {
        n: v for n, v in LARGEST.items() if v in options.get(n, ()) or fields.get(n) and fields[n].kind == "flag"
    }
    return kind.make_setup(values | ({"prior": "learned"} if "learned" in options.get("prior", ()) else {}))


@pytest.mark.parametrize("name", methods())
def test_the_largest_set_up_of_every_method_is_saved_so_that_it_opens(name):
    run = Run(name, largest(methods()[name]), 0)
    snapshot = run.snapshot()
    data, small = snapshot.to_open()
    assert len(data) <= MOST_MB * 2**20
    told = saving(snapshot.megabytes)
    assert ("small form" in told and f"takes {snapshot.megabytes:.0f} MB" in told) is small
    assert small is (name in ("arae-three", "gan-digits")), f"{snapshot.megabytes:.0f} MB"
    again = Run.restore(Snapshot.from_bytes(data))
    assert again.setup == run.setup and again.step == run.step


@pytest.mark.parametrize("most, end", [(MOST_MB, ".snapshot"), (0, "-small.snapshot")])
def test_a_file_from_the_server_is_one_that_opens_and_its_name_says_where_it_is_small(most, end, monkeypatch):
    monkeypatch.setattr(snapshot_module, "MOST_MB", most)
    session = open_session()
    with TestClient(Starlette(routes=routes())) as client:
        own = {"origin": "http://testserver"}
        answer = client.post("/saddle/snapshot", content=session.token.encode(), headers=own)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith(f'-step-0{end}"')
    opened = Run.restore(Snapshot.from_bytes(answer.content))
    assert opened.setup == session.live.setup
