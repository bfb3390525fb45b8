"""An LSTM layer with its backward pass written out.

For short sentences on a CPU that is several times faster than one made of many small operations.
Hochreiter, Schmidhuber 1997; with forget gates, Gers et al. 2000. Everything is time-major. The
gates stand in the order i, f, o, g:

    c_t = σ(f)·c_{t−1} + σ(i)·tanh(g),   h_t = σ(o)·tanh(c_t),   gates = x_t + W h_{t−1}
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn


class _Recurrence(torch.autograd.Function):
    """The states h (L, B, H), from h_0 = c_0 = 0, with x_t = table[ids_t] + context.

    table (V, 4H), ids (L, B), context (B, 4H) or None, W (4H, H). Of each sentence the first
    lengths (B,) symbols count; its states after those are 0. differentiable: whether a backward
    pass may follow.
    """

    @staticmethod
    def forward(
        ctx, table: Tensor, ids: Tensor, context: Tensor | None, weight: Tensor, lengths: Tensor, differentiable: bool
    ) -> Tensor:
        (length, batch), size = ids.shape, weight.shape[1]
        # The longest first, so that those that go on are the first n at every step.
        order = lengths.argsort(descending=True)
        active = (lengths[:, None] > torch.arange(length)).sum(0).tolist()
        ids, context = ids.index_select(1, order), None if context is None else context.index_select(0, order)
        gates = table.new_empty(length if differentiable else 1, batch, 4 * size)
        cells, tanhs = table.new_empty(2, length if differentiable else 1, batch, size)
        states, turned = table.new_zeros(length, batch, size), weight.t()
        one, two = table.new_tensor((1.0, 2.0))
        for t, n in enumerate(active):
            k = t if differentiable else 0
            a, c, before = gates[k, :n], cells[k, :n], cells[k - 1, :n]
            torch.index_select(table, 0, ids[t, :n], out=a)
            if context is not None:
                a += context[:n]
            if t:
                a.addmm_(states[t - 1, :n], turned)
            i, f, o, g = a.split(size, 1)
            g *= two  # tanh x = 2 σ(2x) − 1, and σ is the faster of the two
            a.sigmoid_()
            g.mul_(two).sub_(one)
            if t:
                torch.mul(f, before, out=c).addcmul_(i, g)
            else:
                torch.mul(i, g, out=c)
            torch.mul(o, torch.mul(c, two, out=tanhs[k, :n]).sigmoid_().mul_(two).sub_(one), out=states[t, :n])
        if differentiable:
            ctx.save_for_backward(gates, cells, tanhs, states, weight, ids, order)
            ctx.active, ctx.words, ctx.contextual = active, len(table), context is not None
        return states.index_select(1, order.argsort())

    @staticmethod
    def backward(ctx, d_states: Tensor) -> tuple[Tensor | None, ...]:
        gates, cells, tanhs, states, weight, ids, order = ctx.saved_tensors
        length, batch, size = states.shape
        d_states, back = d_states.index_select(1, order), order.argsort()
        i, f, o, g = gates.split(size, 2)
        # For all steps at once: the factors of dh and dc, which do not depend on the recursion.
        # Rows past n are never read.
        by_o = tanhs * o * (1 - o)
        through = o * (1 - tanhs * tanhs)
        by_i, by_g = g * i * (1 - i), i * (1 - g * g)
        by_f = f * (1 - f)
        by_f[1:] *= cells[:-1]
        by_f[0] = 0
        d_gates, (dc, dh) = torch.empty_like(gates), states.new_zeros(2, batch, size)
        for t in range(length - 1, -1, -1):
            n = ctx.active[t]  # more than at t + 1: those that ended here have dc = dh = 0 from later
            d_gates[t, n:] = 0
            dh_t = dh[:n].add_(d_states[t, :n])
            dc_t = dc[:n].addcmul_(dh_t, through[t, :n])
            out = d_gates[t, :n].split(size, 1)
            torch.mul(dc_t, by_i[t, :n], out=out[0])
            torch.mul(dc_t, by_f[t, :n], out=out[1])
            torch.mul(dh_t, by_o[t, :n], out=out[2])
            torch.mul(dc_t, by_g[t, :n], out=out[3])
            if t:
                torch.mm(d_gates[t, :n], weight, out=dh[:n])
                dc_t *= f[t, :n]
        d_table = torch.ops.aten.embedding_dense_backward(d_gates, ids, ctx.words, -1, False)
        d_context = d_gates.sum(0).index_select(0, back) if ctx.contextual else None
        d_weight = d_gates[1:].flatten(0, 1).t() @ states[:-1].flatten(0, 1)
        return d_table, None, d_context, d_weight, None, None


class LSTM(nn.Module):
    """One layer. `table` has what each symbol adds to the gates.

    So a symbol's embedding and its product with the input matrix are one lookup.
    """

    def __init__(self, words: int, width: int, context: int, hidden: int, generator: Generator) -> None:
        """For `words` symbols, embedded in `width` dimensions, and states of `hidden` dimensions.

        context: dimensions of a vector that is the same at every step of a sentence; 0: none.
        """
        super().__init__()
        self.hidden = hidden
        fan = width + context

        def uniform(*shape: int, fan_in: int) -> nn.Parameter:
            return nn.Parameter((torch.rand(*shape, generator=generator) * 2 - 1) / fan_in**0.5)

        self.embedding = nn.Parameter(torch.randn(words, width, generator=generator))
        self.word = uniform(4 * hidden, width, fan_in=fan)
        self.state = uniform(4 * hidden, hidden, fan_in=hidden)
        self.context = uniform(4 * hidden, context, fan_in=fan) if context else None
        bias = torch.zeros(4 * hidden)
        bias[hidden : 2 * hidden] = 1  # forget gates start open (Jozefowicz et al. 2015)
        self.bias = nn.Parameter(bias)

    def table(self, symbols: Tensor | None = None) -> Tensor:
        """What each symbol adds to the gates, bias included: (V, 4H), of symbols (S,): (S, 4H)."""
        return torch.addmm(
            self.bias, self.embedding if symbols is None else F.embedding(symbols, self.embedding), self.word.t()
        )

    def forward(self, ids: Tensor, lengths: Tensor, context: Tensor | None = None) -> Tensor:
        """States (L, B, H) after each symbol of ids (L, B), with a context (B, C).

        Of each sentence the first lengths (B,) symbols count; its states after those are 0.
        """
        # A batch holds few of a large vocabulary's words, and each of a small one's many times.
        seen, ids = ids.unique(return_inverse=True)
        context = None if context is None else context @ self.context.t()
        return _Recurrence.apply(self.table(seen), ids, context, self.state, lengths, torch.is_grad_enabled())

    def cell(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """The next state (h, c), each (B, H), from the gates' input x (B, 4H) and (h, c)."""
        a = torch.addmm(x, h, self.state.t())
        i, f, o = a[:, : 3 * self.hidden].sigmoid().chunk(3, 1)
        c = f * c + i * a[:, 3 * self.hidden :].tanh()
        return o * c.tanh(), c
