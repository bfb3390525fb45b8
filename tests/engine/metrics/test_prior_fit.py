"""How well codes fit a prior, for codes whose fit is known."""

import math

import pytest
import torch

from engine.data.priors import Prior
from engine.metrics.prior_fit import NULL, null_fit, prior_fit
from tests.draws import generator


def test_fit_agrees_with_the_table_of_known_codes():
    """The spec's table: each number's blind spot, and the null value beside it."""
    petals, g = Prior("petals"), generator(7)
    z = petals.sample(1000, g)
    itself, gaussian, shrunk = (
        prior_fit(z, petals),
        prior_fit(torch.randn(1000, 2, generator=g), petals),
        prior_fit(0.7 * z, petals),
    )
    missing = prior_fit(z[petals.component(z) > 0], petals)
    assert itself["mmd2"] < 2e-3 and itself["sliced_w2"] < 0.12 and itself["modes_covered"] == 10
    assert gaussian["log_p_prior"] == pytest.approx(-5.16, abs=0.4)
    assert gaussian["modes_covered"] == 10
    assert gaussian["mmd2"] > 5e-3
    assert shrunk["log_p_prior"] > itself["log_p_prior"] and shrunk["mmd2"] > 0.02 and shrunk["sliced_w2"] > 0.25
    assert missing["log_p_prior"] == pytest.approx(-2.10, abs=0.1) and missing["modes_covered"] == 9
    values = null_fit(petals, 1000)
    assert set(values) == set(NULL)
    assert abs(values["mmd2_null"]) < 1e-3
    assert values["sliced_w2_null"] == pytest.approx(0.073, abs=0.04)
    assert all(math.isnan(v) for v in prior_fit(z * math.inf, petals).values())
