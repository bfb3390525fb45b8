"""The updates of the game: critic, encoder, generator, classifier."""

import types

import pytest
import torch
from torch import nn

from engine.core.registry import find
from engine.methods.arae.game import ARAEGame, sentence_autoencoder
from engine.runs.run import Run
from tests.draws import generator
from tests.engine.methods.arae.runs import rows

SIZES = {"code": 6, "embedding": 4, "hidden": 5, "s": 3, "width": 7}


TINY = find("arae").contract_setup


def game(prior="learned", styles=2, words=9):
    return ARAEGame(*sentence_autoencoder(words, styles, SIZES, 1), prior, styles, SIZES, 1)


def test_the_games_own_penalty_does_not_depend_on_the_batch():
    """The same check on the step that a run carries out: a linear critic, any number of codes."""
    for batch in (4, 64):
        one = game()
        one.f = nn.Sequential(nn.Linear(6, 1))
        nn.init.constant_(one.f[0].weight, 0.7)
        norm = one.f[0].weight.norm().item()
        one.optimisers["f"] = types.SimpleNamespace(step=lambda loss, rate: None)
        knobs = types.SimpleNamespace(penalty="gp", gp=1.0, clip=0)
        seen = one.criticise(nn.functional.normalize(torch.randn(batch, 6, generator=generator()), dim=1), knobs, 1e-3)
        assert seen["penalty"].item() == pytest.approx((norm - 1) ** 2, rel=1e-4)
        assert seen["loss"].item() == pytest.approx(-seen["wasserstein"].item() + seen["penalty"].item(), rel=1e-5)


def test_critic_and_encoder_pull_in_opposite_directions_and_g_follows_the_critic():
    """W = E f(enc x) − E f(g(s)): the critic's own step raises it, the encoder's lowers E f(enc x),
    the generator's raises E f(g(s)).
    """
    one, ids, y = game(), rows(64), torch.zeros(64, dtype=torch.long)
    knobs = types.SimpleNamespace(penalty="clip", clip=0.5, gp=0, lam1=1.0, lam2=0.0)
    s = one.draw(256, generator(5))

    def value():
        with torch.no_grad():
            return one.f(one.encoder(ids)).mean().item(), one.f(one.prior_codes(s)).mean().item()

    for _ in range(20):
        with torch.no_grad():
            real = one.encoder(ids)
        one.criticise(real, knobs, 3e-3)
    real, prior = value()
    assert real - prior > 0
    for _ in range(3):
        one.mislead(ids, y, knobs, 1e-3)
    assert value()[0] < real and value()[1] == prior
    for _ in range(3):
        one.generate(256, 1e-3)
    assert value()[1] > prior


def test_clipping_holds_the_critics_weights():
    run = Run("arae", find("arae").make_setup(TINY), 1)
    run.advance(run.knobs.with_values({"penalty": "clip", "clip": 0.01}), 3)
    assert all(p.abs().max() <= 0.01 for p in run.method.game.f.parameters())


def test_the_flipped_label_is_the_opposite_for_two_classes_and_uniform_for_more():
    two, three = game(styles=2), game(styles=3)
    code, y = torch.randn(8, 6, generator=generator()), torch.tensor([0, 1] * 4)
    p = two.u(code).softmax(1)
    assert two.flip(code, y).item() == pytest.approx(-p[torch.arange(8), 1 - y].log().mean().item(), rel=1e-5)
    assert three.flip(code, y).item() == pytest.approx(-three.u(code).log_softmax(1).mean().item(), rel=1e-5)


def test_without_weights_the_encoder_is_not_touched():
    one, ids = game(), rows()
    before = {k: p.clone() for k, p in one.weights.items()}
    assert one.mislead(ids, torch.zeros(16, dtype=torch.long), types.SimpleNamespace(lam1=0.0, lam2=0.0), 1.0) == {}
    assert all(torch.equal(before[k], p) for k, p in one.weights.items())


@pytest.mark.parametrize("prior", ("gaussian", "learned"))
def test_prior_codes_have_norm_one(prior):
    one = game(prior)
    s = one.draw(50, generator())
    assert s.shape[1] == (3 if prior == "learned" else 6)
    assert torch.allclose(one.prior_codes(s).norm(dim=1), torch.ones(50))
    assert torch.allclose(one.prior_codes(s, mean=True).norm(dim=1), torch.ones(50))
