"""Whatever JSON a browser, a link or a saved run holds: declarations take it or refuse it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.declare import InvalidValue, brief
from engine.core.registry import methods
from engine.runs.run import Run  # noqa: F401  (registers the methods)

HUGE = 10**400  # a whole number that no float can be
ATOMS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=50), st.sampled_from([HUGE, -HUGE, 1e308])
)
JSON = st.recursive(
    ATOMS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)
DECLARATIONS = [
    (name, declaration)
    for method in methods().values()
    for record in (method.Setup, method.Knobs)
    for name, declaration in record.declarations().items()
]


@settings(max_examples=300, deadline=None)
@given(which=st.sampled_from(DECLARATIONS), value=JSON)
def test_any_value_is_taken_or_refused_in_words(which, value):
    name, declaration = which
    try:
        taken = declaration.check(name, value)
    except InvalidValue as error:
        assert str(error).startswith(name)
    else:
        assert declaration.check(name, taken) == taken
        json.dumps(taken, allow_nan=False)


@pytest.mark.parametrize(
    "value",
    [
        HUGE,
        [HUGE],
        [[HUGE, 0, 0]],
        [[0, 0, float("inf")]],
        [[0, 0, 0.5]],
        [float("inf")],
        [0.5] * 1024,
        ["moons"],
        {"a": 1},
    ],
)
def test_what_once_ended_in_a_traceback_or_was_rounded_in_silence_is_refused(value):
    for name, declaration in DECLARATIONS:
        if declaration.kind != "text":
            with pytest.raises(InvalidValue):
                declaration.check(name, value)


@pytest.mark.parametrize("value", ["x" * 10**6, 10**5000, list(range(10**5))], ids=["text", "digits", "list"])
def test_a_value_in_an_error_line_is_short(value):
    assert len(brief(value)) <= 40
