"""Questions to a run of sentences: encode, transfer, sample, walk, interpolate."""

import math

import pytest
import torch

from engine.core.declare import InvalidValue
from engine.data.text import grammar
from engine.methods.arae.questions import changed
from engine.nn.interpolation import arc
from tests.engine.methods.arae.runs import asked, start


def test_changed_words():
    assert changed("the food was awful .", "the food was really great .") == [False, False, False, True, True, False]
    assert changed("a b", "a b") == [False, False] and changed("", "a") == [True]


def test_an_arc_stays_on_the_sphere_with_even_steps():
    a, b = torch.tensor([1.0, 0, 0]), torch.tensor([0, 1.0, 0])
    way = arc(a, b, 5)
    assert torch.allclose(way.norm(dim=1), torch.ones(5))
    assert torch.allclose(way[0], a)
    assert torch.allclose(way[-1], b, atol=1e-6)
    assert (way[1:] * way[:-1]).sum(1).tolist() == pytest.approx([math.cos(math.pi / 8)] * 4, abs=1e-5)
    assert torch.allclose(arc(a, a, 3), a.expand(3, 3))


def test_a_sentence_is_encoded_and_moved(shipped):
    e = asked(shipped, "encode", text="The food was awful and the staff was rude")
    assert e["reconstruction"]["words"] == "the food was awful and the staff was rude .".split()
    assert not any(e["reconstruction"]["changed"])
    assert e["norm"] == pytest.approx(1, abs=1e-5) and e["sentiment"] == "negative" and e["unknown"] == []
    assert [n["distance"] for n in e["nearest"]] == sorted(n["distance"] for n in e["nearest"])
    assert [n["sigma"] for n in e["noisy"]] == [0.05, 0.1, 0.2]
    t = asked(shipped, "transfer", text="the food was awful and the staff was rude .", to="positive")
    said = grammar.parse(t["text"])
    assert said.sentiment == 1
    assert t["right"]
    assert t["slots"] == {"food": True, "service": True}
    assert dict(said.slots) == {"food": "food", "service": "staff"}
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
    assert drawn["grammatical"] == [grammar.parse(t) is not None for t in drawn["texts"]]
    assert sum(drawn["grammatical"]) >= 25
    assert drawn["seen"] == [t in shipped.method.corpus.seen for t in drawn["texts"]]
    way = asked(shipped, "interpolate", a="i hated the fries", b="the room was so lovely", steps=7)
    assert way["texts"][0] == "i hated the fries ."
    assert way["texts"][-1] == "the room was so lovely ."
    assert len(way["codes"]) == 7


@pytest.mark.parametrize(
    "question, values, reason",
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
def test_a_question_without_an_answer_is_refused(shipped, question, values, reason):
    with pytest.raises(InvalidValue, match=reason):
        asked(shipped, question, **values)


def test_a_run_without_styles_moves_nothing():
    with pytest.raises(InvalidValue, match="with transfer"):
        asked(start(), "transfer", text="i loved the bar")
