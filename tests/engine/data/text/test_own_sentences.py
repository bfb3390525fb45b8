"""A visitor's own sentences: files that are read, and files that are refused."""

import pytest

from engine.core.declare import InvalidValue
from engine.data.text import own_sentences

LINES = [
    f"the {a} dog {b} the {c} cat"
    for a in ("old", "new", "red")
    for b in ("sees", "likes", "hears")
    for c in ("old", "new", "red")
]


def table(mark=","):
    return "\n".join(
        [f"text{mark}label", *(f"{t}{mark}{'yes' if k % 2 else 'no'}" for k, t in enumerate(LINES))]
    ).encode()


def test_lines_and_tables_are_read():
    plain = own_sentences.read("\n".join(LINES).encode())
    assert len(plain.rows) == 27 and plain.classes == ("text",)
    for mark in ",\t;":
        labelled = own_sentences.read(b"\xef\xbb\xbf" + table(mark))
        assert labelled.classes == ("no", "yes") and labelled.rows[1] == (LINES[1], 1)
    quoted = own_sentences.read(table() + b'\n"well, the old dog",yes')
    assert quoted.rows[-1] == ("well, the old dog", 1)
    assert own_sentences.read(quoted.to_bytes()) == quoted
    # A first line that merely has the word "text" in it is a sentence.
    assert len(own_sentences.read("\n".join(["a text about dogs", *LINES]).encode()).rows) == 28


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"ab\nc\xe9d", r"not UTF-8 text \(line 2\)"),
        (b"one\ntwo\n", "at least 20"),
        ("\x00".join(LINES).encode(), "binary"),
        ("\n".join(LINES).encode("utf-16"), "not UTF-8"),
        (b"x" * 5_000_001, "at most 5 MB"),
        (b"text,label\n" + b"only text\n" * 30, "Row 2 has 1 columns"),
        (b"text,label\n" + b"a b,\n" * 30, "Row 2 has no label"),
        ("\n".join(["text,label", *(f"a b,{k}" for k in range(30))]).encode(), "at most 6"),
        (b"a b c\n" * 50_001, "at most 50000"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(data, reason):
    with pytest.raises(InvalidValue, match=reason):
        own_sentences.read(data)
