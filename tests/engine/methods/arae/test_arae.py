"""Runs of sentences: parts that a set-up leaves out, snapshots, own sentences."""

import hashlib
import json

import numpy as np
import pytest
import torch

from engine.__main__ import main
from engine.core.declare import InvalidValue
from engine.core.registry import find
from engine.core.snapshot import InvalidSnapshot, Snapshot
from engine.data.text import own_sentences
from engine.runs.run import Run
from tests.engine.data.text.test_own_sentences import table
from tests.engine.methods.arae.runs import ARAE, asked, start

# -- parts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prior, transfer, phases",
    [
        ("none", False, ["reconstruction"]),
        ("gaussian", False, ["reconstruction", "critic", "adversarial"]),
        ("none", True, ["reconstruction", "classifier", "adversarial"]),
        ("learned", True, ["reconstruction", "critic", "classifier", "adversarial"]),
    ],
)
def test_a_set_up_has_the_phases_and_numbers_of_its_parts(prior, transfer, phases):
    run = start(prior=prior, transfer=transfer)
    run.advance(run.knobs, 2)
    phases_seen = run.method.explain(run.knobs, run.step)
    assert [p.name for p in phases_seen] == phases
    assert all(np.isfinite(list(p.numbers.values())).all() for p in phases_seen)
    names = set(run.method.metrics(run.knobs)[0])
    assert ("wasserstein" in names) == (prior != "none")
    assert ("loss_u" in names) == ("transfer_accuracy" in names) == transfer
    layers = run.method.layers(run.knobs, run.method.frame_layers + run.method.scene_layers)
    assert layers["codes_prior"].shape == (256, 2) and np.abs(layers["codes_prior"]).max() <= 1.2
    given = json.loads(layers["words"].tobytes())
    assert given["probes"][0] == " ".join(given["words"][int(t)] for t in layers["probe_in"][0] if t >= 0)


def test_without_lambda_1_an_autoencoder_is_the_plain_one_bit_for_bit():
    """The four updates do not touch each other: the encoder of an ARAE with λ₁ = 0 is that of the
    run without a prior, given the same batches.
    """
    plain, game = start(prior="none"), start(prior="learned")
    plain.method.generators, game.method.generators = ({"batches": torch.Generator().manual_seed(k)} for k in (0, 0))
    ids, y = plain.method.batch(8)
    for run in (plain, game):
        for _ in range(3):
            run.method.game.reconstruct(ids, y, 0.1, 1e-3)
            if run is game:
                game.method.game.criticise(game.method.game.encoder(ids).detach(), run.knobs, 1e-3)
                game.method.game.mislead(ids, y, run.knobs.with_values({"lam1": 0}), 1e-3)
                game.method.game.generate(8, 1e-3)
    assert all(torch.equal(p, game.method.game.weights[k]) for k, p in plain.method.game.weights.items())


def test_a_slim_snapshot_trains_on_from_the_running_means():
    run = start(transfer=True)
    run.advance(run.knobs, 5)
    slim = run.snapshot().slim()
    assert "encoder.out.0.weight" not in slim.state
    assert "mean.encoder.out.0.weight" in slim.state
    assert "f.0.weight" in slim.state
    again = Run.restore(Snapshot.from_bytes(slim.to_bytes()))
    game = again.method.game
    assert all(torch.equal(p, game.means[f"mean.{k}"]) for k, p in game.weights.items() if f"mean.{k}" in game.means)
    again.advance(again.knobs, 2)
    with pytest.raises(InvalidSnapshot):
        Run.restore(
            Snapshot(
                **{**vars(slim), "state": {k: v for k, v in slim.state.items() if not k.startswith("mean.encoder")}}
            )
        )


# -- own sentences ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ("arae", "cross-ae"))
def test_a_run_on_own_sentences_carries_them_along(name, monkeypatch):
    digest = own_sentences.store(table())
    run = start(name, corpus="own", own=digest, **({"transfer": True} if name == "arae" else {}))
    run.advance(run.knobs, 2)
    snapshot = run.snapshot()
    monkeypatch.setattr(own_sentences, "_stored", type(own_sentences._stored)())
    elsewhere = Run(find(name), run.setup, 3)
    with pytest.raises(InvalidValue, match="uploaded elsewhere"):
        elsewhere.advance(run.knobs)
    again = Run.restore(Snapshot.from_bytes(snapshot.to_bytes()))
    assert again.method.corpus.words == run.method.corpus.words and again.method.corpus.classes == ("no", "yes")
    again.advance(again.knobs)
    assert asked(again, "transfer", text="the old dog", to="yes")["to"] == "yes"


