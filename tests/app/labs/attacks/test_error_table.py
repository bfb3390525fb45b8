"""The table of errors that the attack lab shows."""

import json

from app.labs.attacks.error_table import error_table
from engine.core.assets import ASSETS
from engine.nn.digit_classifiers import BENCH


def test_the_errors_the_page_quotes_are_those_of_the_files():
    stated = json.loads((ASSETS / "digits" / "errors.json").read_text(encoding="utf-8"))
    errors = {row["name"]: row["pgd"] for row in stated}
    assert all(f">{errors[name] + 1e-6:.1f}<" in error_table() for name in BENCH)
