"""Cross-AE, the baseline of unaligned transfer, which aligns the decoder's states across styles.

Shen, Lei, Barzilay, Jaakkola 2017, "Style transfer from non-parallel text by cross-alignment"
(arXiv 1705.09655), §4.2 and algorithm 1:

min over E, G of   L_rec − λ·Σ_k L_adv_k
L_adv_k = max over D_k of   E log D_k(h) + E log(1 − D_k(h̃))

h are the decoder's hidden states while it is fed a sentence of style k (teacher forcing), h̃ its
states while it feeds itself from the code of a sentence of another style that it decodes in style k
("Professor forcing", Lamb et al. 2016). D_k is a convolution over the states in time. The words
that the decoder feeds itself are soft, a softmax at a low temperature, so that gradients reach
encoder and decoder; these minimise the non-saturating −log D_k(h̃).

Encoder, decoder and corpora are the ARAE's (engine/methods/arae/arae.py), so that the two can be
compared; codes have norm 1 here too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import softplus

from engine.core.declare import InvalidValue, number, whole
from engine.core.phased import Look
from engine.core.registry import register
from engine.core.streams import stream
from engine.data.text.corpus import END, START
from engine.methods.arae.game import SphericalAutoencoder, sentence_autoencoder
from engine.methods.arae.knobs import AutoencoderKnobs, classifier_rate, trained_phases, transfer_weight
from engine.methods.arae.networks import NEVER, Decoder, Encoder, trimmed
from engine.methods.arae.sentence_run import SentenceRun, SentenceSetup
from engine.nn.dense import dense

SPANS = (2, 3, 4)  # steps that a filter sees
LEAK = 0.2  # slope of the leaky ReLU
UPDATES = {"all": "All phases", "ae": "Autoencoder only", "critic": "Adversaries only", "game": "Alignment only"}


@dataclass(frozen=True)
class CrossSetup(SentenceSetup):
    """Corpus and sizes; every class is a style."""

    filters: int = whole(
        32, 4, 128, symbol="n_D", label="Filters", help="Filters of each width of an adversary", step=4
    )


@dataclass(frozen=True)
class CrossKnobs(AutoencoderKnobs):
    """What may change while a Cross-AE trains."""

    lam2: float = transfer_weight(
        "Weight of the adversaries in what encoder and decoder descend; 0 is a plain autoencoder with styles", 0.02
    )
    temperature: float = number(
        0.001,
        0.0001,
        2,
        0,
        scale="log",
        symbol="γ",
        label="temperature",
        help="Softness of the words the decoder feeds itself while it is aligned",
    )
    guard: float = number(
        1.2,
        0,
        3,
        0.05,
        symbol="L_max",
        label="guard",
        unit="nats",
        help="Alignment waits while the adversaries' loss is above this; guessing costs 2 ln 2 = 1.386",
    )
    critic_steps: int = whole(1, 1, 5, symbol="k_D", label="adversary steps", help="Updates of the adversaries a step")
    rate_f: float = classifier_rate("rate of D", "η_D", "Adam's rate for the adversaries", 5e-4)
    update: str = trained_phases(UPDATES)


class Discriminator(nn.Module):
    """D: states (L, B, H) to logits (B,).

    Filters over 2, 3 and 4 steps, the greatest response of each over time, one linear layer
    (Kim 2014).
    """

    def __init__(self, hidden: int, filters: int, generator: Generator) -> None:
        super().__init__()
        self.filters = nn.ModuleList(dense((hidden * span, filters), generator) for span in SPANS)
        self.out = dense((filters * len(SPANS), 1), generator)

    def forward(self, states: Tensor) -> Tensor:
        h = states.transpose(0, 1)  # (B, L, H)
        h = torch.cat([h, h.new_zeros(len(h), max(SPANS) - 1, h.shape[2])], 1)
        length = states.shape[0] + max(SPANS) - 1
        responses = []
        for span, filters in zip(SPANS, self.filters):
            windows = torch.cat([h[:, k : length - span + 1 + k] for k in range(span)], 2)
            responses.append(nn.functional.leaky_relu(filters(windows), LEAK).amax(1))
        return self.out(torch.cat(responses, 1))[:, 0]


class CrossGame(SphericalAutoencoder):
    """Encoder, decoder with a style for each class, and a discriminator for each style.

    The discriminators are called `adversaries` in states and snapshots.
    """

    streams_of = ("noise", "styles")

    def __init__(self, encoder: Encoder, decoder: Decoder, styles: int, sizes: Mapping[str, int], seed: int) -> None:
        super().__init__(encoder, decoder, sizes["code"], styles)
        g = stream(seed, "critic")
        self.adversaries = nn.ModuleList(Discriminator(sizes["hidden"], sizes["filters"], g) for _ in range(styles))
        self.ready(seed)

    def others(self, y: Tensor) -> Tensor:
        """For each sentence a style other than its own, drawn from the run's stream: (B,)."""
        return (y + torch.randint(1, self.styles, y.shape, generator=self.streams["styles"])) % self.styles

    def moved_states(self, code: Tensor, to: Tensor, length: int, temperature: float) -> Tensor:
        """States (length, B, H) of the decoder while it feeds itself soft words in the style `to`.

        0 after its END.
        """
        lstm = self.decoder.lstm
        table = lstm.table()
        context = self.decoder.context(code, to) @ lstm.context.t()
        h = c = code.new_zeros(len(code), lstm.hidden)
        x = table[START].expand(len(code), -1)
        going = code.new_ones(len(code), 1)
        states = []
        bar = torch.zeros(len(table)).index_fill(0, torch.tensor(NEVER), -1e9)
        for _ in range(length):
            h, c = lstm.cell(x + context, h, c)
            states.append(h * going)
            soft = ((self.decoder.out(h) + bar) / temperature).softmax(1)
            x = soft @ table
            going = going * (soft.argmax(1) != END)[:, None]
        return torch.stack(states)

    def states(self, ids: Tensor, y: Tensor, knobs: CrossKnobs) -> tuple[Tensor, Tensor, Tensor]:
        """Own and moved states (L, B, H) of a batch, and the styles (B,) they were moved to."""
        ids = trimmed(ids)
        to = self.others(y)
        code = self.encoder(ids)
        return self.decoder.states(code, y, ids), self.moved_states(code, to, ids.shape[1], knobs.temperature), to

    def logits(self, states: Tensor, style: Tensor) -> Tensor:
        """Logits (B,) of states (L, B, H), each by the discriminator of its style."""
        out = states.new_zeros(states.shape[1])
        for k, discriminator in enumerate(self.adversaries):
            mine = (style == k).nonzero()[:, 0]
            if len(mine):
                out = out.index_put((mine,), discriminator(states[:, mine]))
        return out

    def discriminate(self, ids: Tensor, y: Tensor, knobs: CrossKnobs, rate: float) -> dict[str, Tensor]:
        """The discriminators descend −log D(h) − log(1 − D(h̃)).

        Returns the loss and the share they get right.
        """
        with torch.no_grad():
            own, moved, to = self.states(ids, y, knobs)
        real, fake = self.logits(own, y), self.logits(moved, to)
        loss = softplus(-real).mean() + softplus(fake).mean()
        self.optimisers["adversaries"].step(loss, rate)
        right = (real > 0).double().mean() + (fake <= 0).double().mean()
        return {"loss": loss.detach(), "right": right.detach() / 2}

    def align(self, ids: Tensor, y: Tensor, knobs: CrossKnobs, rate: float) -> dict[str, Tensor]:
        """Encoder and decoder descend −λ·log D(h̃): moved states should look like own ones.

        As in the authors' code they do so only while the discriminators' loss is below `guard`: the
        gradients of worse discriminators teach nothing. λ = 0 changes nothing.

        Returns `loss` and `told`, the discriminators' own loss; nothing for λ = 0.
        """
        if not knobs.lam2:
            return {}
        own, moved, to = self.states(ids, y, knobs)
        fake = self.logits(moved, to)
        with torch.no_grad():
            discriminator_loss = softplus(-self.logits(own, y)).mean() + softplus(fake).mean()
        loss = softplus(-fake).mean()
        if discriminator_loss < knobs.guard:
            self.descend(knobs.lam2 * loss, ("encoder", "decoder"), rate)
        return {"loss": loss.detach(), "told": discriminator_loss}


