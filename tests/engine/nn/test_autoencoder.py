"""The KL term of a variational autoencoder, in closed form and by Monte Carlo."""

import math

import pytest
import torch

from engine.data import mnist
from engine.data.priors import Prior
from engine.nn.autoencoder import CODE, Autoencoder, Spread, kl_to_prior, posterior
from tests.draws import generator


def test_kl_closed_form_and_monte_carlo_agree():
    """For N(0, I), and, in the mean over draws, for petals against a numerical integral."""
    coder, spread = Autoencoder(16, CODE, CODE, generator()), Spread(16)
    x = mnist.images("train")[:1].float() / 255
    mean, log_var = posterior(coder, spread, x)
    assert (log_var == 0).all() and torch.equal(mean, coder.encoder(x))
    mean, log_var = torch.tensor([[1.2, -0.4]]), torch.tensor([[-1.0, 0.3]])
    many = 200000
    z = mean + (0.5 * log_var).exp() * torch.randn(many, 2, generator=generator(5))
    log_q = -0.5 * ((z - mean).square() / log_var.exp() + log_var + math.log(2 * math.pi)).sum(1)
    for kind in ("gaussian", "petals", "ring"):
        prior = Prior(kind)
        expected = (log_q - prior.log_density(z)).mean().item()
        found = kl_to_prior(mean.expand(many, -1), log_var.expand(many, -1), z, prior).item()
        assert found == pytest.approx(expected, abs=0.02)
