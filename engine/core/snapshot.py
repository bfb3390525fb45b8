"""Snapshot: all that a run needs to go on, in memory or as one file.

A file is safetensors (tensors without code, so opening one runs nothing) with a JSON header in its
metadata.
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
OPTIMISER = "optimiser."  # what the names of an optimiser's tensors begin with
MEAN = "mean."  # what the name of a weight's running mean puts before the weight's


class InvalidSnapshot(ValueError):
    """Not a snapshot, a damaged one, or one of another method or version; the message says which."""


@dataclass(frozen=True)
class Snapshot:
    """method: its name. setup: field → value. seeds: of the run. step: steps done. knobs: as they
    stood. log: (step, knob changes) pairs, the first one complete. state: tensors of the method.
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
            log = tuple((int(step), dict(changes)) for step, changes in run["log"])
            return cls(
                run["method"],
                dict(run["setup"]),
                tuple(map(int, run["seeds"])),
                int(run["step"]),
                dict(run["knobs"]),
                log,
                state,
            )
        except InvalidSnapshot:
            raise
        except Exception as error:  # whatever a damaged file makes of the parsers
            raise InvalidSnapshot(
                "This is not a Saddle snapshot, or it is damaged: choose a file saved by Saddle."
            ) from error

    def slim(self) -> Snapshot:
        """The form that ships: weights in half precision, no optimiser's moments, no knob log but
        the present values; of a weight `x` whose running mean is there as `mean.x`, the mean alone.

        Training goes on from it, though not bit for bit as it would have from the whole one.
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
        """Read a file. Raises InvalidSnapshot, also where there is no such file."""
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise InvalidSnapshot(f"Cannot read the snapshot {path}: {error.strerror or error}.") from error
        return cls.from_bytes(data)
