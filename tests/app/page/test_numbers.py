"""Numbers are written in one way, 0.526 and −0.5: in the browser, in tables and in texts."""

from __future__ import annotations

import ast
import json
import math
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.page import numbers

ROOT = Path(__file__).resolve().parents[3]
MODULE = ROOT / "app/web/draw/numbers.js"
# A point without a digit before it, and a hyphen for a minus sign, but not in a format or a name.
BARE = re.compile(r"(?<![\w\])}.…/%:])\.\d+(?![\dfge])")
HYPHEN = re.compile(r"(?<=[ (=±])-\d")
FORMS = {
    "chance": {0.5264: "0.526", 0.9999: "1.00", 0.0: "0.000"},
    "signed": {-0.1052: "−0.105", -0.0001: "0.000", 0.5: "0.500", -6.2236e16: "−6.22e16"},
    "significant": {-0.25: "−0.25", 0.0001: "1e−4", 0.52638: "0.5264", 123456.0: "1.23e5"},
    "editable": {-0.25: "-0.25", 1e-6: "1e-6"},
    "percent": {-3.21: "−3.2 %", 4.7: "4.7 %"},
    "whole": {-1200.0: "−1,200", 27200.0: "27,200"},
    "levels": {2 / 255: "2/255"},
}


def texts() -> list[tuple[str, str]]:
    """(place, text) of what the labs write: words, presets, strings of Python but docstrings."""
    found = []
    for path in sorted([*(ROOT / "app").rglob("*.md"), *(ROOT / "app").rglob("*.toml")]):
        if path.name != "README.md":
            lines = path.read_text(encoding="utf-8").splitlines()
            found += [(f"{path.relative_to(ROOT)}:{i}", line) for i, line in enumerate(lines, 1)]
    for path in sorted([*(ROOT / "app").rglob("*.py"), *(ROOT / "engine").rglob("*.py")]):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
                found.append((f"{path.relative_to(ROOT)}:{node.lineno}", node.value))
    return found


def test_no_text_has_a_number_that_begins_with_its_point():
    assert [f"{place}: {text[:60]}" for place, text in texts() if BARE.search(text)] == []


def test_no_word_of_the_labs_has_a_hyphen_for_a_minus_sign():
    words = [(place, text) for place, text in texts() if ".md:" in place]
    assert [f"{place}: {text[:60]}" for place, text in words if HYPHEN.search(text)] == []


@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
def test_the_browser_writes_numbers_so():
    cases = [(form, value) for form, values in FORMS.items() for value in values]
    said = f"{json.dumps(cases)}.map(([form, v]) => n[form](v))"
    script = f"import * as n from '{MODULE.as_uri()}'; console.log(JSON.stringify({said}));"
    out = subprocess.run(
        ["node", "--input-type=module", "--no-warnings", "-e", script], capture_output=True, text=True, check=True
    )
    wanted = [text for values in FORMS.values() for text in values.values()]
    assert json.loads(out.stdout) == wanted


def test_tables_made_in_python_write_them_so_too():
    assert [numbers.fixed(v, 3) for v in (0.5264, -0.1052, -0.0001, -6.2236e16)] == [
        "0.526",
        "−0.105",
        "0.000",
        "−6.22e16",
    ]
    assert [numbers.fixed(v, 1) for v in (None, math.nan, math.inf)] == ["–"] * 3
    assert [numbers.signed(v, 1) for v in (1.21, -1.21, 0.0, -0.01)] == ["+1.2", "−1.2", "+0.0", "+0.0"]
    assert [numbers.significant(v) for v in (0.1234, -0.0001)] == ["0.123", "−0.0001"]
    assert numbers.whole(27200) == "27,200"
