"""What a run of sentences shows: numbers, both clouds of codes, reconstructions, samples.

Sentences and codes that are shown come from the running means of the weights, losses from the
weights themselves. Nothing here draws from the generators that training uses. Which sentences and
which s are shown is fixed for the life of a run. Questions are answered in
engine/methods/arae/questions.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.core.diverged import drawable, or_nan
from engine.core.frame import Answer
from engine.core.phased import Look
from engine.core.streams import stream
from engine.data.text import grammar
from engine.data.text.corpus import END, PAD
from engine.methods.arae.networks import word_loss
from engine.methods.arae.quality import quality, table
from engine.methods.arae.questions import SentenceQuestions
from engine.metrics.text_evaluator import text_evaluator
from engine.metrics.text_scores import token_accuracy

CLOUD = 256  # codes of either cloud
PROBES = 8  # held-out sentences shown
SAMPLES = 12  # samples shown
CHECKED = 256  # held-out sentences behind token and transfer accuracy
FITTED = 1024  # training codes behind the normal that stands for a plain autoencoder's prior
SPREAD = 0.4  # standard deviation of a coordinate in the plane, for codes uniform on the sphere
EDGE = 1.18  # largest absolute coordinate in the plane


class SentenceView(SentenceQuestions):
    """Metrics and layers of a method with `corpus`, `game`, `setup` and `seed`."""

    quick_metrics = ("loss_ae", "wasserstein", "loss_f", "loss_g", "loss_u", "code_variance", "noise_now")
    slow_metrics = ("token_accuracy", "grammatical", "transfer_accuracy")
    slow_knobs = ()
    frame_layers = ("codes_real", "codes_prior", "probe_out", "probe_to", "samples", "sample_marks")
    scene_layers = ("codes_class", "codes_tokens", "probe_in", "words")
    scene_knobs = ()
    measures: Mapping[str, str] = {
        "quality": "Reconstruction, transfer and samples",
        "table": "This run beside the included ones",
    }
    slow_layers: Mapping[str, float] = {"probe_out": 0.25, "probe_to": 0.25, "samples": 0.25, "sample_marks": 0.25}

    pace = 4.0  # few frames are enough: in the browser codes glide from frame to frame

    changes = 0  # of the state so far, by which `cached` knows what is out of date

    def prepare_view(self) -> None:
        """Fix what is shown. Called once the corpus and the game are there."""
        held = self.corpus.held
        g = stream(self.seed, "look")
        order = torch.randperm(len(held), generator=g)
        self.checked = held.ids[order[:CHECKED]]
        self.checked_y = held.y[order[:CHECKED]]
        train = torch.randperm(len(self.corpus.train), generator=g)[: 2 * CLOUD]
        self.cloud = self.corpus.train.ids[train]
        self.cloud_y = self.corpus.train.y[train]
        self.order = order
        self.probes = self.probes_of(PROBES)
        self.look_s = self.game.draw(2 * CLOUD, stream(self.seed, "look_s"))
        self.look_style = torch.randint(self.game.styles, (2 * CLOUD,), generator=stream(self.seed, "look_style"))
        self.plane = (
            torch.linalg.qr(torch.randn(self.game.code, 2, generator=stream(self.seed, "projection")))[0]
            * SPREAD
            * self.game.code**0.5
        )
        self._cache: dict[str, tuple[int, Any]] = {}

    def probes_of(self, n: int) -> Tensor:
        """n fixed held-out sentences whose classes take turns: (n,)."""
        return self.order[_balanced(self.corpus.held.y[self.order], n)]

    def cached(self, name: str, work: Callable[[], Any]) -> Any:
        """What `work` returns for the present state; it is called once for each state."""
        if name not in self._cache or self._cache[name][0] != self.changes:
            self._cache[name] = self.changes, work()
        return self._cache[name][1]

    # -- codes and sentences of the running means --------------------------------------------------

    @torch.no_grad()
    def encode(self, ids: Tensor) -> Tensor:
        """Codes (N, C) by the running mean of the encoder."""
        return torch.cat([self.game.mean["encoder"](part) for part in ids.split(500)])

    @torch.no_grad()
    def decode(self, codes: Tensor, y: Tensor) -> Tensor:
        """Sentences (N, most + 1) by the running mean of the decoder, greedily."""
        return torch.cat(
            [self.game.mean["decoder"].greedy(c, k, self.corpus.most) for c, k in zip(codes.split(500), y.split(500))]
        )

    @torch.no_grad()
    def sampled(self, s: Tensor) -> Tensor:
        """Codes (N, C) of samples from s (N, S).

        The prior's codes, or for a plain autoencoder those of the normal fitted to training codes
        (mean, covariance).
        """
        if self.game.prior != "none":
            return self.game.prior_codes(s, mean=True)
        mean, root = self.cached("normal", self._normal)
        return F.normalize(mean + s @ root.t(), dim=1)

    def _normal(self) -> tuple[Tensor, Tensor]:
        codes = drawable(self.encode(self.corpus.train.ids[:FITTED])).double()
        centred = codes - codes.mean(0)
        values, vectors = torch.linalg.eigh(centred.t() @ centred / len(codes))
        return codes.mean(0).float(), (vectors * values.clamp_min(0).sqrt()).float()

    def project(self, codes: Tensor) -> Tensor:
        """Codes in the plane, (N, 2)."""
        return (codes @ self.plane).clamp(-EDGE, EDGE)

    # -- numbers -----------------------------------------------------------------------------------

    @torch.no_grad()
    def metrics(self, knobs: Any, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        """Numbers of the run now.

        loss_ae: nats a word of held-out sentences under teacher forcing, without noise.
        wasserstein: E f(enc x) − E f(g(s)). loss_f, loss_g: what critic and generator minimise,
        without penalty. loss_u: cross-entropy of the classifier of codes, nats. code_variance: sum
        of the variances of real codes' coordinates (at most 1 on the sphere; 0 is collapse),
        code_variance.prior: of the prior's. noise_now: σ.

        token_accuracy: per cent of the words of held-out sentences that their greedy reconstruction
        has at the same place. grammatical: per cent of samples (grammar only). transfer_accuracy:
        per cent of held-out sentences that the text evaluator takes for the class they were moved
        to.
        """
        if self.corpus is None:
            return [{}]
        wanted = set(self.quick_metrics + self.slow_metrics if names is None else names)
        out: dict[str, float] = {}
        if wanted & set(self.quick_metrics):
            out |= self.quick(knobs)
        if "token_accuracy" in wanted:
            out["token_accuracy"] = or_nan(self._token_accuracy)
        if "grammatical" in wanted and self.corpus.kind == "grammar":
            out["grammatical"] = or_nan(self._grammatical)
        if "transfer_accuracy" in wanted and self.game.styles > 1:
            out["transfer_accuracy"] = or_nan(self._transfer_accuracy)
        return [{k: v for k, v in out.items() if k.split(".")[0] in wanted}]

    def _token_accuracy(self) -> float:
        return 100 * token_accuracy(self.checked, self.decode(self.encode(self.checked), self.checked_y))

    def _grammatical(self) -> float:
        texts = self.corpus.texts(self.decode(self.sampled(self.look_s), self.look_style))
        return 100 * sum(grammar.parse(t) is not None for t in texts) / len(texts)

    def _transfer_accuracy(self) -> float:
        moved, to = self.moved(self.checked, self.checked_y)
        p = text_evaluator(self.corpus).probabilities(self.corpus.texts(moved))
        return 100 * float((p.argmax(1) == to.numpy()).mean())

    def quick(self, knobs: Any) -> dict[str, float]:
        """The numbers that come with every frame."""
        game = self.game
        ids, y = self.checked[:64], self.checked_y[:64]
        code = game.encoder(ids)
        out = {
            "loss_ae": word_loss(game.decoder(code, y, ids), ids).item(),
            "code_variance": spread(game.encoder(self.cloud[:CLOUD])),
            "noise_now": knobs.sigma(self.game.updates),
        }
        if game.f is not None:
            fake = game.prior_codes(self.look_s[:CLOUD])
            real, prior = game.f(code).mean().item(), game.f(fake).mean().item()
            out |= {
                "wasserstein": real - prior,
                "loss_f": prior - real,
                "loss_g": -prior,
                "code_variance.prior": spread(fake),
            }
        if hasattr(game, "adversaries"):  # the discriminators of Cross-AE
            to = (y + 1) % game.styles
            own = game.decoder.states(code, y, ids)
            moved = game.moved_states(code, to, ids.shape[1], knobs.temperature)
            out["loss_f"] = (F.softplus(-game.logits(own, y)).mean() + F.softplus(game.logits(moved, to)).mean()).item()
        if game.u is not None:
            out["loss_u"] = F.cross_entropy(game.u(code), y).item()
        return out

    def moved(self, ids: Tensor, y: Tensor, to: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Sentences of class y decoded in another style, and the class each was moved to.

        That is the next class where `to` is not given.
        """
        to = (y + 1) % self.game.styles if to is None else to
        return self.decode(self.encode(ids), to), to

    def measure(self, knobs: Any, name: str, values: Mapping[str, Any]) -> Iterator[float | Answer]:
        """The measurements `quality` and `table`, see engine/methods/arae/quality.py."""
        if name not in self.measures:
            yield from super().measure(knobs, name, values)
        self.present()
        yield from (quality if name == "quality" else table)(self)

    # -- layers ------------------------------------------------------------------------------------

    def layers(self, knobs: Any, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Arrays to draw.

        codes_real, codes_prior: float32 (256, 2), within ±1.2 of a fixed random plane. codes_class:
        uint8 (256,), of codes_real; codes_tokens: their sentences.

        Sentences are token ids, float32 (n, L), −1 after the end. probe_in: 8 held-out sentences;
        probe_out: their reconstructions; probe_to: the same in the style of the next class (without
        transfer as probe_out). samples: 12 samples, decoded from the first of codes_prior;
        sample_marks: uint8 (12, 2), whether each is grammatical (255: there is no grammar) and
        whether it is among the training sentences. words: a JSON object {words, knows, frequent
        (ids of those to type, the most frequent first), classes, most, probes, probe_class, size,
        sample_class} as uint8.
        """
        if self.corpus is None:
            return {}
        return {name: getattr(self, f"_layer_{name}")() for name in names}

    def _layer_codes_real(self) -> np.ndarray:
        return self.project(self.encode(self.cloud[:CLOUD])).float().numpy()

    def _layer_codes_prior(self) -> np.ndarray:
        return self.project(self.sampled(self.look_s[:CLOUD])).float().numpy()

    def _layer_codes_class(self) -> np.ndarray:
        return self.cloud_y[:CLOUD].to(torch.uint8).numpy()

    def _layer_probe_out(self) -> np.ndarray:
        held = self.corpus.held
        return shown(self.decode(self.encode(held.ids[self.probes]), held.y[self.probes]))

    def _layer_probe_to(self) -> np.ndarray:
        held = self.corpus.held
        return shown(self.moved(held.ids[self.probes], held.y[self.probes])[0])

    def _samples(self) -> Tensor:
        return self.cached(
            "samples", lambda: self.decode(self.sampled(self.look_s[:SAMPLES]), self.look_style[:SAMPLES])
        )

    def _layer_samples(self) -> np.ndarray:
        return shown(self._samples())

    def _layer_sample_marks(self) -> np.ndarray:
        texts = self.corpus.texts(self._samples())
        has_grammar = self.corpus.kind == "grammar"
        return np.array(
            [(grammar.parse(t) is not None if has_grammar else 255, t in self.corpus.seen) for t in texts], np.uint8
        )

    def _layer_codes_tokens(self) -> np.ndarray:
        return shown(self.cloud[:CLOUD])

    def _layer_probe_in(self) -> np.ndarray:
        return shown(self.corpus.held.ids[self.probes])

    def _layer_words(self) -> np.ndarray:
        held = self.corpus.held
        description = {
            "words": self.corpus.words,
            "knows": self.corpus.knows,
            "frequent": [self.corpus.index[w] for w in self.corpus.frequent],
            "classes": self.corpus.classes,
            "most": self.corpus.most,
            "probes": self.corpus.texts(held.ids[self.probes]),
            "probe_class": held.y[self.probes].tolist(),
            "size": len(self.corpus.train),
            "sample_class": self.look_style[:SAMPLES].tolist(),
        }
        return np.frombuffer(json.dumps(description, ensure_ascii=False).encode(), np.uint8)

    # -- phases ------------------------------------------------------------------------------------

    def view_reconstruction(
        self, loss: Tensor, ids: Tensor, y: Tensor, code: Tensor, logits: Tensor, sigma: float
    ) -> Look:
        """The phase of the autoencoder.

        Layers: before, after (4, L) token ids of sentences and of the likeliest next words under
        teacher forcing; codes and codes_after (64, 2); classes (64,).
        """

        @torch.no_grad()
        def look() -> tuple[dict[str, float], dict[str, np.ndarray]]:
            after = self.game.encoder(ids)
            real = ids != PAD
            predicted = torch.full_like(ids, PAD).masked_scatter(real, logits.argmax(1))[:4]
            right = (logits.argmax(1) == ids[real]).double().mean().item()
            return {"loss": loss.item(), "right": 100 * right, "sigma": sigma}, {
                "before": shown(ids[:4]),
                "after": shown(predicted),
                "codes": self.project(code[:64]).numpy(),
                "codes_after": self.project(after[:64]).numpy(),
                "classes": y[:64].to(torch.uint8).numpy(),
            }

        return look

    def view_critic(self, seen: Mapping[str, Tensor], real: Tensor) -> Look:
        """The phase of the critic.

        Layers: real and prior (64, 3): x, y and f after its last update.
        """

        @torch.no_grad()
        def look() -> tuple[dict[str, float], dict[str, np.ndarray]]:
            numbers = {k: seen[k].item() for k in ("loss", "wasserstein", "penalty")}
            return numbers, {
                name: torch.cat([self.project(c), self.game.f(c)], 1)[:64].numpy()
                for name, c in (("real", real), ("prior", seen["fake"]))
            }

        return look

    def view_classifier(self, loss: Tensor, right: Tensor, code: Tensor, y: Tensor) -> Look:
        """The phase of the classifier.

        Layers: codes (64, 3): x, y and u's probability of the sentence's own class; classes (64,).
        """

        @torch.no_grad()
        def look() -> tuple[dict[str, float], dict[str, np.ndarray]]:
            p = self.game.u(code).softmax(1)[torch.arange(len(y)), y]
            return {"loss": loss.item(), "right": 100 * right.item()}, {
                "codes": torch.cat([self.project(code), p[:, None]], 1)[:64].numpy(),
                "classes": y[:64].to(torch.uint8).numpy(),
            }

        return look

    def view_adversarial(self, misled: Mapping[str, Tensor], loss: Tensor | None, ids: Tensor, y: Tensor) -> Look:
        """The phase of encoder and generator, or of Cross-AE's alignment.

        misled: the encoder's terms and codes before its update. loss: the generator's, if there is
        one.

        Layers: codes and codes_after (64, 2): before and after the encoder's update; classes (64,);
        prior_after (64, 2): g's codes after its update.
        """

        @torch.no_grad()
        def look() -> tuple[dict[str, float], dict[str, np.ndarray]]:
            after = self.game.encoder(ids)
            before = misled.get("code", after)
            numbers = {k: misled[k].item() for k in ("f", "flip", "loss", "told") if k in misled}
            numbers["moved"] = (after - before).norm(dim=1).mean().item()
            if loss is not None:
                numbers["loss_g"] = loss.item()
            layers = {
                "codes": self.project(before[:64]).numpy(),
                "codes_after": self.project(after[:64]).numpy(),
                "classes": y[:64].to(torch.uint8).numpy(),
            }
            if self.game.f is not None:
                layers["prior_after"] = self.project(self.game.prior_codes(self.look_s[:64])).numpy()
            return numbers, layers

        return look


def spread(codes: Tensor) -> float:
    """Sum of the variances of the coordinates of codes (N, C)."""
    return codes.var(0, unbiased=False).sum().item()


def shown(ids: Tensor) -> np.ndarray:
    """Token ids (N, L + 1) as float32 (N, L) without END, −1 after the last word."""
    return ids.masked_fill((ids == PAD) | (ids == END), -1).float().numpy()[:, :-1]


def _balanced(y: Tensor, n: int) -> Tensor:
    """n positions in y whose classes take turns."""
    rank = torch.empty(len(y), dtype=torch.long)
    for k in y.unique().tolist():
        rank[y == k] = torch.arange(int((y == k).sum())) * 100 + k
    return rank.argsort()[:n]
