"""Snapshot: all that a run needs to go on, in memory or as one file.

A file is in the format safetensors, with a JSON header in its metadata. It holds tensors and no
code, so that opening a stranger's file runs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

FORMAT = "saddle-snapshot-1"
MOST_COUNT = 2**53  # seeds beyond it are no whole numbers in a browser
MOST_STEPS = 10**9  # of a saved run, so that there is room to go on
MOST_MB = 24  # of a file that a page opens; .streamlit/config.toml lets as much through
OPTIMISER = "optimiser."  # the names of an optimiser's tensors begin with this
MEAN = "mean."  # the running mean of the weight `x` is called `mean.x`


def _count(value: Any, most: int = MOST_COUNT) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError(f"{value!r} is no whole number from 0 to {most}")
    return value


class InvalidSnapshot(ValueError):
    """Not a snapshot, a damaged one, or of another method or version; the message says which."""


@dataclass(frozen=True)
class Snapshot:
    """A run at one moment. method: its name. setup: field → value. step: steps done. knobs: name →
    value at that step. log: (step, changes) pairs as in Run.log. state: tensors of the method.
    """

    method: str
    setup: Mapping[str, Any]
    seeds: tuple[int, ...]
    step: int
    knobs: Mapping[str, Any]
    log: tuple[tuple[int, Mapping[str, Any]], ...]
    state: Mapping[str, Tensor]

    def to_bytes(self) -> bytes:
        """The file as bytes."""
        header = {
            "method": self.method,
            "setup": self.setup,
            "seeds": self.seeds,
            "step": self.step,
            "knobs": self.knobs,
            "log": self.log,
        }
        return safetensors.torch.save(dict(self.state), {"format": FORMAT, "run": json.dumps(header)})

    @classmethod
    def from_bytes(cls, data: bytes) -> Snapshot:
        """Read a file. Raises InvalidSnapshot."""
        try:
            size = int.from_bytes(data[:8], "little")
            meta = json.loads(data[8 : 8 + size])["__metadata__"]
            state = safetensors.torch.load(data)
            if meta["format"] != FORMAT:
                raise InvalidSnapshot(
                    f"This snapshot has the format {meta['format']!r}; this version reads {FORMAT!r}."
                )
            run = json.loads(meta["run"])
            log = tuple((_count(step), dict(changes)) for step, changes in run["log"])
            return cls(
                str(run["method"]),
                dict(run["setup"]),
                tuple(map(_count, run["seeds"])),
                _count(run["step"], MOST_STEPS),
                dict(run["knobs"]),
                log,
                state,
            )
        except InvalidSnapshot:
            raise
        except Exception as error:  # a damaged file may raise anything in the parsers
            raise InvalidSnapshot(
                "This is not a Saddle snapshot, or it is damaged: choose a file saved by Saddle."
            ) from error

    def slim(self) -> Snapshot:
        """The small form that ships: weights in half precision, no moments of optimisers, a log of
        the present knobs alone, and of a weight with a running mean the mean alone.

        Training can go on from it, but not bit for bit as from the whole snapshot.
        """
        state = {
            k: v.half() if v.dtype is torch.float32 else v
            for k, v in self.state.items()
            if not k.startswith(OPTIMISER) and f"{MEAN}{k}" not in self.state
        }
        return replace(self, state=state, log=((self.step, dict(self.knobs)),))

    def save(self, path: Path) -> None:
        """Write the file."""
        Path(path).write_bytes(self.to_bytes())

    @classmethod
    def open(cls, path: Path) -> Snapshot:
        """Read a file. Raises InvalidSnapshot, also where the file cannot be read."""
        try:
            data = Path(path).read_bytes()
        except (OSError, ValueError) as error:
            if Path(path).is_dir():
                raise InvalidSnapshot(f"Cannot read the snapshot {path}: it is a folder, give a file in it.") from error
            why = getattr(error, "strerror", None) or error
            raise InvalidSnapshot(f"Cannot read the snapshot {path}: {why}.") from error
        return cls.from_bytes(data)
