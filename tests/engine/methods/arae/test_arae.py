"""ARAE and its baseline as a visitor meets them: questions, parts that a set-up leaves out, own
sentences, measurements, the command line.
"""

import json

import numpy as np
import pytest
import torch

from engine.__main__ import main
from engine.core.declare import InvalidValue
from engine.core.registry import find
from engine.core.shipped import open_shipped
from engine.core.snapshot import InvalidSnapshot, Snapshot
from engine.data.text import grammar, own_sentences
from engine.methods.arae.sentence_view import shown
from engine.runs.run import Run
from tests.engine.data.test_corpus import table

TINY = {"sentences": 200, "code": 16, "embedding": 8, "hidden": 16, "batch": 8}
ARAE = TINY | {"s": 8, "width": 16}


def start(name="arae", seed=3, **setup):
    method = find(name)
    return Run(method, method.make_setup((ARAE if name == "arae" else TINY) | setup), seed)


@pytest.fixture(scope="module")
def shipped():
    return Run.restore(open_shipped("grammar-transfer"))


def asked(run, question, **values):
    return run.method.ask(run.knobs, question, values).numbers


# -- parts -----------------------------------------------------------------------------------------------------------


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
    walked = run.method.explain(run.knobs, run.step)
    assert [p.name for p in walked] == phases
    assert all(np.isfinite(list(p.numbers.values())).all() for p in walked)
    names = set(run.method.metrics(run.knobs)[0])
    assert ("wasserstein" in names) == (prior != "none") and ("loss_u" in names) == (
        "transfer_accuracy" in names
    ) == transfer
    layers = run.method.layers(run.knobs, run.method.frame_layers + run.method.scene_layers)
    assert layers["codes_prior"].shape == (256, 2) and np.abs(layers["codes_prior"]).max() <= 1.2
    told = json.loads(layers["words"].tobytes())
    assert told["probes"][0] == " ".join(told["words"][int(t)] for t in layers["probe_in"][0] if t >= 0)


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
    assert (
        "encoder.out.0.weight" not in slim.state
        and "mean.encoder.out.0.weight" in slim.state
        and "f.0.weight" in slim.state
    )
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


# -- questions -------------------------------------------------------------------------------------------------------


def test_a_sentence_is_encoded_and_moved(shipped):
    e = asked(shipped, "encode", text="The food was awful and the staff was rude")
    assert e["reconstruction"]["words"] == "the food was awful and the staff was rude .".split() and not any(
        e["reconstruction"]["changed"]
    )
    assert e["norm"] == pytest.approx(1, abs=1e-5) and e["sentiment"] == "negative" and e["unknown"] == []
    assert [n["distance"] for n in e["nearest"]] == sorted(n["distance"] for n in e["nearest"]) and [
        n["sigma"] for n in e["noisy"]
    ] == [0.05, 0.1, 0.2]
    t = asked(shipped, "transfer", text="the food was awful and the staff was rude .", to="positive")
    said = grammar.parse(t["text"])
    assert (
        said.sentiment == 1
        and t["right"]
        and t["slots"] == {"food": True, "service": True}
        and dict(said.slots) == {"food": "food", "service": "staff"}
    )
    assert t["classifier"]["before"]["positive"] < 0.5 < t["classifier"]["after"]["positive"]
    assert [
        w for w, new in zip(t["result"]["words"], t["result"]["changed"]) if not new
    ] == "the food was and the staff was .".split()
    assert asked(shipped, "transfer", text="i loved the pizza")["to"] == "negative"


def test_questions_change_nothing_and_repeat(shipped):
    before = {k: v.clone() for k, v in shipped.method.state().items()}
    for question, values in (
        ("sample", {"n": 5, "seed": 3}),
        ("walk", {"s_a": 1, "s_b": 2, "steps": 5}),
        ("encode", {"text": "we hated the bar"}),
        ("interpolate", {"a": "we hated the bar", "b": "the pizza was so fresh", "steps": 6}),
    ):
        assert asked(shipped, question, **values) == asked(shipped, question, **values)
    assert all(torch.equal(v, before[k]) for k, v in shipped.method.state().items())


def test_samples_and_walks_say_what_is_true_of_them(shipped):
    drawn = asked(shipped, "sample", n=30, seed=1)
    assert (
        drawn["grammatical"] == [grammar.parse(t) is not None for t in drawn["texts"]]
        and sum(drawn["grammatical"]) >= 25
    )
    assert drawn["seen"] == [t in shipped.method.corpus.seen for t in drawn["texts"]]
    way = asked(shipped, "interpolate", a="i hated the fries", b="the room was so lovely", steps=7)
    assert (
        way["texts"][0] == "i hated the fries ."
        and way["texts"][-1] == "the room was so lovely ."
        and len(way["codes"]) == 7
    )


