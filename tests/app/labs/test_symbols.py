"""One symbol means one thing on one page: in knobs, set-up, formulas and titles."""

from __future__ import annotations

from collections import defaultdict

import pytest

from app.labs.catalogue import LABS
from app.page import words
from engine.core.registry import find, methods
from engine.core.side_by_side import SUFFIX


@pytest.mark.parametrize("name", methods())
def test_no_two_fields_of_a_method_share_a_symbol(name):
    """The second of two games has the symbols of the first."""
    method, fields = methods()[name], defaultdict(set)
    for kind in (method.Setup, method.Knobs):
        for field, d in kind.declarations().items():
            if d.symbol:
                fields[d.symbol].add(field.removesuffix(SUFFIX))
    assert {symbol: names for symbol, names in fields.items() if len(names) > 1} == {}


def texts(lab):
    """All Markdown of a lab, with single blanks."""
    return " ".join(" ".join(p.read_text(encoding="utf-8").split()) for p in sorted((words.LABS / lab).glob("*.md")))


@pytest.mark.parametrize(("lab", "method"), [("gan", "gan"), ("gan", "gan-digits"), ("arae", "arae")])
def test_clipped_weights_have_the_symbol_of_their_knob(lab, method):
    clip = find(method).Knobs.declarations()["clip"]
    assert clip.symbol == "c" and "within ±c" in clip.help and "within ±c" in texts(lab)


@pytest.mark.parametrize("method", ["arae", "arae-digits", "arae-three", "cross-ae"])
def test_the_code_is_z_in_set_up_and_formulas(method):
    code = find(method).Setup.declarations()["code"]
    assert code.symbol == "d_z" and code.help == "Dimensions of the code z"


@pytest.mark.parametrize("lab", ["vat", "training"])
def test_parameters_are_theta_and_p_is_a_probability(lab):
    text = texts(lab)
    assert "θ ← θ − v" in text and "p ← p" not in text and "p² " not in text


def test_epsilon_of_the_lds_measure_is_not_that_of_a_member():
    assert find("vat").Setup.declarations()["lds_epsilon"].symbol == "ε LDS"


@pytest.mark.parametrize("lab", [lab.page for lab in LABS])
def test_the_symbol_of_noise_on_d_is_not_the_width_of_a_gaussian(lab):
    """σ alone is a standard deviation of the data, of a kernel or of the noise on codes."""
    for method in next(entry for entry in LABS if entry.page == lab).methods.values():
        noise = find(method).Knobs.declarations().get("noise")
        assert noise is None or not noise.help.startswith("Noise added to all that D sees") or noise.symbol == "σ_D"
