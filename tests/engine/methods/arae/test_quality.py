"""The measurement of quality, on a shipped run."""

import json

import pytest

from engine.cli.quality import RECORD
from engine.data.text.corpus import corpus
from engine.methods.arae.quality import reference, turned_gap
from engine.metrics.text_evaluator import TextEvaluator


def test_quality_is_consistent(shipped, monkeypatch):
    monkeypatch.setattr("engine.methods.arae.quality.SAMPLES", 500)
    *shares, answer = shipped.method.measure(shipped.knobs, "quality", {})
    n = answer.numbers
    assert shares == sorted(shares) and 0 <= shares[0] and shares[-1] <= 1
    assert n["product"] == pytest.approx(n["transfer_accuracy"] * n["bleu"] / 1e4, abs=1e-3)
    assert n["turned"].count("1") / len(n["turned"]) == pytest.approx(n["transfer_accuracy"] / 100)
    assert n["token_accuracy"] >= 99
    assert n["sample_grammatical"] >= 95
    assert n["sample_unseen"] >= 50
    assert n["sample_nouns"] == 26
    assert n["sentiment_right"] >= 90 and n["slots_kept"] >= 80 and n["judge_accuracy"] > 99
    assert 3 < n["real_perplexity"] < n["reverse_perplexity"] and 0 < n["reverse_se"] < 0.1 * n["reverse_perplexity"]
    assert "reverse_fixed" not in n, "it has a prior of its own"


@pytest.mark.parametrize("kind, most", (("reviews", 150), ("domains", 156)))
def test_the_language_model_apart_knows_real_held_out_sentences(kind, most):
    """A model of the training sentences without unknown words has 147.4 and 153.7. One that learns
    to predict the unknown words of the sentences set apart has 209.8 and 207.1.
    """
    c = corpus(kind, 20000, 15, 0)
    *_, model = reference(c)
    assert model.perplexity(c.texts(c.held.ids)) < most


def test_an_unknown_word_says_nothing_of_the_class():
    texts = ["<unk> good", "good <unk>", "<unk> fine", "bad", "poor", "poor bad"]
    judge = TextEvaluator(texts, [1, 1, 1, 0, 0, 0], 2)
    assert judge.probabilities(["<unk> good <unk>"])[0] == pytest.approx(judge.probabilities(["good"])[0])
    assert judge.probabilities(["<unk> <unk>"])[0] == pytest.approx(judge.probabilities(["nothing"])[0])


def test_differences_are_paired_over_sentences_and_seeds():
    assert turned_gap(["1100"], ["1000"]) == (pytest.approx(25), pytest.approx(25))
    assert turned_gap(["1" * 30], ["1" * 30]) == (0, 0)
    gap, error = turned_gap(["1111", "1100"], ["1100", "1100"])
    # Sentences: 0, 0, ½, ½, sd .289, error .144; seeds: sd of 1 and ½ is .354, error .25.
    assert gap == pytest.approx(25) and error == pytest.approx(100 * (0.289**2 / 4 + 0.354**2 / 2) ** 0.5, abs=0.1)
    with pytest.raises(ValueError, match="paired"):
        turned_gap(["11"], ["111"])


def test_what_is_recorded_can_be_paired():
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    for kind in ("reviews", "domains"):
        runs = [recorded[f"{kind}-{name}"] for name in ("ae-styles", "transfer", "cross-ae")]
        assert len({len(run["turned"]) for run in runs}) == 1
        assert runs[0]["real_perplexity"] < 156
        for run in runs:
            assert all(seed["step"] == run["step"] for seed in run.get("seeds", {}).values())


def test_the_table_of_shipped_runs_passes_over_runs_side_by_side(shipped):
    """A run of three members ships on the same sentences."""
    assert next(shipped.method.measure(shipped.knobs, "table", {})) >= 0
