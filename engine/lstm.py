"""An LSTM layer with its backward pass written out: several times faster on a CPU, for short sentences, than one made of many small operations.

Hochreiter, Schmidhuber 1997; with forget gates, Gers et al. 2000. Everything is time-major. Gates stand in the order i, f, o, g:
    c_t = σ(f)·c_{t−1} + σ(i)·tanh(g),   h_t = σ(o)·tanh(c_t),   gates = x_t + W h_{t−1}
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor, nn


class _Recur(torch.autograd.Function):
    """x (L, B, 4H), W (4H, H) → h (L, B, H), from the state 0. Of row t the first active[t] sentences go on, the others' states are 0."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, active: Sequence[int]) -> Tensor:
        length, batch, four = x.shape
        size = four // 4
        gates, (cells, tanhs, states) = torch.zeros_like(x), x.new_zeros(3, length, batch, size)
        turned = weight.t()
        for t, n in enumerate(active):
            a = gates[t, :n]
            torch.addmm(x[t, :n], states[t - 1, :n], turned, out=a) if t else a.copy_(x[t, :n])
            a[:, : 3 * size].sigmoid_()
            i, f, o, g = a.split(size, 1)
            g.tanh_()
            c = torch.mul(i, g, out=cells[t, :n])
            if t:
                c.addcmul_(f, cells[t - 1, :n])
            torch.mul(o, torch.tanh(c, out=tanhs[t, :n]), out=states[t, :n])
        ctx.save_for_backward(gates, cells, tanhs, states, weight)
        ctx.active = active
        return states

    @staticmethod
    def backward(ctx, d_states: Tensor) -> tuple[Tensor, Tensor, None]:
        gates, cells, tanhs, states, weight = ctx.saved_tensors
        length, batch, size = states.shape
        i, f, o, g = gates.split(size, 2)
        # What does not depend on the recursion, for all steps at once: the derivatives that dh and dc are multiplied by.
        by_o = tanhs * o * (1 - o)
        through = o * (1 - tanhs * tanhs)
        by_i, by_g = g * i * (1 - i), i * (1 - g * g)
        by_f = torch.zeros_like(by_i)
        torch.mul(cells[:-1], (f * (1 - f))[1:], out=by_f[1:])
        d_gates, (dc, dh) = torch.zeros_like(gates), torch.zeros_like(states[:1]).expand(2, -1, -1).clone()
        for t in range(length - 1, -1, -1):
            n = ctx.active[t]  # more than at t + 1: those that ended here have dc = dh = 0 from later
            dh_t = d_states[t, :n] + dh[:n]
            dc_t = dc[:n].addcmul_(dh_t, through[t, :n])
            out = d_gates[t, :n].split(size, 1)
            torch.mul(dc_t, by_i[t, :n], out=out[0])
            torch.mul(dc_t, by_f[t, :n], out=out[1])
            torch.mul(dh_t, by_o[t, :n], out=out[2])
            torch.mul(dc_t, by_g[t, :n], out=out[3])
            if t:
                torch.mm(d_gates[t, :n], weight, out=dh[:n])
                dc_t *= f[t, :n]
        d_weight = d_gates[1:].flatten(0, 1).t() @ states[:-1].flatten(0, 1)
        return d_gates, d_weight, None


class LSTM(nn.Module):
    """One layer. `table` holds what each symbol adds to the gates, so that a symbol's embedding and input matrix are one lookup."""

    def __init__(self, words: int, width: int, context: int, hidden: int, generator: Generator) -> None:
        """words symbols of `width` dimensions, and a context of `context` dimensions that is the same at every step (0: none)."""
        super().__init__()
        self.hidden = hidden
        fan = width + context

        def uniform(*shape: int, fan_in: int) -> nn.Parameter:
            return nn.Parameter((torch.rand(*shape, generator=generator) * 2 - 1) / fan_in**0.5)

        self.embedding = nn.Parameter(torch.randn(words, width, generator=generator))
        self.word, self.state = uniform(4 * hidden, width, fan_in=fan), uniform(4 * hidden, hidden, fan_in=hidden)
        self.context = uniform(4 * hidden, context, fan_in=fan) if context else None
        bias = torch.zeros(4 * hidden)
        bias[hidden : 2 * hidden] = 1  # forget gates start open (Jozefowicz et al. 2015)
        self.bias = nn.Parameter(bias)

    def table(self) -> Tensor:
        """What each symbol adds to the gates, the bias among it: (V, 4H)."""
        return torch.addmm(self.bias, self.embedding, self.word.t())

    def forward(self, ids: Tensor, lengths: Tensor, context: Tensor | None = None) -> Tensor:
        """States (L, B, H) after each symbol of ids (L, B), of which the first lengths (B,) count, 0 after those; context (B, C)."""
        order = lengths.argsort(descending=True)  # so that at every step those that go on stand together
        active = (lengths[:, None] > torch.arange(len(ids))).sum(0).tolist()
        ids, context = ids[:, order], None if context is None else context[order]
        if len(self.embedding) <= ids.numel():
            x = self.table()[ids]
        else:
            x = torch.addmm(self.bias, self.embedding[ids.flatten()], self.word.t()).unflatten(0, ids.shape)
        if context is not None:
            x = x + context @ self.context.t()
        return _Recur.apply(x, self.state, active)[:, order.argsort()]

    def cell(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """One step: gates' input x (B, 4H) and state (h, c) to the next state."""
        a = torch.addmm(x, h, self.state.t())
        i, f, o = a[:, : 3 * self.hidden].sigmoid().chunk(3, 1)
        c = f * c + i * a[:, 3 * self.hidden :].tanh()
        return o * c.tanh(), c
