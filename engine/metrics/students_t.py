"""Quantiles of Student's t, for intervals of confidence.

scipy.special has them too, but to import it takes 16 MB and a fifth of a second, and everything
else that a page shows does without.
"""

from __future__ import annotations

import math

TINY = 1e-300  # in place of 0 in a denominator
STEPS = 10_000  # of the continued fraction, at most; it takes about √ν of them


def tail(t: float, degrees: float) -> float:
    """P(T > t) for t ≥ 0, where T has Student's t with `degrees` > 0 degrees of freedom ν.

    Half of I_x(ν/2, 1/2) at x = ν/(ν + t²) (Abramowitz, Stegun 1964, 26.5.27, 26.7.1).
    """
    return _beta(degrees / 2, 0.5, degrees / (degrees + t * t), t * t / (degrees + t * t)) / 2


def quantile(degrees: float, p: float) -> float:
    """The t that T stays below with probability p, from 1/2 to 1 (without 1)."""
    high = 1.0
    while tail(high, degrees) > 1 - p:
        high *= 2
    low = 0.0
    while low < (middle := (low + high) / 2) < high:  # until no number lies between the two
        low, high = (middle, high) if tail(middle, degrees) > 1 - p else (low, middle)
    return high


def _beta(a: float, b: float, x: float, rest: float) -> float:
    """The regularised incomplete beta function I_x(a, b). rest: 1 − x, without rounding."""
    if x <= 0 or rest <= 0:
        return float(rest <= 0)
    if x > (a + 1) / (a + b + 2):  # there the fraction converges slowly
        return 1 - _beta(b, a, rest, x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest))
    return front / (a * _fraction(a, b, x))


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction 1 + d₁/(1 + d₂/(1 + …)) of I_x(a, b), by Lentz's method (Abramowitz,
    Stegun 1964, 26.5.8).
    """
    value = c = 1.0
    d = 0.0
    for k in range(1, STEPS):
        m = k // 2
        if k % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + term * d or TINY)
        c = 1 + term / c or TINY
        value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return value
