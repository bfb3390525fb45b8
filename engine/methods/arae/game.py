"""The networks of an ARAE and the updates of a step.

Zhao, Kim et al. 2017 (arXiv 1706.04223), algorithms 1 and 2:

min over φ, ψ, θ of   L_rec(φ, ψ) + λ₁·W(P_Q, P_Z) + λ₂·L_flip(φ, u)
W = max over 1-Lipschitz f of   E f(enc x) − E f(g(s))

A code c = enc(x) lies on the unit sphere, and so does g(s). The encoder has one Adam for all its
updates: its moments see every loss, so λ₁ and λ₂ weigh them against each other as in the objective
(a separate Adam for each loss would cancel the weight of that loss).
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
from engine.nn.dense import dense, load_parameters, named
from engine.nn.gan_losses import between, gradient_norm_penalty
from engine.nn.optimisers import Adam

BETAS = (0.5, 0.9)  # of g and f, after Gulrajani et al. 2017
PRIORS = {"none": "AE: no prior", "gaussian": "AAE: fixed prior N(0, I)", "learned": "ARAE: learned prior g(s)"}
STREAMS = ("prior", "noise", "mix")


class SphericalAutoencoder(nn.Module):
    """Encoder φ and decoder ψ with running means, optimisers and streams, as ARAE and Cross-AE use.

    encoder(x) gives codes (B, code) of norm 1, decoder(code, y, x) logits. A subclass adds networks
    before it calls `ready`.

    styles: styles of the decoder; 1 means that it has none.
    """

    prior = "none"
    streams_of = STREAMS

    def __init__(self, encoder: nn.Module, decoder: nn.Module, code: int, styles: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.code = code
        self.styles = styles
        self.s = code  # dimensions of what the prior starts from
        # Generator, critic and classifier, which only some subclasses have.
        self.f = None
        self.g = None
        self.u = None

    def ready(self, seed: int) -> None:
        """Make running means, optimisers and streams for the networks there are."""
        averaged = ("encoder", "decoder", "g")
        self.mean = nn.ModuleDict({k: copy.deepcopy(m) for k, m in self.named_children() if k in averaged})
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
        """L_rec of the decoder's logits for x; for sentences in nats a word."""
        return word_loss(logits, x)

    def reconstruct(self, x: Tensor, y: Tensor, sigma: float, rate: float) -> tuple[Tensor, Tensor, Tensor]:
        """Encoder and decoder descend L_rec at codes with noise N(0, σ²) in each coordinate.

        x, y: what to reconstruct and its classes (B,). Returns loss, codes without noise (B, C) and
        logits.
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
        """s (n, S) ~ N(0, I), which the prior starts from. Without g, S is the code's dimension."""
        return torch.randn(n, self.s, generator=generator)

    def prior_codes(self, s: Tensor, mean: bool = False) -> Tensor:
        """Codes (n, C) of norm 1 from s (n, S): g(s), or s itself for the fixed prior.

        mean: whether to use the running mean of g.
        """
        if self.g is None:
            return unit(s)
        return unit((self.mean["g"] if mean else self.g)(s))

    @torch.no_grad()
    def follow(self, ema: float) -> None:
        """The running means move towards the weights.

        The decay starts at 1/11 and grows to `ema`, because early weights are far from later ones.
        """
        self.updates += 1
        share = 1 - min(ema, self.updates / (10 + self.updates))
        torch._foreach_lerp_(
            list(self.means.values()), [self.weights[k.removeprefix("mean.")] for k in self.means], share
        )

    # -- state -------------------------------------------------------------------------------------

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
        """Load what `parts` gave.

        A shipped state leaves out weights that have a running mean in it: the mean is loaded in
        their place.
        """
        load_parameters(self.means, state)
        names = {k: k if k in state or f"mean.{k}" not in state else f"mean.{k}" for k in self.weights}
        load_parameters(self.weights, {k: state[name] for k, name in names.items()})
        for optimiser in self.optimisers.values():
            optimiser.load(state)
        for k, g in self.streams.items():
            g.set_state(state[f"generator.{k}"].clone())
        self.updates = int(state["updates"])


class ARAEGame(SphericalAutoencoder):
    """Autoencoder with generator g (θ), critic f (w) and classifier u, where the set-up needs them.

    prior: one of PRIORS; f exists unless it is "none", g where it is "learned". styles: classes of
    u and styles of the decoder; 1 means no transfer and no u. sizes: `code`, `width` (units of g, f
    and u) and `s` (its dimensions).
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
        """f descends −E f(real) + E f(prior) for one batch of codes `real` (B, C).

        A gradient penalty or clipping keeps f 1-Lipschitz. Returns loss, Wasserstein estimate and
        penalty, and as `fake` the codes of the prior (B, C).
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
        """u descends −log p_u(y | c) at fixed codes (B, C).

        Returns the loss and the share it gets right.
        """
        logits = self.u(code)
        loss = F.cross_entropy(logits, y)
        self.optimisers["u"].step(loss, rate)
        return loss.detach(), (logits.argmax(1) == y).double().mean()

    def flip(self, code: Tensor, y: Tensor) -> Tensor:
        """L_flip, which the encoder minimises against u.

        −log p_u(1 − y | c) for two classes; for more the cross-entropy to the uniform distribution.
        """
        log_p = self.u(code).log_softmax(1)
        return -(log_p[torch.arange(len(y)), 1 - y] if self.styles == 2 else log_p.mean(1)).mean()

    def mislead(self, ids: Tensor, y: Tensor, knobs: Any, rate: float) -> dict[str, Tensor]:
        """The encoder descends λ₁·E f(enc x) + λ₂·L_flip.

        Returns the codes before the update and the terms. Where both weights are 0 nothing changes
        and nothing is returned.
        """
        lam1 = knobs.lam1 if self.f is not None else 0.0
        lam2 = knobs.lam2 if self.u is not None else 0.0
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


def sentence_autoencoder(words: int, styles: int, sizes: Mapping[str, int], seed: int) -> tuple[Encoder, Decoder]:
    """Encoder and decoder of sentences over a vocabulary of `words`.

    sizes: `embedding`, `hidden` and `code`.
    """
    g = stream(seed, "weights")
    embedding, hidden, code = sizes["embedding"], sizes["hidden"], sizes["code"]
    return Encoder(words, embedding, hidden, code, g), Decoder(words, styles, embedding, hidden, code, g)
