"""How good a run of sentences is: reconstruction, transfer, samples.

The numbers of tables 2 and 3 of Zhao, Kim et al. 2017 (arXiv 1706.04223), on this project's data,
and on the grammar those that its parser finds exactly. Everything is measured on held-out
sentences. Two evaluators are trained apart from all models: engine/metrics/text_evaluator.py for
classes, engine/metrics/ngram.py for likelihood.
"""

from __future__ import annotations

import statistics
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from engine.core.frame import Answer
from engine.core.registry import restore
from engine.core.shipped import open_shipped, shipped
from engine.core.streams import stream
from engine.data.text import grammar
from engine.data.text.corpus import SPECIAL, UNKNOWN, Corpus
from engine.methods.arae.questions import changed
from engine.metrics import students_t
from engine.metrics.ngram import NGrams
from engine.metrics.text_evaluator import text_evaluator
from engine.metrics.text_scores import bleu, grammar_scores, token_accuracy

SAMPLES = 5000  # sentences behind shares, perplexity and one reverse perplexity
# Sets of samples behind the reverse perplexity. On reviews the value of one set has a standard
# deviation of 2 %, as much as systems differ by.
SETS = 4
PART = 250  # sentences between two shares of the work
EXAMPLES = 8  # sentences moved by every run of the table

_references: weakref.WeakKeyDictionary[Corpus, NGrams] = weakref.WeakKeyDictionary()


def language_model(texts: Sequence[str], corpus: Corpus, blank: str | None = None) -> Iterator[NGrams | None]:
    """An n-gram model of texts over the corpus's vocabulary. blank: as in NGrams.

    Yields None while it counts, the model last.
    """
    model = NGrams(corpus.words[len(SPECIAL) :] + (SPECIAL[UNKNOWN],), blank=blank)
    for k in range(0, len(texts), PART):
        model.add(texts[k : k + PART])
        yield None
    model.finish()
    yield model


def reference(corpus: Corpus) -> Iterator[NGrams | None]:
    """The language model of the sentences that a corpus sets apart, kept as long as the corpus.

    Held-out real sentences have no unknown words, those set apart often have: the model learns the
    words around these, never an unknown word itself. A result that holds one is unlikely under it.

    Yields None while the model is made, the model last.
    """
    if corpus not in _references:
        model = None
        blank = SPECIAL[UNKNOWN] if corpus.partly else None
        for done in language_model([t for t, _ in corpus.apart + corpus.partly], corpus, blank):
            model = done
            yield None
        _references[corpus] = model
    yield _references[corpus]


def _last(work: Iterator[Any], low: float, high: float, parts: int) -> Iterator[float | Any]:
    """Yields shares between low and high while `work` goes on, then its last value."""
    for k, done in enumerate(work):
        yield low + (high - low) * min(k / max(parts, 1), 1) if done is None else done


