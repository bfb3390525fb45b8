"""Atlas: the cells of a question, those kept from before at once and the others as they are
trained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from engine.atlas.cache import Cache
from engine.atlas.cells import Cell, Result, spreads
from engine.atlas.question import Question
from engine.atlas.training import batches, train
from engine.core.parallel import in_parallel

Train = Callable[[Question, Sequence[Sequence[Cell]]], Iterator[list[Result]]]


def here(question: Question, pieces: Sequence[Sequence[Cell]]) -> Iterator[list[Result]]:
    """Train batches of cells in threads of this process, one a core."""
    return in_parallel(lambda piece: train(question, piece), pieces)


def answers(question: Question, cache: Cache | None = None, trained: Train = here) -> Iterator[dict[Cell, Result]]:
    """The results of a question, in pieces as they come: first what is kept, then a batch at a
    time. Whoever stops taking them keeps what has come.

    question: checked. trained: gives the results of batches in their order.
    """
    keys = {cell: question.key(cell) for cell in question.cells()}
    kept = cache.find(list(keys.values())) if cache else {}
    found = {cell: kept[key] for cell, key in keys.items() if key in kept}
    if found:
        yield found
    pieces = list(batches(question, [cell for cell in keys if cell not in found]))
    for piece, results in zip(pieces, trained(question, pieces)):
        if cache:
            cache.put({keys[cell]: result for cell, result in zip(piece, results)})
        yield dict(zip(piece, results))


def places(question: Question, results: Mapping[Cell, Result]) -> list[dict[str, Any]]:
    """The results by place: x, y, the spread of each metric over the seeds, None where no seed has
    a finite value, and how many seeds diverged. As `--json` has them.
    """
    at: dict[tuple[Any, Any], list[Result]] = {}
    for cell in question.cells():
        if cell in results:
            at.setdefault((cell.x, cell.y), []).append(results[cell])
    return [
        {
            "x": x,
            "y": y,
            "metrics": {name: spread and vars(spread) for name, spread in spreads(found).items()},
            "diverged": sum(bool(result.diverged) for result in found),
        }
        for (x, y), found in at.items()
    ]
