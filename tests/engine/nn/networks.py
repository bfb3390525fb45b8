"""Random batched networks in double precision."""

import torch

from engine.nn.batched_mlp import BatchedMLP

D64 = torch.float64


def network(members=3, widths=(20, 16, 12, 4), seed=0):
    """Networks of the given widths, one seed each, and a generator for what they are tried on."""
    net = BatchedMLP(members, widths, D64)
    for m in range(members):
        net.initialise(slice(m, m + 1), torch.Generator().manual_seed(seed + m))
    return net, torch.Generator().manual_seed(99)
