"""The networks of an ARAE and the updates of a step. Zhao, Kim et al. 2017 (arXiv 1706.04223),
algorithms 1 and 2.

min over φ, ψ, θ of   L_rec(φ, ψ) + λ₁·W(P_Q, P_Z) + λ₂·L_flip(φ, u),      W = max over 1-Lipschitz
f of E f(enc x) − E f(g(s))

A code c = enc(x) lies on the unit sphere, and so does g(s). The encoder has one Adam for all its
updates: its moments see every loss, so λ₁ and λ₂ weigh them against each other as in the objective
(an Adam of its own would cancel a loss's weight).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from engine.core.streams import stream
from engine.methods.arae.networks import Decoder, Encoder, unit, word_loss
from engine.nn.dense import Adam, dense, load_parameters, named
from engine.nn.gan_losses import between, gradient_norm_penalty

BETAS = (0.5, 0.9)  # of g and f, after Gulrajani et al. 2017
PRIORS = {"none": "AE: no prior", "gaussian": "AAE: fixed prior N(0, I)", "learned": "ARAE: learned prior g(s)"}
STREAMS = ("prior", "noise", "mix")


class Coders(nn.Module):
    """Encoder φ and decoder ψ with their running means, optimisers and streams; what Cross-AE and
    ARAE share.

    encoder(x) gives codes (B, code) of norm 1, decoder(code, y, x) logits. A subclass adds networks
    before it calls `ready`.
    """

    prior, streams_of = "none", STREAMS

    def __init__(self, encoder: nn.Module, decoder: nn.Module, code: int, styles: int) -> None:
        super().__init__()
        self.encoder, self.decoder, self.code, self.styles, self.s = encoder, decoder, code, styles, code
        self.f = self.g = self.u = None  # networks only some have

    def ready(self, seed: int) -> None:
        """Make running means, optimisers and streams of the networks there are."""
        self.mean = nn.ModuleDict(
            {k: copy.deepcopy(m) for k, m in self.named_children() if k in ("encoder", "decoder", "g")}
        )
        self.mean.requires_grad_(False)
        self.weights = named(**{k: m for k, m in self.named_children() if k != "mean"})
        self.means = named(mean=self.mean)
        self.optimisers = {
            k: Adam(k, named(**{k: m}), *([] if k in ("encoder", "decoder", "u") else [BETAS]))
            for k, m in self.named_children()
            if k != "mean"
        }
        self.streams = {name: stream(seed, name) for name in self.streams_of}
        self.updates = 0

    def loss(self, logits: Tensor, x: Tensor) -> Tensor:
        """L_rec of the decoder's logits; for sentences nats a word."""
        return word_loss(logits, x)

    def reconstruct(self, x: Tensor, y: Tensor, sigma: float, rate: float) -> tuple[Tensor, Tensor, Tensor]:
        """Encoder and decoder descend L_rec at codes with noise N(0, σ²) a coordinate. Returns
        loss, codes, logits.
        """
        code = self.encoder(x)
        noisy = code + sigma * torch.randn(code.shape, generator=self.streams["noise"]) if sigma else code
        logits = self.decoder(noisy, y, x)
        loss = self.loss(logits, x)
        self.descend(loss, ("encoder", "decoder"), rate)
        return loss.detach(), code.detach(), logits.detach()

    def descend(self, loss: Tensor, sides: Sequence[str], rate: float) -> None:
        """One step of several optimisers from one backward pass."""
        parameters = [list(self.optimisers[side].parameters.values()) for side in sides]
        gradients = iter(torch.autograd.grad(loss, [p for part in parameters for p in part]))
        for side, part in zip(sides, parameters):
            self.optimisers[side].descend([next(gradients) for _ in part], rate)

    def draw(self, n: int, generator: Generator) -> Tensor:
        """What the prior starts from: s (n, S) ~ N(0, I), of the code's own dimension where there
        is no g.
        """
        return torch.randn(n, self.s, generator=generator)

    def prior_codes(self, s: Tensor, mean: bool = False) -> Tensor:
        """Codes (n, C) of norm 1 from s: g(s), or s itself for the fixed prior. mean: by the
        running mean of g.
        """
        return unit(s) if self.g is None else unit((self.mean["g"] if mean else self.g)(s))

    @torch.no_grad()
    def follow(self, ema: float) -> None:
        """The running means move towards the weights; early weights are soon worth nothing, so the
        mean is short at first.
        """
        self.updates += 1
        share = 1 - min(ema, self.updates / (10 + self.updates))
        torch._foreach_lerp_(
            list(self.means.values()), [self.weights[k.removeprefix("mean.")] for k in self.means], share
        )

    # -- state -------------------------------------------------------------------------------------------------------

    def parts(self) -> dict[str, Tensor]:
        """Everything training needs to go on, by name."""
        out = {k: p.detach().clone() for k, p in (self.weights | self.means).items()}
        for optimiser in self.optimisers.values():
            out |= optimiser.state()
        return (
            out
            | {f"generator.{k}": g.get_state() for k, g in self.streams.items()}
            | {"updates": torch.tensor(self.updates)}
        )

    def take(self, state: Mapping[str, Tensor]) -> None:
        """Take up what `parts` gave. A shipped state leaves out weights whose running mean it has:
        the mean stands for them.
        """
        load_parameters(self.means, state)
        load_parameters(
            self.weights, {k: state[k if k in state or f"mean.{k}" not in state else f"mean.{k}"] for k in self.weights}
        )
        for optimiser in self.optimisers.values():
            optimiser.load(state)
        for k, g in self.streams.items():
            g.set_state(state[f"generator.{k}"].clone())
        self.updates = int(state["updates"])