def same(one, other):
    """Whether two snapshots are of one run, bit for bit."""
    header = [(s.method, dict(s.setup), s.seeds, s.step, dict(s.knobs), s.state.keys()) for s in (one, other)]
    return header[0] == header[1] and all(torch.equal(v, other.state[k]) for k, v in one.state.items())


@pytest.mark.parametrize("blank", ("  ", "\t", "\xa0", "\u3000", "\x1f", "\x85"))
def test_a_run_on_sentences_with_any_blanks_is_opened_where_they_never_were(blank, monkeypatch):
    lines = [f"the{blank if k == 7 else ' '}dog {k} barks" for k in range(30)]
    rows = [f'"{line}","{"a" if k % 2 else "b"}\r{blank}c"' for k, line in enumerate(lines)]
    for data in ("\n".join(lines), "\n".join(["text,label", *rows])):
        digest = own_sentences.store(data.encode())
        run = start(corpus="own", own=digest)
        run.advance(run.knobs, 1)
        file = run.snapshot().to_bytes()
        monkeypatch.setattr(own_sentences, "_stored", type(own_sentences._stored)())
        again = Run.restore(Snapshot.from_bytes(file))
        assert same(again.snapshot(), Snapshot.from_bytes(file))
        again.advance(again.knobs, 1)


def test_a_run_saved_on_own_sentences_by_the_first_version_opens_with_its_words(monkeypatch):
    """That version cut words without their marks, and split without looking at classes; its file
    could not be opened because of the two blanks.
    """
    rows = [(f"le  cafe\u0301 {k}", "pos" if k else "neg") for k in range(40)]
    data = "".join(["text,label\n", *(f"{text},{label}\n" for text, label in rows)]).encode()
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    own_sentences.store_saved(digest, data)
    run = start(corpus="own", own=digest)
    assert "cafe" in run.method.corpus.words and "café" not in run.method.corpus.words
    run.advance(run.knobs, 1)
    file = run.snapshot().to_bytes()
    monkeypatch.setattr(own_sentences, "_stored", type(own_sentences._stored)())
    again = Run.restore(Snapshot.from_bytes(file))
    assert again.method.corpus.words == run.method.corpus.words and same(again.snapshot(), Snapshot.from_bytes(file))
    foreign = Snapshot.from_bytes(file)
    foreign.state["own"] = foreign.state["own"][:-9].clone()
    monkeypatch.setattr(own_sentences, "_stored", type(own_sentences._stored)())
    with pytest.raises(InvalidSnapshot):
        Run.restore(foreign)


def test_one_class_cannot_be_moved():
    digest = own_sentences.store("\n".join(f"the {k} dog barks" for k in range(30)).encode())
    with pytest.raises(InvalidValue, match="at least two classes"):
        start(corpus="own", own=digest, transfer=True)
    with pytest.raises(InvalidValue, match="at least two classes"):
        start("cross-ae", corpus="own", own=digest)
    start(corpus="own", own=digest).advance(find("arae").make_knobs(None), 1)
    with pytest.raises(InvalidValue, match="needs a text of yours"):
        find("arae").make_setup({"corpus": "own"})


# -- command line ---------------------------------------------------------------------------------


def test_the_command_line_trains_on_own_sentences(capsys, tmp_path):
    own = tmp_path / "own.csv"
    own.write_bytes(table())
    tiny = [f for k, v in ARAE.items() if k != "sentences" for f in ("--set", f"{k}={v}")]
    save = ["--json", "--save", str(tmp_path / "own.snapshot")]
    assert main(["run", "arae", "--sentences", str(own), *tiny, "--steps", "2", *save]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["setup"]["corpus"] == "own"
    assert (found["data"]["sentences"], found["data"]["classes"], found["data"]["words"]) == (
        27,
        {"no": 14, "yes": 13},
        9,
    )
    assert found["data"]["columns"] == {"sentence": "text", "label": "label"}
    (tmp_path / "latin.txt").write_bytes("".join(f"le caf\xe9 {k} est bon\n" for k in range(30)).encode("latin-1"))
    assert main(["run", "arae", "--sentences", str(tmp_path / "latin.txt"), *tiny, "--steps", "1"]) == 0
    said = capsys.readouterr().out
    assert "latin.txt: 30 sentences, no labels; one sentence a line; Windows-1252 (Western European)" in said
    (tmp_path / "bad.csv").write_bytes(b"text,label\n" + b"a dog\n" * 30)
    assert main(["run", "arae", "--sentences", str(tmp_path / "bad.csv")]) == 2
    assert "Line 2 has 1 column, and" in capsys.readouterr().err
    assert main(["run", "vat", "--sentences", str(tmp_path / "own.csv")]) == 2
    assert "reads no sentences" in capsys.readouterr().err
