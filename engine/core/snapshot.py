"""Snapshot: all that a run needs to go on, in memory or as one file.

A file is in the format safetensors, with a JSON header in its metadata. It holds tensors and no
code, so that opening a stranger's file runs nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from engine.core.declare import brief
from engine.core.stored import nbytes

FORMAT = "saddle-snapshot-1"
MOST_COUNT = 2**53  # seeds beyond it are no whole numbers in a browser
MOST_THREADS = 256
MOST_STEPS = 10**9  # of a saved run, so that there is room to go on
# MB (2²⁰ bytes) of a file that a page opens; .streamlit/config.toml lets as much through. Opening
# one takes about six times its size in memory. The largest set-ups of all methods but two save
# less; those two, with up to 257 MB, are saved in their small form.
MOST_MB = 128
KINDS = {dict: "table of names and values", list: "list", str: "text", int: "whole number"}
OPTIMISER = "optimiser."  # the names of an optimiser's tensors begin with this
MEAN = "mean."  # the running mean of the weight `x` is called `mean.x`


class InvalidSnapshot(ValueError):
    """Not a snapshot, a damaged one, or of another method or version; the message says which."""


class _Header:
    """What a file's header says of the run. Its functions raise InvalidSnapshot, naming the part
    that is not of its kind.
    """

    def __init__(self, values: Any) -> None:
        self._values = self._of(dict, values, "header")

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            raise InvalidSnapshot(f"This snapshot is damaged: it has no {name}.")
        return self._values[name]

    def _of(self, kind: type, value: Any, name: str) -> Any:
        if not isinstance(value, kind) or isinstance(value, bool):
            raise InvalidSnapshot(f"This snapshot is damaged: its {name} is {brief(value)}, not a {KINDS[kind]}.")
        return value

    def text(self, name: str) -> str:
        return self._of(str, self[name], name)

    def table(self, name: str) -> dict[str, Any]:
        return self._of(dict, self[name], name)

    def count(self, name: str, value: Any, most: int = MOST_COUNT) -> int:
        if not 0 <= self._of(int, value, name) <= most:
            raise InvalidSnapshot(f"This snapshot is damaged: its {name} is {brief(value)}, not from 0 to {most}.")
        return value

    def seeds(self) -> tuple[int, ...]:
        found = tuple(self.count("seed", seed) for seed in self._of(list, self["seeds"], "seeds"))
        if not found:
            raise InvalidSnapshot("This snapshot is damaged: it has no seed.")
        return found

    def log(self) -> tuple[tuple[int, dict[str, Any]], ...]:
        found = []
        for entry in self._of(list, self["log"], "knob log"):
            if len(self._of(list, entry, "entry of the knob log")) != 2:
                raise InvalidSnapshot("This snapshot is damaged: an entry of its knob log is no step with changes.")
            step, changes = entry
            found.append((self.count("step in the knob log", step), self._of(dict, changes, "change in the knob log")))
        return tuple(found)

    def threads(self, steps: int) -> tuple[tuple[int, int], ...]:
        found: list[tuple[int, int]] = []
        for entry in self._of(list, self._values.get("threads", []), "list of threads"):
            if len(self._of(list, entry, "entry of the list of threads")) != 2 or not entry[1]:
                raise InvalidSnapshot("This snapshot is damaged: an entry of its list of threads is no step and count.")
            step, count = entry
            at = self.count("step in the list of threads", step, steps)
            found.append((at, self.count("number of threads", count, MOST_THREADS)))
        if found != sorted(found):
            raise InvalidSnapshot("This snapshot is damaged: the steps of its list of threads are not in order.")
        return tuple(found)


@dataclass(frozen=True)
class Snapshot:
    """A run at one moment. method: its name. setup: field → value. step: steps done. knobs: name →
    value at that step. log: (step, changes) pairs as in Run.log. state: tensors of the method.
    threads: (step, count) pairs as in Run.threads.
    """

    method: str
    setup: Mapping[str, Any]
    seeds: tuple[int, ...]
    step: int
    knobs: Mapping[str, Any]
    log: tuple[tuple[int, Mapping[str, Any]], ...]
    state: Mapping[str, Tensor]
    threads: tuple[tuple[int, int], ...] = ()

    @property
    def megabytes(self) -> float:
        """What its tensors take, nearly all of a file, in MB (2²⁰ bytes)."""
        return nbytes(self.state) / 2**20

    def to_open(self) -> tuple[bytes, bool]:
        """A file that a page opens, and whether it is the small form, because the whole is more
        than MOST_MB.
        """
        if self.megabytes <= MOST_MB and len(data := self.to_bytes()) <= MOST_MB * 2**20:
            return data, False
        return self.slim().to_bytes(), True

    def to_bytes(self) -> bytes:
        """The file as bytes."""
        values = {
            "method": self.method,
            "setup": self.setup,
            "seeds": self.seeds,
            "step": self.step,
            "knobs": self.knobs,
            "log": self.log,
        }
        header = json.dumps(values | ({"threads": self.threads} if self.threads else {}))
        check = _checksum(header, self.state)
        return safetensors.torch.save(dict(self.state), {"format": FORMAT, "run": header, "check": check})

    @classmethod
    def from_bytes(cls, data: bytes) -> Snapshot:
        """Read a file. Raises InvalidSnapshot.

        Files of versions before there was a checksum have none, and open without. Those without a
        list of threads are of runs trained with one.
        """
        try:
            size = int.from_bytes(data[:8], "little")
            meta = json.loads(data[8 : 8 + size])["__metadata__"]
            state = safetensors.torch.load(data)
            if meta["format"] != FORMAT:
                raise InvalidSnapshot(
                    f"This snapshot has the format {meta['format']!r}; this version reads {FORMAT!r}."
                )
            if meta.get("check", "") not in ("", _checksum(meta["run"], state)):
                raise InvalidSnapshot(
                    "This snapshot was changed after it was saved, so that its weights, set-up and knobs need not "
                    "belong together: choose a file as Saddle saved it."
                )
            run = _Header(json.loads(meta["run"]))
            steps = run.count("step", run["step"], MOST_STEPS)
            return cls(
                run.text("method"),
                run.table("setup"),
                run.seeds(),
                steps,
                run.table("knobs"),
                run.log(),
                state,
                run.threads(steps),
            )
        except InvalidSnapshot:
            raise
        except Exception as error:  # a damaged file may raise anything in the parsers
            raise InvalidSnapshot(
                "This is not a Saddle snapshot, or it is damaged: choose a file saved by Saddle."
            ) from error

    def slim(self) -> Snapshot:
        """The small form that ships: weights in half precision, no moments of optimisers, a log of
        the present knobs alone, no list of threads, and of a weight with a running mean the mean
        alone.

        Training can go on from it, but not bit for bit as from the whole snapshot.
        """
        state = {
            k: v.half() if v.dtype is torch.float32 else v
            for k, v in self.state.items()
            if not k.startswith(OPTIMISER) and f"{MEAN}{k}" not in self.state
        }
        return replace(self, state=state, log=((self.step, dict(self.knobs)),), threads=())

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


def _checksum(header: str, state: Mapping[str, Tensor]) -> str:
    """A checksum of all that a file holds, against damage and changes by hand."""
    found = hashlib.blake2b(header.encode(), digest_size=16)
    for name, x in sorted(state.items()):
        found.update(f"{name} {x.dtype} {tuple(x.shape)}".encode())
        found.update(x.detach().contiguous().reshape(-1).view(torch.uint8).numpy())
    return found.hexdigest()
