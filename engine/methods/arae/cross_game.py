"""The networks of a cross-aligned autoencoder and its updates. Shen, Lei, Barzilay, Jaakkola 2017
(arXiv 1705.09655), §4.2 and algorithm 1.

min over E, G of   L_rec − λ·Σ_k L_adv_k,      L_adv_k = max over D_k of  E log D_k(h) + E log(1 −
D_k(h̃))

h are the decoder's hidden states while it is fed a sentence of style k (teacher forcing), h̃ its
states while it feeds itself from the code of a sentence of another style that it decodes in style k
("Professor forcing", Lamb et al. 2016). D_k is a convolution over the states in time. The decoder's
own words are soft, a softmax at a low temperature, so that gradients reach encoder and decoder;
these minimise the non-saturating −log D_k(h̃).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import softplus

from engine.core.streams import stream
from engine.data.text.corpus import END, START
from engine.methods.arae.game import Coders
from engine.methods.arae.networks import NEVER, Decoder, Encoder, trimmed
from engine.nn.dense import dense

SPANS = (2, 3, 4)  # steps that a filter sees
LEAK = 0.2


class Discriminator(nn.Module):
    """D: states (L, B, H) to logits (B,): filters over 2, 3 and 4 steps, their greatest responses,
    one linear layer (Kim 2014).
    """

    def __init__(self, hidden: int, filters: int, generator: Generator) -> None:
        super().__init__()
        self.filters = nn.ModuleList(dense((hidden * span, filters), generator) for span in SPANS)
        self.out = dense((filters * len(SPANS), 1), generator)

    def forward(self, states: Tensor) -> Tensor:
        h = states.transpose(0, 1)  # (B, L, H)
        h = torch.cat([h, h.new_zeros(len(h), max(SPANS) - 1, h.shape[2])], 1)
        seen = [
            nn.functional.leaky_relu(
                f(torch.cat([h[:, k : h.shape[1] - span + 1 + k] for k in range(span)], 2)), LEAK
            ).amax(1)
            for span, f in zip(SPANS, self.filters)
        ]
        return self.out(torch.cat(seen, 1))[:, 0]


class CrossGame(Coders):
    """Encoder, decoder with a style for each class, an adversary a style."""

    streams_of = ("noise", "styles")

    def __init__(self, encoder: Encoder, decoder: Decoder, styles: int, sizes: Mapping[str, int], seed: int) -> None:
        super().__init__(encoder, decoder, sizes["code"], styles)
        g = stream(seed, "critic")
        self.adversaries = nn.ModuleList(Discriminator(sizes["hidden"], sizes["filters"], g) for _ in range(styles))
        self.ready(seed)

    def others(self, y: Tensor) -> Tensor:
        """A style for each sentence that is not its own, drawn from the run's stream: (B,)."""
        return (y + torch.randint(1, self.styles, y.shape, generator=self.streams["styles"])) % self.styles

    def moved_states(self, code: Tensor, to: Tensor, length: int, temperature: float) -> Tensor:
        """Its states (length, B, H) while it feeds itself soft words in the style `to`, 0 after its
        END.
        """
        lstm = self.decoder.lstm
        table, context = lstm.table(), self.decoder.context(code, to) @ lstm.context.t()
        h = c = code.new_zeros(len(code), lstm.hidden)
        x, going, out = table[START].expand(len(code), -1), code.new_ones(len(code), 1), []
        bar = torch.zeros(len(table)).index_fill(0, torch.tensor(NEVER), -1e9)
        for _ in range(length):
            h, c = lstm.cell(x + context, h, c)
            out.append(h * going)
            soft = ((self.decoder.out(h) + bar) / temperature).softmax(1)
            x = soft @ table
            going = going * (soft.argmax(1) != END)[:, None]
        return torch.stack(out)

    def states(self, ids: Tensor, y: Tensor, knobs: Any) -> tuple[Tensor, Tensor, Tensor]:
        """Own and moved states of a batch, and the styles they were moved to."""
        ids, to = trimmed(ids), self.others(y)
        code = self.encoder(ids)
        return self.decoder.states(code, y, ids), self.moved_states(code, to, ids.shape[1], knobs.temperature), to

    def logits(self, states: Tensor, style: Tensor) -> Tensor:
        """Each sentence's states (L, B, H) as its style's adversary sees them: (B,)."""
        out = states.new_zeros(states.shape[1])
        for k, adversary in enumerate(self.adversaries):
            mine = (style == k).nonzero()[:, 0]
            if len(mine):
                out = out.index_put((mine,), adversary(states[:, mine]))
        return out

    def tell(self, ids: Tensor, y: Tensor, knobs: Any, rate: float) -> dict[str, Tensor]:
        """The adversaries descend −log D(h) − log(1 − D(h̃)). Returns loss and the share they get
        right.
        """
        with torch.no_grad():
            own, moved, to = self.states(ids, y, knobs)
        real, fake = self.logits(own, y), self.logits(moved, to)
        loss = softplus(-real).mean() + softplus(fake).mean()
        self.optimisers["adversaries"].step(loss, rate)
        return {"loss": loss.detach(), "right": ((real > 0).double().mean() + (fake <= 0).double().mean()).detach() / 2}

    def align(self, ids: Tensor, y: Tensor, knobs: Any, rate: float) -> dict[str, Tensor]:
        """Encoder and decoder descend −λ·log D(h̃): moved states should look like own ones.

        As in the authors' code they do so only while the adversaries' loss is below `guard`:
        against worse ones there is nothing to learn. Nothing is touched for λ = 0.
        """
        if not knobs.lam2:
            return {}
        own, moved, to = self.states(ids, y, knobs)
        fake = self.logits(moved, to)
        with torch.no_grad():
            told = softplus(-self.logits(own, y)).mean() + softplus(fake).mean()
        loss = softplus(-fake).mean()
        if told < knobs.guard:
            self.descend(knobs.lam2 * loss, ("encoder", "decoder"), rate)
        return {"loss": loss.detach(), "told": told}
