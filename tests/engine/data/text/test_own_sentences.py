"""A visitor's own sentences: files that are read, and files that are refused."""

import hashlib
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.core.declare import InvalidValue
from engine.data import points_csv
from engine.data.text import own_sentences

LINES = [
    f"the {a} dog {b} the {c} cat"
    for a in ("old", "new", "red")
    for b in ("sees", "likes", "hears")
    for c in ("old", "new", "red")
]
NAME = ("no", "yes")
BLANKS = ("  ", "\t", "\xa0", "\u3000", "\x1f", "\x85", "\u2028", "\x0b", "\x0c", "\x1c")


def table(mark=",", names=("text", "label"), flip=False):
    rows = [(t, NAME[k % 2]) for k, t in enumerate(LINES)]
    return "\n".join(mark.join(row[::-1] if flip else row) for row in [names, *rows] if row).encode()


def test_lines_and_tables_are_read():
    plain = own_sentences.read("\n".join(LINES).encode())
    assert len(plain.rows) == 27 and plain.classes == ("text",) and plain.counts() == {}
    for mark in ",\t;|":
        labelled = own_sentences.read(b"\xef\xbb\xbf" + table(mark))
        assert labelled.classes == ("no", "yes") and labelled.rows[1] == (LINES[1], 1)
    quoted = own_sentences.read(table() + b'\n"well, the old dog",yes')
    assert quoted.rows[-1] == ("well, the old dog", 1)
    # A first line that merely has the word "text" in it is a sentence.
    assert len(own_sentences.read("\n".join(["a text about dogs", *LINES]).encode()).rows) == 28


@pytest.mark.parametrize(
    "data, columns, left_out",
    [
        (table("\t", ("sentence", "label")), ("sentence", "label"), ()),
        (table(",", ("review", "sentiment")), ("review", "sentiment"), ()),
        (table(",", ("text", "labels")), ("text", "labels"), ()),
        (table(";", ("Comment", "Label")), ("Comment", "Label"), ()),
        (table(",", ("Content", "target"), flip=True), ("Content", "target"), ()),
        (table("|", ("tweet", "class"), flip=True), ("tweet", "class"), ()),
        (table(",", ("foo", "label")), ("foo", "label"), ()),
        (table(",", ("text", "foo")), ("text", "foo"), ()),
        (b"\n".join(b"%d,%s" % (k, row) for k, row in enumerate(table().split(b"\n"))), None, ("0",)),
        (
            "\n".join([",text,weight,label", *(f"{k},{t},.5,{NAME[k % 2]}" for k, t in enumerate(LINES))]).encode(),
            ("text", "label"),
            ("", "weight"),
        ),
        (table("\t", ()), ("column 1", "column 2"), ()),
        (table(",", ()), ("column 1", "column 2"), ()),
        (table("\t", (), flip=True), ("column 2", "column 1"), ()),
        ("\n".join(f"__label__{'yes' if k % 2 else 'no'} {t}" for k, t in enumerate(LINES)).encode(), None, ()),
        ("\n".join(f"{t} __label__{'yes' if k % 2 else 'no'}" for k, t in enumerate(LINES)).encode(), None, ()),
        (
            "\n".join(json.dumps({"review": t, "stars": NAME[k % 2]}) for k, t in enumerate(LINES)).encode(),
            ("review", "stars"),
            (),
        ),
        (
            json.dumps([{"label": "yes" if k % 2 else "no", "text": t, "id": k} for k, t in enumerate(LINES)]).encode(),
            ("text", "label"),
            ("id",),
        ),
        (b"sep=;\r\n" + table(";").replace(b"\n", b"\r\n"), ("text", "label"), ()),
        (table().replace(b"\n", b"\r"), ("text", "label"), ()),
        (table().decode().encode("utf-16"), ("text", "label"), ()),
        (table("\t").decode().encode("utf-16-le"), ("text", "label"), ()),
    ],
)
def test_the_usual_names_and_forms_are_read_and_no_header_or_label_is_learned_as_a_word(data, columns, left_out):
    text = own_sentences.read(data)
    assert text.rows == tuple((t, k % 2) for k, t in enumerate(LINES)) and text.classes == ("no", "yes")
    assert columns in (None, (text.understood.columns["sentence"], text.understood.columns["label"]))
    assert text.understood.left_out == left_out
    assert text.data()["sentences"] == 27 and text.data()["classes"] == {"no": 14, "yes": 13}


