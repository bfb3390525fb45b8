"""`python -m engine join-digits`: two classifiers become one run."""

from engine.__main__ import main
from engine.core.snapshot import Snapshot
from engine.nn.digit_classifiers import load
from engine.runs.run import Run


def test_two_nets_make_a_pair_only_where_they_go_together(tmp_path, capsys):
    assert main(["join-digits", "cnn", "dnn2-robust", "--save", str(tmp_path / "x")]) == 2
    assert "make no pair" in capsys.readouterr().err
    assert main(["join-digits", "dnn2", "dnn2-robust", "--save", str(tmp_path / "x")]) == 0
    pair = Run.restore(Snapshot.open(tmp_path / "x")).method.pair
    for kind, name in (("standard", "dnn2"), ("robust", "dnn2-robust")):
        assert all(a.equal(b) for a, b in zip(getattr(pair, kind).parameters(), load(name).parameters()))
