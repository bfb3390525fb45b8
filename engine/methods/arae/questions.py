"""Questions to a run of sentences, each answered within milliseconds.

Encode a sentence, interpolate between two, sample, walk from one s to another, transfer a sentence
to another class.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from engine.core.declare import InvalidValue, brief
from engine.core.frame import Answer
from engine.core.method import Method
from engine.core.registry import restore
from engine.core.shipped import open_shipped
from engine.core.snapshot import InvalidSnapshot
from engine.core.streams import stream
from engine.data.text import grammar
from engine.metrics.text_evaluator import text_evaluator
from engine.nn.interpolation import arc

LEVELS = (0.05, 0.1, 0.2)  # standard deviations of the noise around a code
COMPARED = 1000  # training sentences among which the nearest are found
NEAREST = 5
MOST_STEPS = 30
MOST_SAMPLES = 50
NO_TRANSFER = "this run has one decoder for all sentences and cannot move them between classes: start one with transfer"


class SentenceQuestions:
    """The questions. They use what engine/methods/arae/sentence_view.py shows of a run."""

    questions = ("encode", "interpolate", "sample", "walk", "transfer")

    def ask(self, knobs: Any, name: str, values: Mapping[str, Any]) -> Answer:
        """Answer one of `questions`.

        encode {text, class = likeliest}: reconstruction {words, changed}, unknown, nearest [{text,
        distance}], code [x, y], noisy [{sigma, texts}], norm, and on the grammar grammatical and
        sentiment. interpolate {a, b, steps = 7}: texts, codes, grammatical. sample {n = 10, seed =
        0}: texts, grammatical, seen, codes. walk {s_a, s_b: seeds, steps = 7}: texts, codes,
        grammatical. transfer {text, to = the other}: source {words}, to, result {words, changed},
        text, classifier {before, after} (class → p), unknown, code [x, y], and on the grammar slots
        {slot: kept}, grammatical, right.

        With `by`, the name of a shipped run on the same sentences, that run answers instead, and
        the answer has its `step`. Raises InvalidValue, whose message tells what to do.
        """
        if name not in self.questions:
            return super().ask(knobs, name, values)
        self.present()
        if by := values.get("by"):
            other, step = _shipped_run(by if isinstance(by, str) else brief(by))
            if other.setup.corpus != self.corpus.kind:
                raise InvalidValue(f"{by} has learned other sentences than this run")
            return Answer({**getattr(other, f"_ask_{name}")(values), "by": by, "step": step})
        return Answer(getattr(self, f"_ask_{name}")(values))

    def _ask_encode(self, values: Mapping[str, Any]) -> dict[str, Any]:
        ids, unknown = self.corpus.line(values.get("text"))
        y = self._style(values, ids)
        code = self.encode(ids)
        (source,), (back,) = self.corpus.texts(ids), self.corpus.texts(self.decode(code, y))
        codes = self.cached("compared", lambda: self.encode(self.corpus.train.ids[:COMPARED]))
        distance = (codes - code).norm(dim=1)
        order = distance.argsort()[:NEAREST]
        near = self.corpus.texts(self.corpus.train.ids[order])
        g = stream(0, "asked_noise")
        noisy = []
        for sigma in LEVELS:
            around = code + sigma * torch.randn(3, code.shape[1], generator=g)
            noisy.append({"sigma": sigma, "texts": self.corpus.texts(self.decode(around, y.expand(3)))})
        return {
            "source": {"words": source.split()},
            "reconstruction": {"words": back.split(), "changed": changed(source, back)},
            "unknown": unknown,
            "nearest": [{"text": t, "distance": d} for t, d in zip(near, distance[order].tolist())],
            "code": self.project(code)[0].tolist(),
            "noisy": noisy,
            "norm": code.norm().item(),
            **self._parsed(source),
        }

    def _ask_interpolate(self, values: Mapping[str, Any]) -> dict[str, Any]:
        steps = _steps(values)
        a, unknown_a = self.corpus.line(values.get("a"))
        b, unknown_b = self.corpus.line(values.get("b"))
        ends = self.encode(torch.cat([a, b]))
        codes = arc(ends[0], ends[1], steps)
        styles = torch.cat([self._style(values, a), self._style(values, b)])
        y = styles[(torch.linspace(0, 1, steps) > 0.5).long()]
        return self._decoded(codes, y) | {"unknown": unknown_a + unknown_b}

    def _ask_sample(self, values: Mapping[str, Any]) -> dict[str, Any]:
        n = _whole(values, "n", 10, 1, MOST_SAMPLES)
        seed = _whole(values, "seed", 0, 0, 2**53)
        g = stream(seed, "asked")
        s = self.game.draw(n, g)
        y = torch.randint(self.game.styles, (n,), generator=g)
        classes = [self.corpus.classes[k] for k in y.tolist()] if self.game.styles > 1 else []
        return self._decoded(self.sampled(s), y) | {"classes": classes}

    def _ask_walk(self, values: Mapping[str, Any]) -> dict[str, Any]:
        steps = _steps(values)
        seeds = [_whole(values, name, k, 0, 2**53) for k, name in enumerate(("s_a", "s_b"))]
        a, b = (self.game.draw(1, stream(seed, "asked"))[0] for seed in seeds)
        way = arc(a, b, steps)
        y = torch.full((steps,), _whole(values, "class", 0, 0, self.game.styles - 1))
        return self._decoded(self.sampled(way), y)

    def _ask_transfer(self, values: Mapping[str, Any]) -> dict[str, Any]:
        if self.game.styles < 2:
            raise InvalidValue(NO_TRANSFER)
        ids, unknown = self.corpus.line(values.get("text"))
        evaluator = text_evaluator(self.corpus)
        (source,) = self.corpus.texts(ids)
        before = evaluator.probabilities([source])[0]
        if values.get("to") in (None, ""):
            to = int((before.argmax() + 1) % len(before))
        else:
            to = self.corpus.label(values["to"])
        code = self.encode(ids)
        (text,) = self.corpus.texts(self.decode(code, torch.tensor([to])))
        after = evaluator.probabilities([text])[0]
        names = self.corpus.classes
        out = {
            "source": {"words": source.split()},
            "to": names[to],
            "text": text,
            "result": {"words": text.split(), "changed": changed(source, text)},
            "classifier": {"before": dict(zip(names, before.tolist())), "after": dict(zip(names, after.tolist()))},
            "unknown": unknown,
            "code": self.project(code)[0].tolist(),
        }
        if self.corpus.kind == "grammar":
            parsed, parsed_source = grammar.parse(text), grammar.parse(source)
            out |= {
                "grammatical": parsed is not None,
                "right": parsed is not None and parsed.sentiment == to,
                "source_grammatical": parsed_source is not None,
            }
            if parsed_source is not None:
                slots = dict(parsed.slots) if parsed else {}
                out["slots"] = {slot: slots.get(slot) == noun for slot, noun in parsed_source.slots}
        return out

    # -- parts -------------------------------------------------------------------------------------

    def _style(self, values: Mapping[str, Any], ids: Tensor) -> Tensor:
        """The style (1,) to decode a typed sentence in.

        That is the class given, or else the class that the text evaluator finds likeliest.
        """
        if self.game.styles < 2:
            return torch.zeros(1, dtype=torch.long)
        if values.get("class") not in (None, ""):
            return torch.tensor([self.corpus.label(values["class"])])
        return torch.tensor([int(text_evaluator(self.corpus).probabilities(self.corpus.texts(ids))[0].argmax())])

    def _decoded(self, codes: Tensor, y: Tensor) -> dict[str, Any]:
        """What an answer has of codes (N, C) decoded in styles y (N,)."""
        texts = self.corpus.texts(self.decode(codes, y))
        has_grammar = self.corpus.kind == "grammar"
        return {
            "texts": texts,
            "codes": self.project(codes).tolist(),
            "grammatical": [grammar.parse(t) is not None if has_grammar else None for t in texts],
            "seen": [t in self.corpus.seen for t in texts],
        }

    def _parsed(self, text: str) -> dict[str, Any]:
        """On the grammar, whether a sentence is grammatical, and its sentiment."""
        if self.corpus.kind != "grammar":
            return {}
        parsed = grammar.parse(text)
        return {
            "grammatical": parsed is not None,
            "sentiment": None if parsed is None else self.corpus.classes[parsed.sentiment],
        }


@functools.lru_cache(maxsize=4)
def _shipped_run(name: object) -> tuple[Method, int]:
    """The method and the step of a shipped run, kept open to answer again. Raises InvalidValue."""
    try:
        snapshot = open_shipped(name) if isinstance(name, str) else None
        method = restore(snapshot)[0] if snapshot else None
    except InvalidSnapshot as error:
        raise InvalidValue(str(error)) from error
    if not isinstance(method, SentenceQuestions):
        raise InvalidValue(f"{brief(name)} is not a run on sentences")
    return method, snapshot.step


def changed(source: str, text: str) -> list[bool]:
    """For each word of `text`, whether it is new against `source`.

    Words count as the same where they lie in the longest matching runs of words.
    """
    a, b = source.split(), text.split()
    out = [True] * len(b)
    for block in difflib.SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks():
        out[block.b : block.b + block.size] = [False] * block.size
    return out


def _whole(values: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    n = values.get(name, default)
    if isinstance(n, bool) or not isinstance(n, int) or not low <= n <= high:
        raise InvalidValue(f"{name} = {brief(n)} is not allowed: give a whole number from {low} to {high}")
    return n


def _steps(values: Mapping[str, Any]) -> int:
    return _whole(values, "steps", 7, 2, MOST_STEPS)