PLAIN = [
    f"a {a} {b}, really" for a in ("good", "bad", "fine", "dull", "warm") for b in ("film", "play", "book", "song")
]
LABELS = ["pos" if k % 2 else "neg" for k in range(20)]
ROWS = list(zip(PLAIN, LABELS))
DIGITS = [(t, str(k % 2)) for k, t in enumerate(PLAIN)]


def of_lines(form, rows=ROWS, first=()):
    return "\n".join([*first, *(form.format(t=t, y=y, k=k + 1) for k, (t, y) in enumerate(rows))])


@pytest.mark.parametrize(
    "data",
    [
        of_lines("{y} {t}", DIGITS),
        of_lines("{t} {y}", DIGITS),
        of_lines('{y} "{t}"', DIGITS),
        of_lines("{y}.0 {t}", DIGITS),
        of_lines("{y} | {t}", DIGITS),
        of_lines("{y} {t}"),
        of_lines("{y}   {t}"),
        of_lines("{y} +++$+++ {t}"),
        of_lines("{t} ||| {y}"),
        of_lines("{y}::{t}"),
        of_lines("{y} - {t}"),
        of_lines("{t} -- {y}"),
        of_lines("{y}: {t}"),
        of_lines("[{y}] {t}"),
        of_lines("{t} @{y}"),
        of_lines("{t} #{y}"),
        of_lines("{y} {t}", first=["label text"]),
        of_lines("{t} {y}", first=["text label"]),
        of_lines('"{k}" "{t}" "{y}"', first=['"text" "label"']),
        of_lines("{k}\t{t}\t{y}", first=["text\tlabel"]),
        of_lines('"{k}","{t}","{y}"', first=['"","text","label"']),
        of_lines("| {t} | {y} |", first=["| text | label |", "|------|:-----:|"]),
        of_lines("26418381654{k:02d}131\t{y}\t{t}"),
        of_lines('{k},{y},"{t}"', first=["ItemID,Sentiment,SentimentText"]),
        of_lines('{k},{y},1.0,"{t}"', first=["tweet_id,airline_sentiment,airline_sentiment_confidence,text"]),
        of_lines("{k}\t{k}\t{t}\t{y}", first=["PhraseId\tSentenceId\tPhrase\tSentiment"]),
        "\ufeff" + of_lines('"{t}";{y}', first=["Text;Klasse"]).replace("\n", "\r\n"),
        json.dumps(ROWS),
        json.dumps([row[::-1] for row in ROWS]),
        json.dumps([("text", "label"), *ROWS]),
        "\n".join(map(json.dumps, ROWS)),
        ",\n".join(json.dumps({"a": t, "b": y}) for t, y in ROWS),
        "\n".join(json.dumps({"text": t, "label": y}, indent=1) for t, y in ROWS),
        json.dumps({"text": PLAIN, "label": LABELS}),
        json.dumps({"a": PLAIN, "b": LABELS}),
        json.dumps(dict(ROWS)),
        json.dumps({"version": 1, "data": [{"text": t, "label": y} for t, y in ROWS]}),
        # pandas: split, records, index, columns, values, table
        json.dumps({"columns": ["text", "label"], "index": list(range(20)), "data": ROWS}),
        json.dumps([{"text": t, "label": y} for t, y in ROWS], indent=2),
        json.dumps({k: {"text": t, "label": y} for k, (t, y) in enumerate(ROWS)}),
        json.dumps({"text": dict(enumerate(PLAIN)), "label": dict(enumerate(LABELS))}),
        json.dumps({"schema": {"fields": []}, "data": [{"index": 0, "text": t, "label": y} for t, y in ROWS]}),
    ],
)
def test_labels_that_stand_without_columns_and_json_of_many_forms_are_read(data):
    text = own_sentences.read(data.encode())
    assert text.rows == tuple((t, k % 2) for k, t in enumerate(PLAIN))
    assert text.classes in (("neg", "pos"), ("0", "1"), ("0.0", "1.0"))
    assert text.understood.columns.keys() == {"sentence", "label"}


