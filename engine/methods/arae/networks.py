"""Encoders and decoders of sentences and of digits, after Zhao, Kim et al. 2017 (arXiv 1706.04223).

Sentences have one LSTM layer each (§4), digits dense layers (appendix); codes lie on the unit
sphere. Weights are drawn from the run's own generators. Rows of token ids are those of
engine/data/text/corpus.py.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from engine.core.diverged import drawable
from engine.data.mnist import PIXELS
from engine.data.text.corpus import END, PAD, START, UNKNOWN
from engine.nn.dense import dense
from engine.nn.lstm import LSTM

NEVER = [PAD, START, UNKNOWN]  # tokens that the decoder never writes


def unit(x: Tensor) -> Tensor:
    """x (..., C) scaled to norm 1."""
    return F.normalize(x, dim=-1)


def trimmed(ids: Tensor) -> Tensor:
    """Rows (B, L) without the columns that hold only padding."""
    return ids[:, : int((ids != PAD).sum(1).max())]


def word_loss(logits: Tensor, ids: Tensor) -> Tensor:
    """Mean cross-entropy of the words of ids (B, L), END among them, in nats.

    logits (W, V): of those words, sentence by sentence.
    """
    return F.cross_entropy(logits, ids[ids != PAD])


class Encoder(nn.Module):
    """Token ids (B, L) to codes (B, C) of norm 1.

    A code is the LSTM's state after END, through a linear layer.
    """

    def __init__(self, words: int, width: int, hidden: int, code: int, generator: Generator) -> None:
        super().__init__()
        self.lstm = LSTM(words, width, 0, hidden, generator)
        self.out = dense((hidden, code), generator)

    def forward(self, ids: Tensor) -> Tensor:
        ids = trimmed(ids)
        last = (ids == END).int().argmax(1)
        states = self.lstm(ids.t(), last + 1)
        return unit(self.out(states[last, torch.arange(len(ids))]))


class Decoder(nn.Module):
    """A code (B, C), and a style (B,) where there are several, to sentences.

    Every step sees the code and the style beside the word before.
    """

    def __init__(self, words: int, styles: int, width: int, hidden: int, code: int, generator: Generator) -> None:
        super().__init__()
        self.lstm = LSTM(words, width, code + (width if styles > 1 else 0), hidden, generator)
        self.out = dense((hidden, words), generator)
        self.style = nn.Parameter(torch.randn(styles, width, generator=generator)) if styles > 1 else None

    def context(self, code: Tensor, style: Tensor) -> Tensor:
        """What every step is given beside the word: the code, and the style's embedding if any."""
        return code if self.style is None else torch.cat([code, self.style[style]], 1)

    def states(self, code: Tensor, style: Tensor, ids: Tensor) -> Tensor:
        """States (L, B, H) while it is fed START and the sentences' own words (teacher forcing).

        0 after their END.
        """
        before = torch.cat([torch.full_like(ids[:, :1], START), ids[:, :-1]], 1)
        return self.lstm(before.t(), (ids != PAD).sum(1), self.context(code, style))

    def forward(self, code: Tensor, style: Tensor, ids: Tensor) -> Tensor:
        """Logits (W, V) of all words of ids (B, L) given the true words before them.

        Sentence by sentence, padding left out.
        """
        ids = trimmed(ids)
        return self.out(self.states(code, style, ids).transpose(0, 1)[ids != PAD])

    @torch.no_grad()
    def greedy(self, code: Tensor, style: Tensor, most: int) -> Tensor:
        """The likeliest word at each step, fed back: ids (B, most + 1), PAD after END.

        A sentence without END after `most` words is cut there and has none. Raises NotFinite where
        the network has diverged: argmax would still name words.
        """
        n = len(code)
        lstm = self.lstm
        from_context = self.context(code, style) @ lstm.context.t()
        table = lstm.table()
        h = c = code.new_zeros(n, lstm.hidden)
        word = torch.full((n,), START)
        ended = torch.zeros(n, dtype=torch.bool)
        out = torch.full((n, most + 1), PAD)
        for k in range(most + 1):
            h, c = lstm.cell(table[word] + from_context, h, c)
            logits = self.out(h)
            if k == 0:
                drawable(logits)
            logits[:, NEVER] = -torch.inf
            word = logits.argmax(1).masked_fill(ended, PAD)
            out[:, k] = word
            ended |= word == END
            if ended.all():
                break
        drawable(h)
        out[~ended, most] = PAD
        return out


class DigitEncoder(nn.Module):
    """Binary images (B, 784) to codes (B, C) of norm 1."""

    def __init__(self, hidden: int, code: int, generator: Generator) -> None:
        super().__init__()
        self.body = dense((PIXELS, hidden, hidden // 2, code), generator)

    def forward(self, x: Tensor) -> Tensor:
        return unit(self.body(x))


class DigitDecoder(nn.Module):
    """Codes (B, C) to logits of pixels (B, 784)."""

    def __init__(self, hidden: int, code: int, generator: Generator) -> None:
        super().__init__()
        self.body = dense((code, hidden // 2, hidden, PIXELS), generator)

    def forward(self, code: Tensor, *_: Tensor) -> Tensor:
        return self.body(code)