def quality(method: Any) -> Iterator[float | Answer]:
    """Shares of the work, then an Answer with these numbers.

    token_accuracy, sentence_accuracy: greedy reconstruction, per cent. With styles
    transfer_accuracy (per cent, by the text evaluator), turned (the same as text, a 1 or 0 for each
    held-out sentence, for paired differences), bleu against the source, product of accuracy and
    bleu as shares, perplexity of the moved sentences; their floors copied_accuracy (sources
    unchanged), shuffled_accuracy and shuffled_bleu (each source given the next one's code); on the
    grammar grammatical, sentiment_right, slots_kept and slot_product (the last two as shares). Of
    5000 samples: sample_perplexity (by a model of sentences apart), distinct, unseen (not among the
    training sentences), on the grammar sample_grammatical, sample_unseen (of the grammatical ones),
    sample_nouns (in use, of all 26). reverse_perplexity: a model of 5000 samples on held-out
    sentences, the mean over four sets of samples; reverse_se: its standard error over the sets;
    reverse_fixed, of a run without a prior: one set, with codes from N(0, I) brought to length 1
    instead of the normal fitted to its codes. real_perplexity: the model of sentences apart on
    held-out ones; judge_accuracy: the text evaluator's on them.
    """
    corpus = method.corpus
    out: dict[str, float | str] = {}
    held, sources = corpus.held, corpus.texts(corpus.held.ids)
    yield 0.0
    back = method.decode(method.encode(held.ids), held.y if method.game.styles > 1 else torch.zeros_like(held.y))
    out["token_accuracy"] = 100 * token_accuracy(held.ids, back)
    out["sentence_accuracy"] = 100 * (held.ids == back).all(1).double().mean().item()
    yield 0.05
    model = None
    for done in _last(reference(corpus), 0.05, 0.4, len(corpus.apart + corpus.partly) // PART):
        if isinstance(done, float):
            yield done
        else:
            model = done
    out["real_perplexity"] = model.perplexity(sources)
    if len(corpus.classes) > 1:
        out["judge_accuracy"] = 100 * float(
            (text_evaluator(corpus).probabilities(sources).argmax(1) == held.y.numpy()).mean()
        )
    if method.game.styles > 1:
        ids, to = method.moved(held.ids, held.y)
        texts = corpus.texts(ids)
        yield 0.45
        right = text_evaluator(corpus).probabilities(texts).argmax(1) == to.numpy()
        out |= {
            "transfer_accuracy": 100 * float(right.mean()),
            "turned": "".join(map(str, right.astype(int))),
            "bleu": bleu(texts, sources),
            "perplexity": model.perplexity(texts),
        }
        out["product"] = out["transfer_accuracy"] * out["bleu"] / 1e4
        # Floors: unchanged sources, and other sentences' codes in the style asked for, which can
        # keep nothing of a source but its class.
        out["copied_accuracy"] = 100 * float(
            (text_evaluator(corpus).probabilities(sources).argmax(1) == to.numpy()).mean()
        )
        others = corpus.texts(method.decode(method.encode(held.ids).roll(1, 0), to))
        right = text_evaluator(corpus).probabilities(others).argmax(1) == to.numpy()
        out |= {"shuffled_accuracy": 100 * float(right.mean()), "shuffled_bleu": bleu(others, sources)}
        if corpus.kind == "grammar":
            out |= grammar_scores(texts, sources, to.tolist())
            out["slot_product"] = out["sentiment_right"] * out["slots_kept"] / 1e4
    for done in _of_prior(method, model, sources):
        if isinstance(done, float):
            yield 0.5 + 0.48 * done
        else:
            out |= done
    yield Answer({k: v if isinstance(v, str) else round(v, 4) for k, v in out.items()})


def _of_prior(method: Any, model: NGrams, sources: Sequence[str]) -> Iterator[float | dict[str, float]]:
    """The numbers of samples: shares of the work, the numbers last."""
    corpus = method.corpus
    g = stream(method.seed, "measured")
    out: dict[str, float] = {}
    # The same draws for all runs; one set more for a plain autoencoder, which has no prior, with
    # the AAE's prior.
    ways = [method.sampled] * SETS + [method.game.prior_codes] * (method.game.prior == "none")
    found: list[float] = []
    for k, codes in enumerate(ways):
        samples: list[str] = []
        s = method.game.draw(SAMPLES, g)
        y = torch.randint(method.game.styles, (SAMPLES,), generator=g)
        for part, style in zip(s.split(PART), y.split(PART)):
            yield (k + 0.7 * len(samples) / SAMPLES) / len(ways)
            samples += corpus.texts(method.decode(codes(part), style))
        if not k:
            out |= _of_samples(samples, corpus) | {"sample_perplexity": model.perplexity(samples)}
        for done in _last(language_model(samples, corpus), (k + 0.7) / len(ways), (k + 1) / len(ways), SAMPLES // PART):
            if isinstance(done, float):
                yield done
            else:
                found.append(done.perplexity(sources))
    if found[SETS:]:
        out["reverse_fixed"] = found.pop()
    yield out | {"reverse_perplexity": statistics.mean(found), "reverse_se": statistics.stdev(found) / SETS**0.5}


def _of_samples(samples: Sequence[str], corpus: Corpus) -> dict[str, float]:
    """The numbers of samples that need no language model."""
    out = {
        "distinct": 100 * len(set(samples)) / len(samples),
        "unseen": 100 * sum(t not in corpus.seen for t in samples) / len(samples),
    }
    if corpus.kind == "grammar":
        grammatical = [(t, parsed) for t in samples if (parsed := grammar.parse(t)) is not None]
        used = {noun for _, parsed in grammatical for _, noun in parsed.slots}
        new = sum(t not in corpus.seen for t, _ in grammatical)
        out |= {
            "sample_grammatical": 100 * len(grammatical) / len(samples),
            "sample_unseen": 100 * new / max(len(grammatical), 1),
            "sample_nouns": float(len(used)),
            "sample_slots": float(len({grammar.SLOT_OF[n] for n in used})),
        }
    return out


@dataclass(frozen=True)
class Gap:
    """By how many points of the same sentences more one system turns than another.

    points: the difference, per cent of the sentences. error: its standard error. half: half the
    width of its 95 % interval. ours, theirs: the training seeds of both. over: what error and
    interval are taken over, "sentences" or "sentences and training".
    """

    points: float
    error: float
    half: float
    ours: tuple[int, ...]
    theirs: tuple[int, ...]

    @property
    def over(self) -> str:
        return "sentences and training" if min(len(self.ours), len(self.theirs)) > 1 else "sentences alone"

    @property
    def clear(self) -> bool:
        """Whether the 95 % interval leaves 0 out."""
        return abs(self.points) > self.half

    @property
    def verdict(self) -> str:
        """In words whether the difference is clear, over what, and of which training seeds."""
        head = "clear" if self.clear else "no clear difference"
        seeds = [", ".join(map(str, seeds)) for seeds in (self.ours, self.theirs)]
        many = "s"[: len(self.ours) > 1]
        return f"{head} over {self.over}; training seed{many} {seeds[0]} against {seeds[1]}"

    def numbers(self) -> dict[str, float | str]:
        """As a row of a table has it."""
        return {
            "turned_gap": self.points,
            "turned_gap_se": self.error,
            "turned_gap_half": self.half,
            "turned_gap_verdict": self.verdict,
        }


def turned_gap(ours: Mapping[int, str], theirs: Mapping[int, str]) -> Gap:
    """By how many points more of the same n sentences one system turns than another.

    ours, theirs: training seed → `turned` of `quality`, for S and S' seeds. Every seed sees every
    sentence, so the design is crossed, and both factors are random. With d the paired differences
    of the sentences, each the mean over seeds, h = 1/S + 1/S', and, pooled over both systems,
    s_a² the variance of the seeds' means and s_e² the mean square of what sentence and seed leave,
    the variance of the difference is

        V = s_d²/n + h·max(0, s_a² − s_e²/n).

    Both s_d²/n and h·s_a² hold h·s_e²/n, which counts once (Cameron, Gelbach & Miller 2011,
    "Robust inference with multiway clustering", eq. 2.11: rows plus columns minus cells). The 95 %
    interval has Student's t with the degrees of freedom of a sum of mean squares (Satterthwaite
    1946, Biometrics Bulletin 2): with two or three seeds 2 standard errors would be too few. Over
    simulated pairs of 489 sentences it holds the true difference in 93 to 98 %. Pooling presumes
    that the seeds of both systems vary alike, or that there are as many: with 2 seeds that vary by
    7 points against 8 that do not, it held it in 65 %.

    With one seed of either system V is s_d²/n: over the sentences alone, for these two trainings.
    Raises ValueError for different sentences.
    """
    a, b = (np.array([[int(hit) for hit in seed] for seed in seeds.values()], float) for seeds in (ours, theirs))
    (S, n), (others, wide) = a.shape, b.shape
    if n != wide:
        raise ValueError(f"{n} sentences cannot be paired with {wide}")
    d = a.mean(0) - b.mean(0)
    of_sentences = d.var(ddof=1) / n
    variance, squares = of_sentences, of_sentences**2 / (n - 1)
    if min(S, others) > 1:
        h, free = 1 / S + 1 / others, S + others - 2
        left = [x - x.mean(0) - x.mean(1, keepdims=True) + x.mean() for x in (a, b)]
        of_cells = h * sum((x**2).sum() for x in left) / free / (n - 1) / n
        of_seeds = h * sum(x.mean(1).var(ddof=0) * len(x) for x in (a, b)) / free
        variance += max(0.0, of_seeds - of_cells)
        squares += of_seeds**2 / free + of_cells**2 / (free * (n - 1))
    quantile = students_t.quantile(variance**2 / squares, 0.975) if variance else 0.0
    error = 100 * float(variance**0.5)
    return Gap(100 * float(d.mean()), error, quantile * error, tuple(ours), tuple(theirs))


def table(method: Any) -> Iterator[float | Answer]:
    """`quality` of this run and of every shipped run of the same corpus, a row each.

    Runs with styles also move the same sentences, and are compared with the plain autoencoder that
    is given the style, by Gap.numbers, of one training seed each. Answer: rows [{name, title,
    numbers}], examples [{source, class, to, outputs: [{name, words, changed}]}].
    """
    corpus = method.corpus
    runs = [("this", type(method).title, method)]
    for entry in shipped():
        if entry.name.startswith(f"{corpus.kind}-"):
            other = restore(open_shipped(entry.name))[0]
            # Runs side by side have no corpus of their own, and are shown as their members.
            if getattr(other, "corpus", None) and other.corpus.words == corpus.words:
                runs.append((entry.name, entry.description, other))
    rows: list[dict[str, Any]] = []
    order = method.probes_of(EXAMPLES)
    ids, y = corpus.held.ids[order], corpus.held.y[order]
    examples = [
        {
            "source": t.split(),
            "class": corpus.classes[k],
            "to": corpus.classes[(k + 1) % len(corpus.classes)],
            "outputs": [],
        }
        for t, k in zip(corpus.texts(ids), y.tolist())
    ]
    for k, (name, title, other) in enumerate(runs):
        for done in quality(other):
            if isinstance(done, float):
                yield (k + done) / len(runs)
            else:
                rows.append({"name": name, "title": title, "numbers": {**done.numbers, "seed": other.seed}})
                _compare(rows)
        if other.game.styles > 1:
            for example, text in zip(examples, corpus.texts(other.moved(ids, y)[0])):
                example["outputs"].append(
                    {"name": name, "words": text.split(), "changed": changed(" ".join(example["source"]), text)}
                )
        yield Answer({"rows": list(rows), "examples": examples})


def _compare(rows: Sequence[dict[str, Any]]) -> None:
    """Add to rows of `table` how many sentences more they turn than the plain autoencoder."""
    plain = next((row["numbers"] for row in rows if row["name"].endswith("-ae-styles")), {})
    for row in rows:
        numbers = row["numbers"]
        if "turned" in numbers and "turned" in plain and not row["name"].endswith("-ae-styles"):
            numbers |= turned_gap(*({of["seed"]: of["turned"]} for of in (numbers, plain))).numbers()
