"""Axes and questions: what may be asked, and how values are spaced."""

from pathlib import Path

import pytest

import engine
from engine.atlas.axis import Axis
from engine.atlas.question import SOURCES, Question
from engine.core.declare import InvalidValue
from engine.methods.vat.vat import VAT


def test_values_are_equally_spaced_or_have_equal_ratios():
    assert Axis.parsed("lam=0:4:5").values == (0, 1, 2, 3, 4)
    assert Axis.parsed("xi=1e-6:1e-2:5:log").values == pytest.approx((1e-6, 1e-5, 1e-4, 1e-3, 1e-2), rel=1e-12)
    assert Axis.parsed("lam=2:2:1").values == (2,)


def test_a_finer_grid_has_the_values_of_the_coarser_one():
    """So that what was trained for one serves the other."""
    coarse, fine = (Axis.parsed(f"epsilon_vat=0.05:2:{n}:log").values for n in (5, 9))
    assert set(coarse) <= set(fine)


@pytest.mark.parametrize(
    "text, why",
    [
        ("lam", "is no axis: give NAME=LOW:HIGH:COUNT"),
        ("lam=0:4", "is no axis"),
        ("lam=0:four:3", "is no axis"),
        ("lam=0:4:3:cubic", "is no axis"),
        ("lam=0:4:3:log:1", "is no axis"),
        ("lam=0:4:3:log", "a log scale begins above 0"),
        ("lam=4:0:3", "give the lower number first"),
        ("lam=0:nan:3", "is no range"),
        ("lam=0:4:17", "give 1 to 16"),
        ("lam=0:4:0", "give 1 to 16"),
        ("lam=0:40:3", "lam = 20.0 is not allowed: give a number from 0 to 10"),
        ("lan=0:4:3", "has no number 'lan' to go through: did you mean lam?"),
        ("points=0:4:3", "has no number 'points'"),
        ("power_iterations=1:2:5", "are not all different: give fewer"),
    ],
)
def test_what_is_no_axis_is_refused_with_what_to_do(text, why):
    with pytest.raises(InvalidValue, match=why.replace("?", r"\?")):
        Axis.parsed(text).checked(VAT)


@pytest.mark.parametrize(
    "values, why",
    [
        ({"method": "arae"}, "there is no atlas of 'arae'"),
        ({"seeds": (0, 0)}, "2 seeds are not allowed"),
        ({"seeds": ()}, "0 seeds are not allowed"),
        ({"steps": -1}, "steps = -1 is not allowed"),
        ({"y": Axis("epsilon_vat", 1, 2, 2)}, "is on both axes"),
        ({"knobs": {"epsilon_vat": 1}}, "is on an axis, and has a value besides"),
        ({"kinds": ("vad",)}, "vat has no member 'vad'"),
    ],
)
def test_what_cannot_be_asked_is_refused(values, why):
    question = Question(**{"method": "vat", "x": Axis("epsilon_vat", 0.1, 1, 3), **values})
    with pytest.raises(InvalidValue, match=why):
        question.checked()


@pytest.mark.parametrize(
    "x, y, kinds",
    [
        ("epsilon_vat", "lam", ("vat",)),  # λ acts on all, ε of VAT on one
        ("epsilon_vat", "epsilon_random", ("vat", "random")),  # no member has both
        ("learning_rate", None, VAT.kinds),
        ("lam", None, ("adv_linf", "adv_l2", "vat", "random")),  # the others have no perturbed term
        ("unlabelled", "lam", ("vat", "random")),
        ("noise", "dropout", ("dropout",)),
    ],
)
def test_only_the_members_that_the_axes_act_on_are_trained(x, y, kinds):
    axes = [Axis(name, 1, 4, 1) if name == "unlabelled" else Axis(name, 0.1, 0.3, 2) for name in (x, y) if name]
    assert Question("vat", *axes).checked().kinds == kinds


def test_the_clean_share_acts_on_fgsm_and_random_noise():
    assert Question("training", Axis("alpha", 0, 1, 3)).checked().kinds == ("random", "fgsm")


def test_a_key_does_not_depend_on_how_members_were_listed_and_the_code_is_all_there():
    keys = set()
    for kinds in (("vat", "random"), ("random", "vat", "random")):
        question = Question("vat", Axis("lam", 0, 1, 2), kinds=kinds).checked()
        keys.add(tuple(map(question.key, question.cells())))
    assert len(keys) == 1
    assert all((Path(engine.__file__).parent / name).exists() for name in SOURCES)
