"""Random streams: every draw of a run comes from a generator named after what it draws."""

import hashlib

import torch


def stream(seed: int, name: str) -> torch.Generator:
    """A CPU generator for the stream `name` of `seed`; streams of one seed are independent of each
    other.
    """
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    # Mersenne twisters want a seed with many set bits, which a hash gives even for seed 0.
    return torch.Generator().manual_seed(int.from_bytes(digest, "little") >> 1)
