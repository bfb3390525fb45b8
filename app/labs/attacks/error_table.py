"""What the shipped digit classifiers get wrong, as HTML for the slots of digits_explanation.md."""

from __future__ import annotations

import json
from typing import Any

from app.labs.attacks.stage import NETS
from engine.core.assets import ASSETS

KINDS = ("clean", "fgsm", "pgd")


def _tenth(share: float) -> str:
    """Per cent of 10,000 have two decimals; halves are rounded up."""
    return f"{share + 1e-6:.1f}"


def _found() -> dict[str, dict[str, Any]]:
    """Classifier → its errors, from the file that `python -m engine digit-errors --json` wrote."""
    return {r["name"]: r for r in json.loads((ASSETS / "digits" / "errors.json").read_text(encoding="utf-8"))}


def error_table() -> str:
    """What the shipped classifiers get wrong on all test digits, as a table."""
    found = _found()
    rows = ""
    for name, title in NETS.items():
        cells = "".join(f"<td>{_tenth(found[name + end][kind])}</td>" for end in ("", "-robust") for kind in KINDS)
        rows += f"<tr><th>{title}</th>{cells}</tr>"
    caption = f"Per cent wrong of {found['cnn']['count']:,} test digits at ε = .1, PGD of 40 steps"
    groups = '<th colspan="3">plain</th><th colspan="3">robust</th>'
    heads = "".join(f"<th>{kind}</th>" for kind in ("clean", "FGSM", "PGD") * 2)
    return (
        f"<table><caption>{caption}</caption><thead><tr><th></th>{groups}</tr><tr><th></th>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def wide_errors() -> str:
    """What the CNN that was trained against ε = .3 gets wrong there, per cent: clean, under FGSM and under PGD."""
    clean, fgsm, pgd = (_tenth(_found()["cnn-robust-3"][kind]) for kind in KINDS)
    return f"{clean}, {fgsm} and {pgd}"
