"""Agreement of the attacks with foolbox, on the same model and points, without random starts."""

import copy

import foolbox
import pytest
import torch
from torch import nn

from engine.attacks import Settings, Task, run
from engine.attacks.norms import NORMS
from engine.core.streams import stream
from engine.data import mnist
from engine.nn.digit_classifiers import build, initialise, load


@pytest.fixture(scope="module", params=["dnn4", "cnn"])
def classifier(request) -> nn.Module:
    """A digit net trained for a moment, so that gradients have the size of a trained net's."""
    net = build(request.param)
    initialise(net, stream(0, "weights"))
    x, y = mnist.images("train")[:3000].float() / 255, mnist.labels("train")[:3000]
    optimiser = torch.optim.Adam(net.parameters(), 2e-3)
    for rows in torch.arange(3000).split(100):
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        optimiser.step()
    return net.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def digits():
    return mnist.images("test")[:60].float() / 255, mnist.labels("test")[:60]


def theirs(attack, net, x, criterion, epsilon):
    _, clipped, _ = attack(foolbox.PyTorchModel(net, bounds=(0, 1)), x, criterion, epsilons=epsilon)
    return clipped


@pytest.mark.parametrize("epsilon", [0.03, 0.1, 0.25])
def test_fgsm_is_foolboxs_to_the_rounding_bit(classifier, digits, epsilon):
    x, y = digits
    found = theirs(
        foolbox.attacks.LinfFastGradientAttack(random_start=False),
        classifier,
        x,
        foolbox.criteria.Misclassification(y),
        epsilon,
    )
    ours = run("fgsm", Task(classifier, x, y, epsilon=epsilon), Settings())
    # Foolbox may leave the ball by a rounding bit, which is taken back here.
    assert (ours - found).abs().max() <= torch.finfo(x.dtype).eps / 2
    assert ((ours - x).abs() <= (found - x).abs()).all() and ((ours - x).double().abs() <= epsilon).all()


@pytest.mark.parametrize("norm, epsilon, step_size", [("linf", 0.1, 0.01), ("linf", 2 / 255, 0.001), ("l2", 1.5, 0.1)])
@pytest.mark.parametrize("targeted", [False, True])
def test_forty_steps_of_pgd_are_foolboxs(classifier, digits, norm, epsilon, step_size, targeted):
    x, y = digits
    if (
        norm == "l2"
        # in float32 an input of a ReLU within the last bit of 0 parts two equal implementations;
        # the mathematics is compared in float64
    ):
        classifier, x, y = copy.deepcopy(classifier).double(), x[:30].double(), y[:30]
    targets = (y + 3) % 10 if targeted else None
    criterion = (
        foolbox.criteria.TargetedMisclassification(targets) if targeted else foolbox.criteria.Misclassification(y)
    )
    kind = {
        "linf": foolbox.attacks.LinfProjectedGradientDescentAttack,
        "l2": foolbox.attacks.L2ProjectedGradientDescentAttack,
    }[norm]
    found = theirs(kind(abs_stepsize=step_size, steps=40, random_start=False), classifier, x, criterion, epsilon)
    ours = run(
        "pgd",
        Task(classifier, x, y, targets, NORMS[norm], epsilon),
        Settings(steps=40, step_size=step_size, random_start=False),
    )
    assert (ours - found).abs().max() <= (1e-6 if norm == "linf" else 1e-12)


@pytest.mark.parametrize("name", ["dnn4", "cnn", "cnn-robust"])
def test_of_sure_models_fgsm_is_what_foolbox_finds_in_double_precision(name, digits):
    """Where p rounds to 1 in float32, the gradient of the cross-entropy rounds to 0 and foolbox's
    own digit stays as it was.
    """
    net, (x, y) = load(name), digits
    assert (net(x).softmax(1).amax(1) > 0.999).any()
    attack = foolbox.attacks.LinfFastGradientAttack(random_start=False)
    found = theirs(attack, copy.deepcopy(net).double(), x.double(), foolbox.criteria.Misclassification(y), 0.1)
    assert (run("fgsm", Task(net, x, y, epsilon=0.1), Settings()) - found).abs().max() <= 1e-7


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_deepfool_finds_perturbations_no_larger_than_foolboxs(classifier, digits, norm):
    x, y = digits
    kept = classifier(x).argmax(1) == y
    x, y = x[kept], y[kept]
    kind = {"linf": foolbox.attacks.LinfDeepFoolAttack, "l2": foolbox.attacks.L2DeepFoolAttack}[norm]
    found, ours = theirs(kind(), classifier, x, foolbox.criteria.Misclassification(y), None), None
    ours = run("deepfool", Task(classifier, x, y, norm=NORMS[norm], epsilon=100.0), Settings(steps=50))
    size = [NORMS[norm].size(a - x).median().item() for a in (ours, found)]
    assert (classifier(ours).argmax(1) != y).all() and size[0] <= 1.05 * size[1], size


def test_carlini_wagner_finds_perturbations_no_larger_than_foolboxs(classifier, digits):
    x, y = digits[0][:12], digits[1][:12]
    kept = classifier(x).argmax(1) == y
    x, y = x[kept], y[kept]
    attack = foolbox.attacks.L2CarliniWagnerAttack(binary_search_steps=4, steps=60, stepsize=0.05, initial_const=1.0)
    found = theirs(attack, classifier, x, foolbox.criteria.Misclassification(y), None)
    ours = run(
        "cw", Task(classifier, x, y, norm=NORMS["l2"], epsilon=100.0), Settings(steps=60, searches=4, rate=0.05, c=1.0)
    )
    assert (classifier(ours).argmax(1) != y).all()
    assert (ours - x).norm(dim=1).mean() <= 1.1 * (found - x).norm(dim=1).mean()
