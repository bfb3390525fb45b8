"""An atlas of VAT in batches against the same runs one after another, in one run on one thread.

`python -m tests.benchmarks.atlas [--side N] [--steps N] [--sample N]`

Seconds are those of the processor, so that other work beside it counts little. Runs one after
another are a sample, spread over the grid and trained between the batches; the seconds of all are
that many times the sample's mean.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from engine.atlas.atlas import answers
from engine.atlas.axis import Axis
from engine.atlas.cache import Cache
from engine.atlas.cells import Cell, Result
from engine.atlas.question import Question
from engine.atlas.training import train

BETWEEN, RIGHT = 0.1, 0.25  # from one value of ε and of λ to the next


def grid(side: int, steps: int, first: int = 1) -> Question:
    """side × side values of ε and λ, one seed. first: number of the first value of ε."""
    epsilon = Axis("epsilon_vat", BETWEEN * first, BETWEEN * (first + side - 1), side)
    return Question("vat", epsilon, Axis("lam", 0, RIGHT * (side - 1), side), steps=steps).checked()


class Timed:
    """Trains batches, and a sample of single cells between them."""

    def __init__(self, sample: Sequence[Cell] = ()) -> None:
        self.batched = self.first = 0.0  # seconds of all batches, and of the first
        self.single: list[float] = []  # seconds of each cell of the sample
        self.cells = 0
        self._sample = list(sample)

    def __call__(self, question: Question, pieces: Sequence[Sequence[Cell]]) -> Iterator[list[Result]]:
        """The results of the batches."""
        for i, piece in enumerate(pieces):
            start = time.thread_time()
            results = train(question, piece)
            seconds = time.thread_time() - start
            self.batched += seconds
            self.first = self.first or seconds
            self.cells += len(piece)
            yield results
            for cell in self._sample[i :: len(pieces)]:
                start = time.thread_time()
                train(question, [cell])
                self.single.append(time.thread_time() - start)


def taken(question: Question, cache: Cache, timed: Timed) -> float:
    """Seconds of the processor of a whole question, with the cache."""
    start = time.thread_time()
    for _ in answers(question, cache, timed):
        pass
    return time.thread_time() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=16)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--sample", type=int, default=16)
    options = parser.parse_args()
    torch.set_num_threads(1)
    question = grid(options.side, options.steps)
    train(grid(2, 2), list(grid(2, 2).cells()))  # torch sets much up at the first use
    cells = list(question.cells())
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(Path(folder) / "atlas.sqlite")
        whole = Timed(cells[len(cells) // options.sample // 2 :: len(cells) // options.sample])
        taken(question, cache, whole)
        alone = sum(whole.single) / len(whole.single) * len(cells)
        half = Timed()
        overlapping = taken(grid(options.side, options.steps, 1 + options.side // 2), cache, half)
        again = taken(question, cache, Timed())
    print(f"{len(cells)} cells, {options.steps} steps, load {os.getloadavg()[0]:.1f}")
    print(f"in batches {whole.batched:.1f} s; one after another {alone:.1f} s (of a sample of {len(whole.single)}): "
          f"{alone / whole.batched:.1f} ×")  # fmt: skip
    print(f"first cells after {whole.first:.2f} s, {whole.first / whole.batched:.3f} of the whole")
    print(f"a grid that overlaps by {len(cells) - half.cells} of {len(cells)} cells: {overlapping / whole.batched:.2f} "
          f"of the whole; the same grid again: {again:.2f} s")  # fmt: skip


if __name__ == "__main__":
    main()
