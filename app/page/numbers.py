"""Numbers as people read them, written as app/web/draw/numbers.js writes them.

They have a zero before the point and a true minus sign.
"""

from __future__ import annotations

import math

DASH = "–"  # not known
LARGE = 1e6  # from here on decimals are noise


def fixed(value: float | None, digits: int) -> str:
    """A number with so many decimals; a large one as 4.17e6."""
    if value is None or not math.isfinite(value):
        return DASH
    if abs(value) >= LARGE:
        return significant(value)
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")  # + 0.0: what rounds to 0 has no sign


def signed(value: float | None, digits: int) -> str:
    """The same with its sign."""
    text = fixed(value, digits)
    return text if text == DASH or text.startswith("−") else f"+{text}"


def significant(value: float | None, digits: int = 3) -> str:
    """A number with so many digits that count, as short as it can be written."""
    if value is None or not math.isfinite(value):
        return DASH
    return f"{value:.{digits}g}".replace("-", "−").replace("e+", "e")


def whole(value: int) -> str:
    """A whole number, its thousands apart."""
    return f"{value:,}".replace("-", "−")
