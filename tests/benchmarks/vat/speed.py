"""Batched training of VAT's members against plain eager loops, in one run on one thread.

`python -m tests.benchmarks.vat.speed`
"""

from __future__ import annotations

import torch

from engine.methods.vat.ensemble import KINDS, MemberTerms, RegularisedEnsemble
from engine.methods.vat.vat import VAT
from engine.runs.run import Run
from tests.benchmarks.timing import alternate
from tests.benchmarks.vat import eager


def seven() -> tuple[float, float, float]:
    """One step of the seven methods: a plain loop of each in turn against the batched run."""
    run = Run(VAT, VAT.make_setup({}), seed=0)
    knobs = VAT.make_knobs(run.setup)
    x, y = (
        run.method.plane_task.inputs([run.method.plane_task.data[0].train_z])[0],
        run.method.plane_task.data[0].train_y,
    )
    loops = [eager.trainer(kind, eager.network(), x, y) for kind in KINDS]
    return alternate(lambda: [step() for step in loops], lambda: run.advance(knobs))


def many_vat(members: int = 64) -> tuple[float, float, float]:
    """One VAT step of many networks: in turn, against batched."""
    g = torch.Generator().manual_seed(0)
    x, y = torch.randn(16, 100, generator=g), torch.arange(16) % 2
    loops = [eager.trainer("vat", eager.network(), x, y) for _ in range(members)]
    nets = RegularisedEnsemble({"vat": members}, (100, 100, 2), torch.float32)
    nets.initialise(slice(None), g)

    def same(value: float) -> torch.Tensor:
        return torch.full((members,), value)

    terms = MemberTerms(same(0.4), same(1.0), same(0.0), same(0.0), same(1.0), eager.XI, 1)
    xs, target = x.expand(members, -1, -1).contiguous(), torch.eye(2)[y].expand(members, -1, -1)

    def batched() -> None:
        nets.step(xs, target, torch.randn(members, 16, 100, generator=g), torch.empty(0, 16, 100), terms)

    return alternate(lambda: [step() for step in loops], batched)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, result in {"seven methods": seven(), "64 VAT members": many_vat()}.items():
        print(f"{name}: eager loop {result[0] * 1e3:.2f} ms, batched {result[1] * 1e3:.2f} ms, ratio {result[2]:.2f}")
