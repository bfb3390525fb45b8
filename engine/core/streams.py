"""Random streams: every draw of a run comes from a generator named after what it draws."""

import hashlib

import torch


def stream(seed: int, name: str) -> torch.Generator:
    """A new CPU generator for the stream `name` of `seed`, independent of its other streams."""
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    # A Mersenne twister needs a seed with many bits set, which a hash gives even for seed 0.
    return torch.Generator().manual_seed(int.from_bytes(digest, "little") >> 1)
