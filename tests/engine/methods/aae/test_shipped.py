"""The AAE lab's shipped snapshots hold the numbers they are shipped for, on the 10,000 test images
and in their slim form.
"""

import functools

import pytest

from engine.core.shipped import open_shipped, shipped
from engine.runs.run import Run

NAMES = {
    "petals": "aae",
    "gaussian": "aae",
    "swiss-roll": "aae",
    "petals-labels": "aae",
    "vae-petals": "vae",
    "beside-petals": "aae-vae",
    "beside-gaussian": "aae-vae",
    "style": "aae-supervised",
    "semi-100": "aae-semi",
    "semi-1000": "aae-semi",
}


@functools.lru_cache
def opened(name):
    return Run.restore(open_shipped(name))


@functools.lru_cache
def numbers(name):
    run = opened(name)
    return run.method.metrics(run.knobs)[0]


def test_all_are_there_and_say_how_they_were_trained():
    known = {s.name: s for s in shipped()}
    for name, method in NAMES.items():
        assert known[name].method == method and known[name].description
        assert f"python -m engine run {method} " in known[name].command and opened(name).step > 0
        assert opened(name).setup.test == 10000


def test_petals_are_fitted():
    """All four together; any one alone can be had by codes that are wrong (see the table of known
    codes).
    """
    n = numbers("petals")
    assert opened("petals").knobs.s == 0.1 and opened("petals").knobs.modes == 10
    assert n["mmd2"] < 0.002
    assert n["sliced_w2"] < 0.12
    assert n["modes_covered"] == 10
    assert abs(n["log_p_prior"] + 2.10) < 0.2


@pytest.mark.parametrize("prior", ("petals", "gaussian"))
def test_the_vae_leaves_gaps_where_the_aae_fits(prior):
    run = opened(f"beside-{prior}")
    assert run.knobs.prior == prior
    n = run.method.metrics(run.knobs, ("mmd2", "sliced_w2"))[0]  # of 1000 test images
    assert n["mmd2.aae"] < n["mmd2.vae"] / 2 and n["sliced_w2.aae"] < n["sliced_w2.vae"] / 2


def test_a_vae_alone_is_the_vae_beside_an_aae():
    """Trained by two commands from the same seed: what stands beside it changes nothing."""
    alone, beside = opened("vae-petals").method, opened("beside-petals").method
    assert alone.codes("vae", alone.held_out).equal(beside.codes("vae", beside.held_out))


def test_every_digit_has_its_own_petal():
    run = opened("petals-labels")
    z = run.method.codes("aae", run.method.test_x[:].float() / 255)
    own = (run.knobs.p().component(z) == run.method.test_y).double().mean().item()
    assert run.knobs.labels == 10000 and own > 0.9


@pytest.mark.parametrize("name", ("semi-100", "semi-1000"))
def test_few_labels(name):
    assert opened(name).knobs.labels == int(name.split("-")[1])
    assert numbers(name)["test_error"] <= {"semi-100": 5, "semi-1000": 3}[name]


def test_a_style_keeps_its_digit():
    """Of images decoded from a style drawn from the prior and a digit, at least 80 % are read as
    that digit by a classifier trained apart.
    """
    assert numbers("style")["controlled"] >= 80


@pytest.mark.parametrize("name, prior", (("gaussian", "gaussian"), ("swiss-roll", "swiss")))
def test_other_priors_are_followed(name, prior):
    n = numbers(name)
    assert opened(name).knobs.prior == prior
    assert n["mmd2"] < 0.003 and n["sliced_w2"] < 0.12 and n["modes_covered"] == 10
