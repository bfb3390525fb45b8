"""Agreement of the members' perturbations with foolbox."""

import foolbox
import pytest
import torch

from engine.methods.vat.vat import VAT
from engine.runs.run import Run


@pytest.fixture(scope="module")
def trained():
    """A trained run, its training points, and the four perturbed members as plain torch modules."""
    run = Run(VAT, VAT.make_setup({}), 2)
    knobs = VAT.make_knobs(run.setup)
    run.advance(knobs, 120)
    x, target = run.method.plane_task.training_batch(knobs.points)
    modules = []
    for m in range(4):
        net = torch.nn.Sequential(torch.nn.Linear(100, 100), torch.nn.ReLU(), torch.nn.Linear(100, 2)).eval()
        for layer, (w, b) in zip((net[0], net[2]), run.method.nets.moved.layers()):
            layer.weight.data, layer.bias.data = w[m].detach().T.contiguous(), b[m, 0].detach().clone()
        modules.append(net)
    split = run.method.nets.plain.members
    d = torch.randn(2, 16, 100, generator=torch.Generator().manual_seed(0))
    r = run.method.nets.perturbations(x[split:], target[split:], d, run.method.terms(knobs))
    return knobs, x[0], target[0].argmax(-1), modules, r


@pytest.mark.parametrize("member, name", [(0, "epsilon_adv_linf"), (1, "epsilon_adv_l2")])
def test_adversarial_directions_are_foolboxs(trained, member, name):
    knobs, x, y, modules, r = trained
    epsilon = getattr(knobs, name)
    attack = (foolbox.attacks.LinfFastGradientAttack if member == 0 else foolbox.attacks.L2FastGradientAttack)(
        random_start=False
    )
    moved = attack.run(
        foolbox.PyTorchModel(modules[member], bounds=(-100, 100)),
        x,
        foolbox.criteria.Misclassification(y),
        epsilon=epsilon,
    )
    assert torch.allclose(x + r[member], moved, atol=1e-6)


def test_the_virtual_adversarial_step_lies_on_foolboxs_line(trained):
    knobs, x, y, modules, r = trained
    attack = foolbox.attacks.VirtualAdversarialAttack(steps=1, xi=1e-3)
    torch.manual_seed(0)  # foolbox draws from the global generator
    model = foolbox.PyTorchModel(modules[2], bounds=(-100, 100))
    theirs = attack.run(model, x, foolbox.criteria.Misclassification(y), epsilon=knobs.epsilon_vat) - x
    # Both draw their own start, which decides the sign alone: with two classes the direction is one
    # line.
    cosine = torch.cosine_similarity(r[2], theirs, dim=-1).abs()
    assert (cosine > 0.999).float().mean() >= 0.9, cosine