def test_lists_for_classes_and_trees_are_read():
    text = own_sentences.read(json.dumps({"pos": PLAIN[:8], "neg": PLAIN[8:]}).encode())
    assert text.counts() == {"neg": 12, "pos": 8} and text.rows[0] == (PLAIN[0], 1)
    tree = own_sentences.read("\n".join(f"({k % 2} (2 -LRB-) ({k % 2} (3 film) (2 {k})))" for k in range(20)).encode())
    assert tree.rows[1] == ("( film 1", 1) and tree.classes == ("0", "1")


@pytest.mark.parametrize(
    "form",
    ["the {t}", "{t} ... and so on", "{t} :)", "{k} {t}", "well, {t}.", "({t})", "{t} -- and more", "[{t}] he said"],
)
def test_sentences_that_begin_or_end_alike_are_no_labels(form):
    text = own_sentences.read(of_lines(form).encode())
    assert text.counts() == {} and text.rows[3][0] == form.format(t=PLAIN[3], k=4)


@pytest.mark.parametrize(
    "labels, classes, note",
    [
        (("1", "0", "1.0", "+1"), ["0", "1"], "labels read as one: +1 and 1.0 as 1"),
        ((" 1", "0", "1", "\u200b1"), ["0", "1"], "labels read as one: \u200b1 as 1"),
        (("NEG", "neg", "pos", "neg"), ["neg", "pos"], "labels read as one: NEG as neg"),
        (("A", "a"), ["A", "a"], "A and a, which differ by case alone, are two classes"),
        (("1", "2", "12", "1e1"), ["1", "12", "1e1", "2"], ""),
        (("20190101000000001", "20190101000000002"), ["20190101000000001", "20190101000000002"], ""),
    ],
)
def test_labels_that_are_equal_are_one_class_and_it_is_said(labels, classes, note):
    rows = [(t, labels[k % len(labels)]) for k, t in enumerate(PLAIN)]
    text = own_sentences.read(of_lines('"{t}",{y}', rows, ["text,label"]).encode())
    assert list(text.classes) == classes and note in text.told()
    assert own_sentences.read(text.to_bytes()) == own_sentences.from_bytes(text.to_bytes()) == text


FAST = "__label__"


@pytest.mark.parametrize(
    "form",
    [
        FAST + "{label} {text}",
        "{text} " + FAST + "{label}",
        FAST + "{label}\t{text}",
        FAST + "{label} , {text}",
        FAST + "{label}, {text}",
        FAST + "{label},{text}",
        "{text} , " + FAST + "{label}",
        '"' + FAST + '{label} {text}"',
        "\n" + FAST + "{label} {text}",
    ],
)
def test_lines_of_fasttext_are_read_without_the_commas_beside_their_labels(form):
    data = "\n".join(form.format(label=NAME[k % 2], text=f"n{k} {t} , x") for k, t in enumerate(LINES))
    text = own_sentences.read(data.encode())
    assert text.rows == tuple((f"n{k} {t} , x", k % 2) for k, t in enumerate(LINES)) and text.classes == NAME


