"""The knobs of the attack lab act where they are shown, and nowhere else."""

import pytest
import torch

from engine.attacks import ATTACKS, Task, run
from engine.core.streams import stream
from engine.methods.attacks.knobs import CLIMBING, AttackKnobs, attack_of
from tests.engine.attacks.problems import every_norm, images, network


@pytest.mark.parametrize(
    "attack", [a for a in ATTACKS.values() if a.name != "lbfgs"], ids=lambda a: a.name
)  # that one takes long, and has two knobs
@every_norm
@pytest.mark.parametrize("targeted", [False, True])
def test_a_knob_that_is_hidden_changes_nothing(attack, norm, targeted):
    """And the ones that say where they matter do matter there."""
    net, x, declared = network(), images(8), AttackKnobs.declarations()
    labels = net(x).argmax(1)
    base = {
        "method": attack.name,
        "norm": norm.name,
        "epsilon": 60,
        "epsilon_l2": 0.6,
        "step_size": 8,
        "step_size_l2": 0.1,
        "steps": 5,
        "searches": 2,
        "rate": 0.05,
        "restarts": 1,
    }
    others = {
        "epsilon": 20,
        "epsilon_l2": 0.2,
        "step_size": 16,
        "step_size_l2": 0.2,
        "steps": 2,
        "random_start": False,
        "restarts": 0,
        "difference": True,
        "momentum": 0.2,
        "rate": 0.2,
        "c": 30,
        "confidence": 3,
        "searches": 3,
        "overshoot": 0.5,
    }

    def image(values):
        knobs = AttackKnobs.of({**base, **values})
        how, ball, epsilon, settings = attack_of(knobs)
        return run(
            how,
            Task(
                net,
                x,
                labels,
                (labels + 1) % 4 if targeted else None,
                ball,
                epsilon,
                knobs.difference and knobs.method in CLIMBING,
            ),
            settings,
            stream(0, "starts"),
        )

    def matters(name, values):
        now = {**AttackKnobs().to_dict(), **base, "target": "yes" if targeted else "", **values}
        d = declared[name]
        return (not d.when or now[d.when[0]] in d.when[1]) and not (d.unless and now[d.unless[0]] in d.unless[1])

    for start in (True, False) if attack.name == "pgd" else (True,):
        values = {"random_start": start}
        before = image(values)
        for name, other in others.items():
            if name != "random_start" or start:
                acts = not torch.equal(before, image({**values, name: other}))
                shown = matters(name, values)
                assert shown or not acts, name
                must = (
                    ("step_size", "step_size_l2", "difference", "momentum", "rate", "random_start")
                    if attack.name != "fgsm"
                    else ()
                )
                assert acts or not shown or name not in must, name
