"""The cards of *Try this* say what happens: tests/benchmarks/claims.toml has their claims.

`python -m tests.benchmarks.presets` checks all of them over three seeds; here are those that take
seconds.
"""

from __future__ import annotations

import math

import pytest

from tests.benchmarks import presets

CARDS = presets.claims()
# Cards that promise nothing that a number could decide, or only what a test elsewhere holds.
WITHOUT = {
    ("gan", "digits"): {"Does G memorise?", "The paper's networks"},
    ("attacks", "digits"): {"Drag ε", "Carlini–Wagner: the smallest change", "What the linear model looks at"},
}


@pytest.mark.parametrize("card", [c for c in CARDS if c.short], ids=lambda card: card.title)
def test_a_card_says_what_happens(card):
    for step, line, holds, text in presets.check(card, 0):
        assert holds, f"{card.title}, step {step}: {line}, but {text}"


@pytest.mark.parametrize(
    ("lab", "tab"),
    [
        ("vat", ""),
        ("training", "plane"),
        ("training", "digits"),
        ("gan", "plane"),
        ("gan", "pair"),
        ("gan", "digits"),
        ("attacks", "digits"),
        ("attacks", "photographs"),
        ("attacks", "why"),
    ],
)
def test_every_card_has_claims(lab, tab):
    titles = {preset.title for preset in presets.all_presets(lab, tab)}
    claimed = {card.title for card in CARDS if (card.lab, card.tab) == (lab, tab)}
    assert claimed | WITHOUT.get((lab, tab), set()) == titles


def test_a_card_is_looked_at_when_its_effect_is_said_to_show():
    for card in CARDS:
        steps = card.preset.steps
        assert not steps or steps in [look.step for look in card.looks], card.title


def test_no_comparison_with_what_is_not_finite_holds():
    for line in ("a <= 1", "a >= 1", "a == a", "b < a + 1"):
        assert not presets.holds(line, {"a": math.nan, "b": 0.0})[0]
    assert presets.holds("b >= 2 * c - 1", {"b": 1.0, "c": 1.0})[0]
    assert not presets.holds("b >= 2 * c", {"b": 1.0, "c": 1.0})[0]
