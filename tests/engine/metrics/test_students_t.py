"""Student's t against scipy."""

import pytest
from scipy.special import stdtr, stdtrit

from engine.metrics.students_t import quantile, tail


@pytest.mark.parametrize("degrees", (1, 1.3, 2, 6, 20, 100.5, 976, 1e5))
def test_quantiles_and_tails_are_scipys(degrees):
    for p in (0.5001, 0.6, 0.9, 0.975, 0.9999):
        assert quantile(degrees, p) == pytest.approx(stdtrit(degrees, p), rel=1e-9)
    for t in (0.0, 1e-3, 0.5, 2.0, 40.0):
        assert tail(t, degrees) == pytest.approx(stdtr(degrees, -t), rel=1e-9, abs=1e-15)
