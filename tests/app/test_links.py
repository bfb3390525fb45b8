"""Links: points and paintings survive them, and any query gives a valid run."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import links
from engine.core.declare import INK, InvalidValue
from engine.methods.vat.vat import VAT

coordinates = st.integers(-10_000, 10_000).map(lambda i: i / 1000)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(coordinates, coordinates, st.integers(0, 1)), max_size=60))
def test_points_survive_a_link(rows):
    assert [tuple(r) for r in links.decode_rows(links.encode_rows(tuple(rows)))] == rows


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["dataset", "noise", "train", "rows", "epsilon_vat", "xi", "points", "seed", "power_iterations", "nonsense"]
        ),
        st.text(max_size=20),
    )
)
def test_any_query_gives_a_valid_run(query):
    setup, seed, knobs, _ = links.read(VAT, query)
    assert isinstance(setup, VAT.Setup) and isinstance(knobs, VAT.Knobs) and 0 <= seed <= 999_999


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, INK), min_size=16, max_size=1024).filter(lambda v: len(v) % 2 == 0))
def test_a_painting_survives_a_link(levels):
    assert links.decode_ink(links.encode_ink(tuple(levels))) == levels


def test_nonsense_is_no_painting():
    with pytest.raises(InvalidValue):
        links.decode_ink("?")
