"""Encoder, decoder and word loss of sentences."""

import math

import pytest
import torch

from engine.data.text.corpus import END, PAD
from engine.methods.arae.networks import Decoder, Encoder, word_loss
from tests.draws import generator
from tests.engine.methods.arae.runs import rows


def test_codes_have_norm_one_and_padding_does_not_matter():
    encoder, ids = Encoder(9, 4, 5, 6, generator()), rows()
    codes = encoder(ids)
    assert torch.allclose(codes.norm(dim=1), torch.ones(16))
    wider = torch.cat([ids, torch.full((16, 3), PAD)], 1)
    assert torch.allclose(encoder(wider), codes) and torch.allclose(encoder(ids[3:4]), codes[3:4], atol=1e-6)


def test_greedy_decoding_takes_the_likeliest_word_of_teacher_forcing():
    decoder, code, style = (
        Decoder(9, 2, 4, 5, 6, generator()),
        torch.randn(20, 6, generator=generator(1)) * 3,
        torch.tensor([0, 1] * 10),
    )
    out = decoder.greedy(code, style, 6)
    ends = (out == END).sum(1)
    assert out.shape == (20, 7)
    assert 0 < ends.sum() < 20
    assert ends.max() == 1
    assert ((out[:, :6] != PAD).all(1) | (ends == 1)).all()
    best = decoder(code, style, out)
    best[:, :2] = best[:, 3] = -math.inf  # neither padding nor unknown words are said
    assert torch.equal(best.argmax(1), out[out != PAD])
    # Where most words are said and END is not the next one, none is written.
    cut = torch.cat([out[ends == 0, :6], torch.full((int((ends == 0).sum()), 1), END)], 1)
    after = decoder.out(decoder.states(code[ends == 0], style[ends == 0], cut))[6]
    after[:, :2] = after[:, 3] = -math.inf
    assert (after.argmax(1) != END).all()


def test_the_word_loss_leaves_padding_out():
    """Sentences of unequal length one by one give the same logits, in order, and the loss is the
    mean over their words.
    """
    decoder, code, style, ids = (
        Decoder(9, 2, 4, 5, 6, generator()),
        torch.randn(16, 6, generator=generator(1)),
        torch.tensor([0, 1] * 8),
        rows(),
    )
    logits = decoder(code, style, ids)
    alone = torch.cat([decoder(code[k : k + 1], style[k : k + 1], ids[k : k + 1]) for k in range(16)])
    assert len(logits) == (ids != PAD).sum() and torch.allclose(logits, alone, atol=1e-6)
    known = -logits.log_softmax(1)[torch.arange(len(logits)), ids[ids != PAD]].mean()
    assert word_loss(logits, ids).item() == pytest.approx(known.item(), rel=1e-5)
