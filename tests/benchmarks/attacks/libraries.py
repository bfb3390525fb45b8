"""PGD in L2 by Saddle and by five libraries, on the same digits: how many are turned.

`python -m tests.benchmarks.attacks.libraries`. foolbox is in tests/requirements.txt; the others
are not, because some need an older torch: `pip install --no-deps --target FOLDER torchattacks
adversarial-robustness-toolbox cleverhans captum`, and put FOLDER into PYTHONPATH. What is missing
is left out.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from engine.attacks import Settings, Task, run
from engine.attacks.norms import NORMS
from engine.data import mnist
from engine.nn import digit_classifiers

STEPS, STEP, EPSILON, COUNT = 40, 0.1, 1.5, 100
PACKAGES = {"ART": "adversarial-robustness-toolbox"}


def saddle(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Saddle's PGD without a random start."""
    return run(
        "pgd", Task(net, x, y, None, NORMS["l2"], EPSILON), Settings(steps=STEPS, step_size=STEP, random_start=False)
    )


def foolbox(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """foolbox's L2ProjectedGradientDescentAttack."""
    import foolbox as fb

    attack = fb.attacks.L2ProjectedGradientDescentAttack(abs_stepsize=STEP, steps=STEPS, random_start=False)
    return attack(fb.PyTorchModel(net, bounds=(0, 1)), x, fb.criteria.Misclassification(y), epsilons=EPSILON)[1]


def torchattacks(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """torchattacks' PGDL2."""
    import torchattacks as ta

    return ta.PGDL2(net, eps=EPSILON, alpha=STEP, steps=STEPS, random_start=False)(x, y)


def art(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """ART's ProjectedGradientDescentPyTorch."""
    from art.attacks.evasion import ProjectedGradientDescentPyTorch
    from art.estimators.classification import PyTorchClassifier

    model = PyTorchClassifier(net, nn.CrossEntropyLoss(), tuple(x.shape[1:]), 10, clip_values=(0, 1), device_type="cpu")
    attack = ProjectedGradientDescentPyTorch(
        model, norm=2, eps=EPSILON, eps_step=STEP, max_iter=STEPS, num_random_init=0, batch_size=COUNT, verbose=False
    )
    return torch.from_numpy(attack.generate(x.numpy(), nn.functional.one_hot(y, 10).numpy()))


def cleverhans(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """cleverhans' projected_gradient_descent."""
    from cleverhans.torch.attacks.projected_gradient_descent import projected_gradient_descent

    return projected_gradient_descent(
        net, x, EPSILON, STEP, STEPS, 2, clip_min=0, clip_max=1, y=y, rand_init=False, sanity_checks=False
    )


def captum(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """captum's PGD."""
    from captum.robust import PGD

    attack = PGD(net, nn.CrossEntropyLoss(reduction="none"), lower_bound=0, upper_bound=1)
    return attack.perturb(x, EPSILON, STEP, STEPS, y, norm="L2")


LIBRARIES: Mapping[str, Callable[[nn.Module, Tensor, Tensor], Tensor]] = {
    "Saddle": saddle,
    "foolbox": foolbox,
    "torchattacks": torchattacks,
    "ART": art,
    "cleverhans": cleverhans,
    "captum": captum,
}


def main() -> None:
    """Print, for each library, how many of the digits it turns, and the digits that stand still."""
    torch.set_num_threads(1)
    x = mnist.images("test")[:COUNT].float().view(-1, 1, 28, 28) / 255
    net = digit_classifiers.load("cnn").requires_grad_(False)
    with torch.no_grad():
        y = net(x).argmax(1)
    for library, attack in LIBRARIES.items():
        try:
            found = attack(net, x.clone(), y).detach()
        except ImportError as error:
            print(f"{library}: not here ({error})")
            continue
        with torch.no_grad():
            turned = int((net(found).argmax(1) != y).sum())
        still = int(((found - x).flatten(1).norm(dim=1) < 0.01).sum())
        version = "" if library == "Saddle" else " " + importlib.metadata.version(PACKAGES.get(library, library))
        print(f"{library}{version}: {turned} of {COUNT} turned, {still} not moved", flush=True)


if __name__ == "__main__":
    main()