@register
class CrossAE(SentenceRun):
    """Cross-AE of sentences.

    Streams of the seed: those of the ARAE, and styles (which a sentence is moved to).
    """

    name = "cross-ae"
    title = "Cross-aligned autoencoder of sentences"
    Setup, Knobs = CrossSetup, CrossKnobs
    default_steps = 3000
    batches = False
    phases = ("reconstruction", "critic", "adversarial")
    quick_metrics = ("loss_ae", "loss_f", "code_variance", "noise_now")
    # At the default ema the running mean differs only after many updates. The first discriminators'
    # loss is above the default guard, so lam2 would not act. noise = 0 stays 0 under halving.
    companions = {"ema": {"ema": 0.1}, "lam2": {"guard": 3}, "anneal": {"noise": 0.1}}
    contract_setup = {"sentences": 200, "code": 16, "embedding": 8, "hidden": 16, "filters": 4, "batch": 8}

    @classmethod
    def make_knobs(cls, setup: CrossSetup, values: Mapping[str, Any] | None = None) -> CrossKnobs:
        return CrossKnobs.of({"noise": 0, **(values or {})})  # as in the paper

    def build(self) -> CrossGame:
        if len(self.corpus.classes) < 2:
            raise InvalidValue(
                f"a Cross-AE needs at least two classes, these sentences have one ({self.corpus.classes[0]}): "
                f"add a column label"
            )
        styles = len(self.corpus.classes)
        sizes = self.setup.to_dict()
        encoder, decoder = sentence_autoencoder(len(self.corpus.words), styles, sizes, self.seed)
        return CrossGame(encoder, decoder, styles, sizes, self.seed)

    def train(self, knobs: CrossKnobs, step: int) -> Iterator[tuple[str, Look]]:
        game, size = self.game, self.setup.batch
        decay = knobs.decay(step)
        if knobs.update in ("all", "ae"):
            ids, y = self.batch(size)
            loss, code, logits = game.reconstruct(ids, y, knobs.sigma(step), knobs.rate_ae * decay)
            yield "reconstruction", self.view_reconstruction(loss, ids, y, code, logits, knobs.sigma(step))
        if knobs.update in ("all", "critic"):
            for _ in range(knobs.critic_steps):
                seen = game.discriminate(*self.batch(size), knobs, knobs.rate_f * decay)
            yield "critic", lambda: ({k: v.item() for k, v in seen.items()}, {})
        if knobs.update in ("all", "game"):
            ids, y = self.batch(size)
            aligned = game.align(ids, y, knobs, knobs.rate_ae * decay)
            yield "adversarial", self.view_adversarial(aligned, None, ids, y)
