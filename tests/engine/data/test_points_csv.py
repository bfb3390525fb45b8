"""A file of labelled points is read, or refused with a message that says what to do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import points_csv


def test_a_csv_with_header_words_and_other_separators():
    rows = points_csv.read(b"x;y;class\n0;0;red\n10;0;blue\n10;4;red\n").rows
    assert rows == ((-1.5, -0.6, 1), (1.5, -0.6, 0), (1.5, 0.6, 1))  # scaled to the view, the shape kept
    assert points_csv.read("\ufeff1,2,0\n3,4,1\n".encode()).rows[0][2] == 0


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "No points"),
        (b"x,y,label\n", "No points"),
        (b"1,2,0\n1,oops,1\n", "Line 2"),
        (b"1,2,0\nnan,3,1\n", "Line 2"),
        (b"1,2\n3,4\n", "Line 2"),
        (b"1,2,0\n3,4,0\n", "one different label"),
        (b"1,2,a\n3,4,b\n5,6,c\n", "3 different"),
        (b"1,1,0\n1,1,1\n", "one place"),
        (b"\xff\xfe\x00\x01", "UTF-8"),
        (b"1,2,0\n" * 1001, "too many"),
        (b"1,2,0\n2,inf,1\n", "Line 2"),
        (b"a" * 1_000_001, "MB"),
    ],
)
def test_a_bad_csv_gets_a_message_that_says_what_to_do(data, reason):
    with pytest.raises(points_csv.InvalidTable, match=reason):
        points_csv.read(data)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet='0123456789.,-;e\n ab"', max_size=200).map(str.encode))
def test_any_file_is_read_or_refused(data):
    try:
        rows = points_csv.read(data).rows
    except points_csv.InvalidTable:
        return
    assert all(abs(x) <= 1.501 and abs(y) <= 1.501 and label in (0, 1) for x, y, label in rows)
