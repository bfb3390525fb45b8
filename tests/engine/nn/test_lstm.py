"""The LSTM against PyTorch's, and on sentences of unequal length."""

import torch
from torch import nn

from engine.nn.lstm import LSTM
from tests.draws import generator


def test_the_lstm_is_pytorchs_and_its_gradients_too():
    mine = LSTM(9, 4, 3, 5, generator()).double()
    theirs = nn.LSTM(7, 5).double()
    order = torch.cat([torch.arange(0, 10), torch.arange(15, 20), torch.arange(10, 15)])  # i, f, o, g → i, f, g, o
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(torch.cat([mine.word, mine.context], 1)[order])
        theirs.weight_hh_l0.copy_(mine.state[order])
        theirs.bias_ih_l0.copy_(mine.bias[order])
        theirs.bias_hh_l0.zero_()
    for length in (1, 4):  # also the path that looks up embeddings instead of the table
        ids, context = (
            torch.randint(0, 9, (length, 2), generator=generator()),
            torch.randn(2, 3, generator=generator(), dtype=torch.float64),
        )
        weights = torch.randn(length, 2, 5, generator=generator(1), dtype=torch.float64)
        a = mine(ids, torch.full((2,), length), context)
        b, _ = theirs(torch.cat([mine.embedding[ids], context.expand(length, 2, 3)], 2))
        assert torch.allclose(a, b)
        ours = torch.autograd.grad(
            (a * weights).sum(), [mine.state, mine.bias, mine.embedding], retain_graph=True, allow_unused=True
        )
        known = torch.autograd.grad((b * weights).sum(), [theirs.weight_hh_l0, theirs.bias_ih_l0, mine.embedding])
        assert torch.allclose(ours[0][order], known[0])
        assert torch.allclose(ours[1][order], known[1])
        assert torch.allclose(ours[2], known[2])


def test_gradients_of_sentences_of_unequal_length_are_the_sum_of_each_ones():
    lstm, lengths, ids = (
        LSTM(9, 4, 0, 5, generator()).double(),
        torch.tensor([2, 5, 1, 5]),
        torch.randint(0, 9, (5, 4), generator=generator()),
    )
    weights = torch.randn(5, 4, 5, generator=generator(1), dtype=torch.float64)
    states = lstm(ids, lengths)
    assert (states[2:, 0] == 0).all() and (states[1:, 2] == 0).all() and (states[:2, 0] != 0).all()
    together = torch.autograd.grad((states * weights).sum(), list(lstm.parameters()))
    one = [
        (lstm(ids[:n, k : k + 1], torch.tensor([n])) * weights[:n, k : k + 1]).sum()
        for k, n in enumerate(lengths.tolist())
    ]
    alone = [torch.autograd.grad(total, list(lstm.parameters())) for total in one]
    assert all(torch.allclose(a, sum(parts)) for a, parts in zip(together, zip(*alone)))