@pytest.mark.parametrize("label", (FAST, FAST + "x", FAST + "x,y", f"{FAST}x {FAST}y", f"a {FAST}"))
def test_a_table_is_no_fasttext_whatever_its_labels_and_sentences_look_like(label):
    rows = tuple((f"{label} b" if k % 2 else f"b {k}", k % 2) for k in range(24))
    text = own_sentences.OwnText(rows, ("0", label))
    assert own_sentences.read(text.to_bytes()) == text
    for names in ("label,text", "text,sentiment", "sentence,label", ",text,label"):
        header = names.split(",")
        cells = [{"": str(k), "text": s, "sentence": s} for k, (s, _) in enumerate(rows)]
        table = [",".join(f'"{c.get(n, text.classes[y])}"' for n in header) for c, (_, y) in zip(cells, rows)]
        assert own_sentences.read("\n".join([names, *table]).encode()) == text
    in_the_middle = [f"a {FAST}x {k}" if k % 2 else f"b {k}" for k in range(24)]
    assert own_sentences.read("\n".join(in_the_middle).encode()).rows == tuple((s, 0) for s in in_the_middle)


def test_what_was_understood_is_told_in_one_line():
    told = own_sentences.read(table(",", ("review", "sentiment"))).told()
    assert told == (
        "27 sentences, 2 classes (no 14, yes 13), column review, labels from sentiment; header read; "
        "separated by commas; UTF-8"
    )
    assert own_sentences.read("\n".join(LINES).encode()).told() == "27 sentences, no labels; one sentence a line; UTF-8"
    assert own_sentences.read("\n".join(["review", *LINES]).encode()).rows[0][0] == LINES[0]


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"one\ntwo\n", "at least 20"),
        ("\x00".join(LINES).encode(), "binary"),
        (b"PK\x03\x04" + b"x" * 100, "spreadsheet or a zip file.*CSV"),
        (b"\xff\xfe\x00ba", "UTF-8"),
        (b"x" * 5_000_001, "at most 5 MB"),
        ("naïve café\n".encode() * 18 + b"na\xefve dog", "Line 19 is not UTF-8.*“na.*ve dog”"),
        (b"text,label\n" + b"only text\n" * 30, "Line 2 has 1 column, .*“only text”.*quotation marks"),
        (b"text,label\n" + b"well, it is good,pos\n" * 30, "Line 2 has 3 columns.*“well, it is good,pos”"),
        (b"text,label\n" + b"a b,\n" * 30, "Line 2 has no label: “a b,”"),
        (b'text,label\na b,x\n"a b,x\n' + b"a b,x\n" * 30, 'Line 3: a quotation mark.*“"a b,x”'),
        ("\n".join(["text,label", *(f"a b,{k}" for k in range(30))]).encode(), "at most 6"),
        (b"a b c\n" * 50_001, "at most 50,000"),
        ("\n".join(f"{t},{NAME[k > 0]}" for k, t in enumerate(LINES)).encode(), "“the old.*old cat,no”.*text,label"),
        ("\n".join(f"well, {t}, {NAME[k % 2]}" for k, t in enumerate(LINES)).encode(), "such as text,label"),
        (table("\t", ("foo", "bar")), "“foo⇥bar”".replace("⇥", "\t")),
        (table(",", ("foo", "bar")), "“foo,bar”"),
        (table(",", ("text", "review")), "text, review could each hold the sentences"),
        (b"a,b,label\n" + b"1,2,x\n" * 30, "first line, such as text,label|is called text"),
        (b"__label__x a b\n" * 30 + b"no label here\n", "Line 31 has no label: “no label here”"),
        (b"__label__x a b\n" * 30 + b"__label__ a b\n", "Line 31 has no label: “__label__ a b”"),
        (b"__label__ a b\n" * 30, "Line 1 has no label: “__label__ a b”"),
        (b"a __label__, b\n" * 30 + b"a b __label__x\n", "Line 1 has no label"),
        (b"__label__x,y a b\n" * 30, "Line 1 is “__label__x,y a b”: where does the label"),
        (b"__label__x a b\n" * 30 + b"__label__x __label__y c\n", "Line 31 has 2 labels"),
        (b'{"text": "a b"}\n' * 30 + b"a b\n", "Line 31 is no JSON object: “a b”"),
        (b'[{"text": "a b"},\n{"text": "c d"},\n]', "Line 3 holds a fault in its JSON: “]”"),
        (json.dumps([{"text": t} for t in LINES]).encode()[:-1], "Line 1 holds a fault in its JSON: “… .*yes|cat"),
        (json.dumps([{"text": {"raw": t}} for t in LINES]).encode(), "Entry 1 has a list or an object as text: “"),
        (json.dumps([{"text": t, "label": [1]} for t in LINES]).encode(), "Entry 1 has a list or an object as label"),
        (json.dumps([{"text": "a", "label": "b"}, {"text": "a b"}]).encode(), 'Entry 2 has no label: “."a b", null'),
        (json.dumps({"text": LINES, "label": ["a"]}).encode(), r"different lengths \(text 27, label 1\)"),
        (json.dumps([*LINES, 1]).encode(), "Entry 28 of this JSON is a number, and entry 1 is a text"),
        (json.dumps([[t, str(k), k / 7] for k, t in enumerate(LINES)]).encode(), "which is the sentence"),
        (json.dumps([["a b", 1], ["c d"]]).encode(), 'Entry 2 of this JSON has 1 of the 2 values.*“"c d"”'),
        (b'{"a": []}', "one JSON object with the keys a,"),
        (b"{}", "one JSON object with nothing in it"),
        (str([{"text": t, "label": 1} for t in LINES]).encode(), "this looks like Python, not JSON"),
        ("\n".join(str((t, 1)) for t in LINES).encode(), "Line 1 is “.'the old.*Python, not JSON"),
        ("\n".join(f"{k % 2} {t}" if k != 5 else t for k, t in enumerate(LINES)).encode(), "Line 6.*begin with 0 or 1"),
        ("\n".join(f"0 {t}" for t in LINES).encode(), "Line 1 is “0 the.*with 0 as in all lines"),
        ("\n".join(f"{t} +++$+++ x {k} +++$+++ y {t}" for k, t in enumerate(LINES)).encode(), "text \\+.* label"),
        ("\n".join(f"({k % 2} good film)" for k in range(30)).encode(), "innermost brackets of a tree"),
        ("\n".join(["id text label", *(f"{k} {t} x" for k, t in enumerate(LINES))]).encode(), "separated by blanks"),
        (b"<!DOCTYPE html>\n<html>" + b"<p>a b</p>\n" * 30, "web page"),
        ("\n".join(f"- text: {t}\n  label: a" for t in LINES).encode(), "looks like YAML"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_and_the_line_quoted(data, reason):
    with pytest.raises(InvalidValue, match=reason):
        own_sentences.read(data)


def digest(data):
    return hashlib.blake2b(data, digest_size=16).hexdigest()


ODD = st.text(
    st.sampled_from("ab,;|\"'\\\t \r\xa0\u3000\x1f\x85\u2028\ufeff.é{}[]#\u0301ह\u094dด")
    | st.characters(exclude_categories=["Cs"]),
    max_size=30,
).flatmap(lambda text: st.sampled_from((text, f"__label__{text}", f"{text} __label__", f'{text}, "__label__x"')))


def opens_again(text):
    """What is saved of a text opens as that text, from the bytes in a run and as a file."""
    data = text.to_bytes()
    assert own_sentences.from_bytes(data) == text and own_sentences.read(data[:5_000_000]) is not None
    assert own_sentences.from_bytes(data).to_bytes() == data
    return data


@settings(max_examples=60, deadline=None)
@given(
    st.lists(ODD, min_size=20, max_size=40),
    st.lists(ODD, min_size=1, max_size=4),
    st.sampled_from(("\n", "\r\n", "\r")),
)
@example([f"the{b}dog {k}" for k in range(3) for b in BLANKS], ["text"], "\n")
@example([f"a{k} b" for k in range(30)], ["one\rtwo", "\t x", "\x1f\x1f y"], "\n")
@example([""] * 20, ["0", "__label__"], "\n")
@example([f"__label__x {k}" for k in range(30)], ["__label__", "__label__x", "x"], "\n")
def test_any_text_is_refused_or_opens_again_bit_for_bit_once_it_is_saved(sentences, labels, end):
    quoted = ['"' + s.replace('"', '""') + '"' for s in sentences]
    names = ['"' + s.replace('"', '""') + '"' for s in labels]
    for data in (
        end.join(sentences),
        end.join(["text,label", *(f"{s},{names[k % len(names)]}" for k, s in enumerate(quoted))]),
        end.join(f"{s}\t{labels[k % len(labels)]}" for k, s in enumerate(sentences)),
    ):
        try:
            text = own_sentences.read(data.encode())
        except InvalidValue:
            continue
        assert own_sentences.read(opens_again(text)) == text


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400) | ODD.map(lambda s: (s + "\n").encode("cp1252", "replace") * 20))
def test_any_bytes_are_read_or_refused(data):
    try:
        opens_again(own_sentences.read(data))
    except InvalidValue:
        pass


