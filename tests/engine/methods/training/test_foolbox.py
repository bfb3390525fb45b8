"""Agreement with foolbox: its attacks on trained networks break what ours break."""

import foolbox
import pytest
import torch

from engine.methods.training.ensemble import KINDS
from engine.methods.training.plane import Training
from engine.methods.training.plane_view import ATTACKED, PGD_SHARE, PGD_STEPS, some_of_each_class
from engine.runs.run import Run

ATTACKS = {
    ("linf", "pgd"): foolbox.attacks.LinfProjectedGradientDescentAttack,
    ("l2", "pgd"): foolbox.attacks.L2ProjectedGradientDescentAttack,
    ("linf", "fgsm"): foolbox.attacks.LinfFastGradientAttack,
    ("l2", "fgsm"): foolbox.attacks.L2FastGradientAttack,
}


def module(run, kind):
    """A member as a plain torch module."""
    layers, at, parts = run.method.nets.layers(), run.method.nets.span(kind).start, []
    for w, b in layers:
        linear = torch.nn.Linear(w.shape[1], w.shape[2])
        linear.weight.data, linear.bias.data = w[at].T.contiguous(), b[at, 0].clone()
        parts += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*parts[:-1]).eval()


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_robust_accuracy_is_foolboxs(norm):
    setup = Training.make_setup({"dataset": "moons", "norm": norm, "hidden": "32"})
    run, knobs = Run(Training, setup, 1), Training.make_knobs(setup)
    run.advance(knobs, 250)
    ours = run.method.metrics(knobs, ("fgsm_error", "pgd_error"))[0]
    data = run.method.plane_task.data[0]
    at = some_of_each_class(data.test_y, ATTACKED)
    x, y = data.test_z[at].float(), data.test_y[at]
    for kind in KINDS:
        model = foolbox.PyTorchModel(module(run, kind), bounds=(-100, 100))
        for name in ("fgsm", "pgd"):
            more = {"steps": PGD_STEPS, "abs_stepsize": PGD_SHARE * knobs.epsilon} if name == "pgd" else {}
            moved = ATTACKS[norm, name](random_start=False, **more).run(
                model, x, foolbox.criteria.Misclassification(y), epsilon=knobs.epsilon
            )
            error = 100 * (model(moved).argmax(-1) != y).double().mean().item()
            assert ours[f"{name}_error.{kind}"] == pytest.approx(error, abs=0.2), (kind, name)
