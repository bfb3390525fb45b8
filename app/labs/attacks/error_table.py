"""Errors of the shipped digit classifiers, as HTML for the slots of digits_explanation.md."""

from __future__ import annotations

import json
from typing import Any

from app.labs.attacks.stage import NETS
from engine.core.assets import ASSETS

KINDS = ("clean", "fgsm", "pgd")


def _tenth(percent: float) -> str:
    """Per cent with one decimal.

    Per cent of 10,000 have two decimals; halves are rounded up.
    """
    return f"{percent + 1e-6:.1f}"


def _found() -> dict[str, dict[str, Any]]:
    """Classifier → its errors, as `python -m engine digit-errors --json` wrote them."""
    return {r["name"]: r for r in json.loads((ASSETS / "digits" / "errors.json").read_text(encoding="utf-8"))}


def error_table() -> str:
    """An HTML table of the shipped classifiers' errors on all test digits."""
    found = _found()
    rows = ""
    for name, title in NETS.items():
        cells = "".join(f"<td>{_tenth(found[name + end][kind])}</td>" for end in ("", "-robust") for kind in KINDS)
        rows += f"<tr><th>{title}</th>{cells}</tr>"
    caption = f"Per cent wrong of {found['cnn']['count']:,} test digits at ε = 0.1, PGD of 40 steps"
    groups = '<th colspan="3">plain</th><th colspan="3">robust</th>'
    heads = "".join(f"<th>{kind}</th>" for kind in ("clean", "FGSM", "PGD") * 2)
    return (
        f"<table><caption>{caption}</caption><thead><tr><th></th>{groups}</tr><tr><th></th>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def wide_errors() -> str:
    """The errors at ε = .3 of the CNN that was trained against it, in per cent, as text.

    They are: clean, under FGSM and under PGD.
    """
    clean, fgsm, pgd = (_tenth(_found()["cnn-robust-3"][kind]) for kind in KINDS)
    return f"{clean}, {fgsm} and {pgd}"