KEYS = st.sampled_from(("text", "label", "x", "y", ""))
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(("text", "a b", "0,5", "", "\ud800"))
)
JSON = st.recursive(SCALARS, lambda some: st.lists(some, max_size=4) | st.dictionaries(KEYS, some), max_leaves=12)


@settings(max_examples=100, deadline=None)
@given(JSON, st.integers(0, 3), st.booleans())
def test_any_json_is_read_or_refused(value, indent, lines):
    data = "\n".join([json.dumps(value, indent=indent or None)] * (25 if lines else 1))
    for read in (lambda b: opens_again(own_sentences.read(b)), points_csv.read):
        try:
            read(data.encode())
        except InvalidValue:
            pass


def test_a_file_near_the_limit_opens_again_and_so_does_one_line_of_megabytes():
    near = "\n".join(f"{k:05d} " + "the dog, the cat " * 5 + "." for k in range(50_000)).encode()
    assert 4_700_000 > len(near) > 4_000_000
    near = near + b"." * (4_990_000 - len(near))
    text = own_sentences.read(near)
    assert len(text.to_bytes()) > 5_000_000 and own_sentences.from_bytes(text.to_bytes()) == text
    long = own_sentences.read("\n".join([*LINES, 'a "b" ' * 300_000]).encode())
    assert own_sentences.read(long.to_bytes()) == own_sentences.from_bytes(long.to_bytes()) == long


def test_a_text_of_the_first_edition_opens_as_it_was_saved():
    """Its bytes had another first line, blanks of all kinds inside, and a bare CR in labels."""
    rows = [(f"the\x1fdog  {k}\xa0barks", "one\rtwo" if k % 2 else 'x, "y"') for k in range(24)]
    cells = [f"{s},{name if name[0] == 'o' else chr(34) + 'x, ' + chr(34) * 2 + 'y' + chr(34) * 3}" for s, name in rows]
    data = "\n".join(["text,label", *cells, ""]).encode()
    text = own_sentences.from_bytes(data)
    assert text.edition == 1 and [(s, text.classes[y]) for s, y in text.rows] == rows and text.to_bytes() == data
    own_sentences.store_saved(digest(data), data)
    assert own_sentences.own_text(digest(data)) == text
    with pytest.raises(InvalidValue, match="not the one"):
        own_sentences.store_saved("0" * 32, data)
    with pytest.raises(InvalidValue, match="damaged"):
        own_sentences.from_bytes(b"text,label\n" + b"a,b,c\n" * 30)