class ARAEGame(Coders):
    """With generator g (θ), critic f (w) and classifier u, as far as prior and styles ask for them.

    prior: one of PRIORS. styles: classes of u and styles of the decoder; 1 means no transfer. s,
    width: dimensions of s, units of g, f and u.
    """

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, prior: str, styles: int, sizes: Mapping[str, int], seed: int
    ) -> None:
        c, w = sizes["code"], sizes["width"]
        super().__init__(encoder, decoder, c, styles)
        self.prior = prior
        if prior != "none":
            self.f = dense((c, w, w, 1), stream(seed, "critic"), leak=0.2)
        if prior == "learned":
            self.s = sizes["s"]
            self.g = dense((self.s, w, w, c), stream(seed, "generator"))
        if styles > 1:
            self.u = dense((c, w, styles), stream(seed, "classifier"))
        self.ready(seed)

    def criticise(self, real: Tensor, knobs: Any, rate: float) -> dict[str, Tensor]:
        """f descends −E f(real) + E f(prior) for one batch of codes (B, C), 1-Lipschitz by a
        gradient penalty or by clipping.
        """
        with torch.no_grad():
            fake = self.prior_codes(self.draw(len(real), self.streams["prior"]))
        out = self.f(torch.cat([real, fake]))[:, 0]
        wasserstein = out[: len(real)].mean() - out[len(real) :].mean()
        loss, lipschitz = -wasserstein, torch.zeros(())
        if knobs.penalty == "gp" and knobs.gp:
            share = torch.rand(len(real), 1, generator=self.streams["mix"])
            lipschitz = gradient_norm_penalty(lambda c: self.f(c)[:, 0], between(real, fake, share))
            loss = loss + knobs.gp * lipschitz
        self.optimisers["f"].step(loss, rate)
        if knobs.penalty == "clip":
            with torch.no_grad():
                for p in self.f.parameters():
                    p.clamp_(-knobs.clip, knobs.clip)
        return {"loss": loss.detach(), "wasserstein": wasserstein.detach(), "penalty": lipschitz.detach(), "fake": fake}

    def classify(self, code: Tensor, y: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        """u descends −log p_u(y | c) at codes that do not move. Returns loss and the share it gets
        right.
        """
        logits = self.u(code)
        loss = F.cross_entropy(logits, y)
        self.optimisers["u"].step(loss, rate)
        return loss.detach(), (logits.argmax(1) == y).double().mean()

    def flip(self, code: Tensor, y: Tensor) -> Tensor:
        """What the encoder minimises against u: −log p_u(1 − y | c) for two classes; for more the
        cross-entropy to the uniform distribution.
        """
        log_p = self.u(code).log_softmax(1)
        return -(log_p[torch.arange(len(y)), 1 - y] if self.styles == 2 else log_p.mean(1)).mean()

    def mislead(self, ids: Tensor, y: Tensor, knobs: Any, rate: float) -> dict[str, Tensor]:
        """The encoder descends λ₁·E f(enc x) + λ₂·L_flip. Nothing is touched where both weights are
        0.
        """
        lam1, lam2 = knobs.lam1 if self.f is not None else 0.0, knobs.lam2 if self.u is not None else 0.0
        if not (lam1 or lam2):
            return {}
        code = self.encoder(ids)
        out: dict[str, Tensor] = {"code": code.detach()}
        loss = torch.zeros(())
        if lam1:
            out["f"] = self.f(code).mean()
            loss = loss + lam1 * out["f"]
        if lam2:
            out["flip"] = self.flip(code, y)
            loss = loss + lam2 * out["flip"]
        self.descend(loss, ("encoder",), rate)
        return {k: v.detach() for k, v in out.items()}

    def generate(self, n: int, rate: float) -> Tensor:
        """g descends −E f(g(s)). Returns the loss."""
        loss = -self.f(self.prior_codes(self.draw(n, self.streams["prior"]))).mean()
        self.optimisers["g"].step(loss, rate)
        return loss.detach()


def text_coders(words: int, styles: int, sizes: Mapping[str, int], seed: int) -> tuple[Encoder, Decoder]:
    """Encoder and decoder of sentences over `words` symbols."""
    g = stream(seed, "weights")
    e, h, c = sizes["embedding"], sizes["hidden"], sizes["code"]
    return Encoder(words, e, h, c, g), Decoder(words, styles, e, h, c, g)
