"""The measurement of quality, on a shipped run."""

import pytest


def test_quality_is_consistent(shipped, monkeypatch):
    monkeypatch.setattr("engine.methods.arae.quality.SAMPLES", 500)
    *shares, answer = shipped.method.measure(shipped.knobs, "quality", {})
    n = answer.numbers
    assert shares == sorted(shares) and 0 <= shares[0] and shares[-1] <= 1
    assert n["product"] == pytest.approx(n["transfer_accuracy"] * n["bleu"] / 1e4, abs=1e-3)
    assert n["token_accuracy"] >= 99
    assert n["sample_grammatical"] >= 95
    assert n["sample_unseen"] >= 50
    assert n["sample_nouns"] == 26
    assert n["sentiment_right"] >= 90 and n["slots_kept"] >= 80 and n["judge_accuracy"] > 99
    assert 3 < n["real_perplexity"] < n["reverse_perplexity"] and 0 < n["reverse_se"] < 0.1 * n["reverse_perplexity"]
    assert "reverse_fixed" not in n, "it has a prior of its own"


def test_the_table_of_shipped_runs_passes_over_runs_side_by_side(shipped):
    """A run of three members ships on the same sentences."""
    assert next(shipped.method.measure(shipped.knobs, "table", {})) >= 0