@pytest.mark.parametrize(
    "question, values, says",
    [
        ("encode", {"text": ""}, "type a sentence"),
        ("encode", {}, "type a sentence"),
        ("transfer", {"text": "xyz"}, "none of these words"),
        ("transfer", {"text": "the bar was " + "so " * 20 + "noisy"}, "at most 12 words"),
        ("transfer", {"text": "i loved the bar", "to": "neutral"}, "negative, positive"),
        ("interpolate", {"a": "i loved the bar", "b": ""}, "type a sentence"),
        ("interpolate", {"a": "i loved the bar", "b": "we hated it", "steps": 1}, "2 to 30"),
        ("sample", {"n": 0}, "1 to 50"),
        ("sample", {"seed": -1}, "0 to"),
        ("walk", {"s_a": "x"}, "s_a"),
        ("nonesuch", {}, "no question"),
    ],
)
def test_a_question_without_an_answer_is_refused(shipped, question, values, says):
    with pytest.raises(InvalidValue, match=says):
        asked(shipped, question, **values)


def test_a_run_without_styles_moves_nothing():
    with pytest.raises(InvalidValue, match="with transfer"):
        asked(start(), "transfer", text="i loved the bar")


def test_token_layers_end_with_minus_one():
    assert shown(torch.tensor([[5, 6, 2, 0], [5, 2, 0, 0]])).tolist() == [[5, 6, -1], [5, -1, -1]]


# -- own sentences ---------------------------------------------------------------------------------------------------


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


def test_one_class_cannot_be_moved():
    digest = own_sentences.store("\n".join(f"the {k} dog barks" for k in range(30)).encode())
    with pytest.raises(InvalidValue, match="at least two classes"):
        start(corpus="own", own=digest, transfer=True)
    with pytest.raises(InvalidValue, match="at least two classes"):
        start("cross-ae", corpus="own", own=digest)
    start(corpus="own", own=digest).advance(find("arae").make_knobs(None), 1)
    with pytest.raises(InvalidValue, match="needs a text of yours"):
        find("arae").make_setup({"corpus": "own"})


# -- measurements and command line -----------------------------------------------------------------------------------


def test_quality_is_consistent(shipped, monkeypatch):
    monkeypatch.setattr("engine.methods.arae.quality.SAMPLES", 500)
    *shares, answer = shipped.method.measure(shipped.knobs, "quality", {})
    n = answer.numbers
    assert shares == sorted(shares) and 0 <= shares[0] and shares[-1] <= 1
    assert n["product"] == pytest.approx(n["transfer_accuracy"] * n["bleu"] / 1e4, abs=1e-3)
    assert (
        n["token_accuracy"] >= 99
        and n["sample_grammatical"] >= 95
        and n["sample_unseen"] >= 50
        and n["sample_nouns"] == 26
    )
    assert n["sentiment_right"] >= 90 and n["slots_kept"] >= 80 and n["judge_accuracy"] > 99
    assert 3 < n["real_perplexity"] < n["reverse_perplexity"] and 0 < n["reverse_se"] < 0.1 * n["reverse_perplexity"]
    assert "reverse_fixed" not in n, "it has a prior of its own"


def test_the_command_line_moves_a_sentence(capsys):
    assert main(["transfer", "--text", "the food was awful .", "--to", "positive"]) == 0
    assert grammar.parse(capsys.readouterr().out.strip()) == grammar.Review(1, (("food", "food"),))
    assert main(["transfer", "--text", "the Food was terrific", "--to", "negative", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unknown"] == ["terrific"]


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["--text", ""], "type a sentence"),
        (["--text", "i loved the bar", "--to", "blue"], "negative, positive"),
        (["--text", "x", "--from", "petals"], "moves no sentences"),
        (["--text", "x", "--from", "missing"], "Cannot read"),
        ([], "--text"),
    ],
)
def test_a_transfer_that_cannot_be_is_refused_in_one_line(capsys, arguments, says):
    try:
        code = main(["transfer", *arguments])
    except SystemExit as error:
        code = error.code
    out = capsys.readouterr()
    assert code == 2 and says in out.err and len(out.err.strip().splitlines()) == 1


def test_the_command_line_trains_on_own_sentences(capsys, tmp_path):
    (tmp_path / "own.csv").write_bytes(table())
    tiny = [f for k, v in ARAE.items() if k != "sentences" for f in ("--set", f"{k}={v}")]
    assert (
        main(
            [
                "run",
                "arae",
                "--sentences",
                str(tmp_path / "own.csv"),
                *tiny,
                "--steps",
                "2",
                "--json",
                "--save",
                str(tmp_path / "own.snapshot"),
            ]
        )
        == 0
    )
    assert json.loads(capsys.readouterr().out)["setup"]["corpus"] == "own"
    (tmp_path / "latin.txt").write_bytes("caf\xe9\n".encode("latin-1") * 30)
    assert main(["run", "arae", "--sentences", str(tmp_path / "latin.txt")]) == 2 and "UTF-8" in capsys.readouterr().err
    assert (
        main(["run", "vat", "--sentences", str(tmp_path / "own.csv")]) == 2
        and "reads no sentences" in capsys.readouterr().err
    )
