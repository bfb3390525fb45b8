"""Random streams: every draw of a run comes from a generator named after what it draws."""

import hashlib
from collections.abc import Iterable

import torch
from torch import Tensor


def stream(seed: int, name: str) -> torch.Generator:
    """A new CPU generator for the stream `name` of `seed`, independent of its other streams."""
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    # A Mersenne twister needs a seed with many bits set, which a hash gives even for seed 0.
    return torch.Generator().manual_seed(int.from_bytes(digest, "little") >> 1)


def states(generators: Iterable[torch.Generator]) -> Tensor:
    """The states of some generators, one a row, for a run's state."""
    return torch.stack([generator.get_state() for generator in generators])


def load_states(generators: Iterable[torch.Generator], saved: Tensor) -> None:
    """Set each generator to its row of `saved`, a result of `states`.

    Raises ValueError where their counts differ.
    """
    for generator, state in zip(generators, saved, strict=True):
        generator.set_state(state.clone())  # set_state ignores the offset of a view
