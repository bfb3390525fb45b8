"""A file of labelled points is read, or refused with a message that reason what to do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import points_csv

# The points (0, 0) of one class, (10, 0) of the other and (10, 4) of the first, scaled to the view.
ROWS = ((-1.5, -0.6, 0), (1.5, -0.6, 1), (1.5, 0.6, 0))


def test_a_csv_with_header_words_and_other_separators():
    rows = points_csv.read(b"x;y;class\n0;0;red\n10;0;blue\n10;4;red\n").rows
    assert rows == ((-1.5, -0.6, 1), (1.5, -0.6, 0), (1.5, 0.6, 1))  # scaled to the view, the shape kept
    assert points_csv.read("\ufeff1,2,0\n3,4,1\n".encode()).rows[0][2] == 0


@pytest.mark.parametrize(
    "text, columns, left_out",
    [
        ("label,x,y\n0,0,0\n1,10,0\n0,10,4", "x y label", ()),
        ("y,x,label\n0,0,0\n0,10,1\n4,10,0", "x y label", ()),
        ("x,y,weight,label\n0,0,7,0\n10,0,8,1\n10,4,9,0", "x y label", ("weight",)),
        (",x,y,label\n0,0,0,0\n1,10,0,1\n2,10,4,0", "x y label", ("",)),
        ("id,x,y,target\n7,0,0,0\n8,10,0,1\n9,10,4,0", "x y target", ("id",)),
        ("x1,x2,y\n0,0,0\n10,0,1\n10,4,0", "x1 x2 y", ()),
        ("y,x1,x2\n0,0,0\n1,10,0\n0,10,4", "x1 x2 y", ()),
        (",0,1,class\n0,0,0,0\n1,10,0,1\n2,10,4,0", "0 1 class", ("",)),
        ("width,height,kind\n0,0,a\n10,0,b\n10,4,a", "width height kind", ()),
        ("first,second,third\n0,0,a\n10,0,b\n10,4,a", "first second third", ()),
        ("x,y,label,label_name\n0,0,0,a\n10,0,1,b\n10,4,0,a", "x y label_name", ("label",)),
        ("0,0,0,0\n1,10,0,1\n2,10,4,0", "column 2,column 3,column 4", ("column 1",)),
        ("a,0,0\nb,10,0\na,10,4", "column 2,column 3,column 1", ()),
        ("0,0;0,0;0\n10,0;0,0;1\n10,0;4,0;0", "column 1,column 2,column 3", ()),
        ("x\ty\tlabel\n0,0\t0,0\t0\n10,0\t0,0\t1\n10,0\t4,0\t0", "x y label", ()),
        ("0,0 0,0 0\n10,0 0,0 1\n10,0 4,0 0", "column 1,column 2,column 3", ()),
        ('x,y,label\n"0,0","0,0",0\n"10,0","0,0",1\n"10,0","4,0",0', "x y label", ()),
        ("x  y   label\n 0  0  0\n10  0  1\n10  4  0", "x y label", ()),
        ("0, 0, no\r10, 0, yes\r10, 4, no\r", "column 1,column 2,column 3", ()),
        ("0|0|no\r\n10|0|yes\r\n10|4|no\r\n", "column 1,column 2,column 3", ()),
        ("sep=;\nx;y;label;\n0;0;0;\n10;0;1;\n10;4;0;", "x y label", ()),
        ("# x y label\n0 0 -1\n10 0 +1\n10 4 -1", "x y label", ()),
        ("x,y,label\n0,0,\u22121\n1e1,0,1.0\n10.,4,\u22121", "x y label", ()),
        ('"x" "y" "label"\n"1" 0 0 0\n"2" 10 0 1\n"3" 10 4 0', "x y label", ("",)),
        ('{"label": "a", "x": 0, "y": 0}\n{"x": 10, "y": 0, "label": "b"}\n{"x": 10, "y": 4, "label": "a"}', None, ()),
    ],
)
@pytest.mark.parametrize("encoding", ("utf-8", "utf-16"))
def test_columns_are_taken_by_their_names_in_all_forms_of_a_table(text, columns, left_out, encoding):
    table = points_csv.read(text.encode(encoding))
    assert table.rows == ROWS
    taken = table.understood.columns
    assert columns is None or [taken[k] for k in ("x", "y", "label")] == columns.split("," if "," in columns else " ")
    assert table.understood.left_out == left_out
    assert table.data()["points"] == 3 and sorted(table.data()["classes"].values()) == [1, 2]


@pytest.mark.parametrize(
    "text, note",
    [
        ('x,y,label\n"0","0",a\n"1,000",0,b\n"1,000",400,a', "grouped thousands, 1,000 read as 1000"),
        ('x,y,label\n0,0.0,a\n"1,000",0,b\n"1,000",400,a', "grouped thousands, 1,000 read as 1000"),
        ('x,y,label\n"0,0","0,0",a\n"1,000","0,0",b\n"1,000","0,400",a', "decimal commas, 1,000 read as 1"),
        ("x;y;label\n0;0;a\n1,000;0;b\n1,000;0,400;a", "decimal commas, 1,000 read as 1"),
        ("x\ty\tlabel\n0\t0.0\ta\n1,000\t0\tb\n1,000\t400\ta", "grouped thousands, 1,000 read as 1000"),
        ("x;y;label\n0;0;a\n1.000,0;0;b\n1.000,0;400;a", "grouped thousands, 1.000,0 read as 1000"),
        ("x;y;label\n0;0;a\n1.000.000;0;b\n1.000.000;400.000;a", "grouped thousands, 1.000.000 read as 1000000"),
        ("x,y,label\n0,0,a\n1 000,0,b\n1 000,400,a", "grouped thousands, 1 000 read as 1000"),
        ("x,y,label\n0,0,a\n1'000,0,b\n1’000.0,400,a", "grouped thousands, 1'000 read as 1000"),
        ("x;y;label\n0;0;a\n1\u202f000,0;0;b\n1\u00a0000;400;a", "decimal commas; grouped thousands, 1\u202f000,0"),
        ("x y label\n0 0 a\n1\u202f000 0 b\n1\u00a0000 400 a", "grouped thousands, 1\u202f000 read as 1000"),
        ("x,y,label\n\u22125,\u22122,a\n5,\u22122,b\n+5.,2,a", "UTF-8"),
        ("x,y,label\n-.5,-.2,a\n5e-1,-2E-1,b\n+.5,2.0D-01,a", "UTF-8"),
        ("x,y,label\n0%,0 %,a\n10%,0%,b\n10 %,4%,a", "per cent read as hundredths"),
        ("x,y,label\n٠,٠,a\n١٠,٠,b\n１０,４,a", "UTF-8"),
        ("x;y;label\n0;0;a\n1.000;0;b\n1.000;.400;a", "separated by semicolons; UTF-8"),
        ("x;y;label\n0;0;a\n2.500;0;b\n2.500;1.000;a", "decimal points, 2.500 read as 2.5"),
        ("0,0,a\n2e-320,0,b\n2e-320,8e-321,a", "UTF-8"),
        ("-1e308,0,a\n1e308,0,b\n1e308,8e307,a", "UTF-8"),
        ("# generated\n0,0,a\n10,0,b\n10,4,a", "1 line of comments left out"),
        ("# generated by x\n0,0,a\n10,0,b\n# end\n10,4,a", "2 lines of comments left out"),
        (
            "# at 12:00\n# on x\nx,y,label\n0,0,a\n10,0,b\n10,4,a",
            "separated by commas; 2 lines of comments left out",
        ),
        ("# made by x\n# label x y\na 0 0\nb 10 0\na 10 4", "header read; separated by blanks; 1 line of comments"),
        ("# label x y\na,0,0\nb,10,0\na,10,4", "header read; separated by commas; UTF-8"),
        ("% of Matlab\n0 0 a\n10 0 b\n10 4 a", "1 line of comments left out"),
        ("A = [0 0 1; 10 0 2; 10 4 1];", "a list in brackets"),
        ("X = [\n 0, 0, 1\n 10, 0, 2 ...\n 10, 4, 1\n];", "a list in brackets"),
        ("array([[ 0.,  0.,  1.],\n       [10.,  0.,  2.],\n       [10.,  4.,  1.]])", "a list in brackets"),
        ("[[ 0.  0.  1.]\n [10.  0.  2.]\n [10.  4.  1.]]", "a list in brackets"),
        ("[(0, 0, 'a'), (10, 0, 'b'), (10, 4, 'a')]", "a list in brackets"),
        ("{{0, 0, 1}, {10, 0, 2}, {10, 4, 1}}", "a list in brackets"),
        ("-1 1:0 2:0\n+1 1:10\n-1 1:10 2:4", "lines of LIBSVM"),
        ("# a\n0 0\n10 4\n\n\n# b\n10 0", "labels from its two blocks"),
        ("| x | y | label |\n|---|---|:-:|\n| 0 | 0 | a |\n| 10 | 0 | b |\n| 10 | 4 | a |", "vertical bars"),
        ('"x" "y" "label"\n"9" 0 0 a\n"4" 10 0 b\n"7" 10 4 a', "left out: one without a name"),
        ('[[0, 0, "a"], [10, 0, "b"], [10, 4, "a"]]', "JSON lists"),
        ('[["label", "x", "y"], ["a", 0, 0], ["b", 10, 0], ["a", 10, 4]]', "labels from label; JSON objects"),
        ('{"x": [0, 10, 10], "y": [0, 0, 4], "label": ["a", "b", "a"]}', "JSON objects"),
        ('{"X": [[0, 0], [10, 0], [10, 4]], "y": [0, 1, 0]}', "x from X1, y from X2, labels from y"),
        ('{"a": [[0, 0], [10, 4]], "b": [[10, 0]]}', "JSON objects"),
        ('{"columns": ["y", "x", "label"], "data": [[0, 0, 0], [0, 10, 1], [4, 10, 0]]}', "JSON objects"),
        ("x,y,label\n0,0,neg\n10,0,pos\n10,4,NEG", "labels read as one: neg as NEG"),
        ("x,y,label\n0,0,1.0\n10,0,2\n10,4,1", "labels read as one: 1.0 as 1"),
        ("x;y;label\n0,0;0;1,0\n10;0;2\n10;4;1", "labels read as one: 1,0 as 1"),
    ],
)
def test_numbers_and_lists_are_read_as_they_are_written_in_many_places_and_it_is_said(text, note):
    table = points_csv.read(text.encode())
    assert sorted(table.rows) == sorted(ROWS) and note in table.told()


@pytest.mark.parametrize(
    "text",
    [
        ",x,y\n0,0,0\n1,10,0\n2,10,4",
        "id,x,y\n5,0,0\n6,10,0\n7,10,4",
        "label,x,y\n0,0,0\n1,10,0\n0,10,4",
        "0;0\n10;0\n10;4",
    ],
)
def test_points_without_labels_are_taken_by_their_names_too(text):
    assert points_csv.read(text.encode(), labelled=False).rows == tuple((x, y, 0) for x, y, _ in ROWS)


def test_what_was_understood_is_told():
    table = points_csv.read("id;x;y;kind\n1;0,5;1;é\n2;1,5;2;f\n3;2;3;é".encode("cp1252"))
    assert table.told() == (
        "3 points, 2 classes (f → 0: 1, é → 1: 2); x from x, y from y, labels from kind; header read; "
        "separated by semicolons; left out: id; decimal commas; Windows-1252 (Western European)"
    )


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "No points"),
        (b"x,y,label\n", "No points"),
        (b"red herring\nblue whale\n", "which is the label.*“red herring”"),
        (b"1,2,0\n1,oops,1\n", "Line 2 has 'oops'.*“1,oops,1”"),
        (b"1,2,0\nnan,3,1\n", "Line 2 has a missing"),
        (b"1,2\n3,4\n", "Line 1 has 2 cells, “1,2”.*x,y,label"),
        (b"1,2,0\n3,4,0\n", "one different label"),
        (b"1,2,a\n3,4,b\n5,6,c\n", "3 different"),
        (b"1,1,0\n1,1,1\n", "one place"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"1,2,0\n" * 1001, "too many"),
        (b"1,2,0\n2,inf,1\n", "Line 2"),
        (b"a" * 1_000_001, "MB"),
        (b"0,5,1,2,0\n1,5,2,2,1\n", "Line 1 has 5 cells, “0,5,1,2,0”.*semicolons, such as 0,5;1,2;0"),
        (b"x,y,label\n0,5,1,2,0\n1,5,2,2,1\n", "Line 2 has 5 cells.*names 3: “0,5,1,2,0”.*semicolons"),
        (b",x,y\n0,1,2\n1,2,3\n", "which is the label.*“,x,y”"),
        (b"id,x,y\n0,1,2\n1,2,3\n", "which is the label"),
        (b"0,1.5,2.5\n1,2.5,3.5\n2,4.5,5.5\n", "Line 1 has 3 cells, “0,1.5,2.5”"),
        (b"a,b,c,d,label\n0,1,2,3,0\n1,2,3,4,1\n", "which are the coordinates.*“a,b,c,d,label”"),
        (b"x,y,class,label\n1,2,a,0\n3,4,a,1\n5,6,b,1\n", "which of class, label is the label"),
        (b"0.5;1,2;0\n1;2;1\n", "Line 1 has a decimal comma.*“0.5;1,2;0”"),
        (b"1.234,56,7;2;0\n1;2;1\n", "Line 1 has '1.234,56,7'.*“1.234,56,7;2;0”"),
        (b"x\ty\tlabel\n1,000\t2\t0\n3\t2,500\t1\n", "Line 2 has 1,000, which may be 1000 or 1: “1,000\t2\t0”"),
        (b"0,5;1.234;0\n1;2;1\n", "Line 1 has a decimal comma.*“0,5;1.234;0”"),
        (b"0,5;1;0\n1,234,567;2;1\n", "Line 1 has a decimal comma, and other lines have decimal points: “0,5;1;0”"),
        (b"50%,1,0\n2,1,1\n", "Line 2 has no per cent sign.*“2,1,1”"),
        (b"1,2,0\n3\n", "Line 2 has 1 cell, and the lines before it have 3: “3”"),
        (b"1,2,0\n3,4\n", "Line 2 has 2 cells, and"),
        (b"1\n2\n3\n", "Line 1 has 1 cell, “1”"),
        (b"a,1,2\na,3,4\n", "^Column 1 has one different label, a: two classes"),
        (b"x,y,kind\n1,2,a\n3,4,b\n5,6,c\n", "^The column kind has 3 different labels, such as a, b, c: two"),
        (b"1,2,0\n1e400,2,1\n", "Line 2 has 1e400, too large for"),
        (b"1,2,0\n1e-400,2,1\n", "Line 2 has 1e-400, too close to 0"),
        (b"1,2,0\ninf,2,1\n", "Line 2 has an infinite value"),
        (b"1,2,0\n3,4,NA\n", "Line 2 has a missing label: “3,4,NA”"),
        (
            b'[{"x": null, "y": 1, "label": 0}, {"x": 1, "y": 1, "label": 1}]',
            "Entry 1 has a missing value: “",
        ),
        (b'[{"x": 1, "y": 1, "label": 0}, {"x": 1,', 'Line 1 holds a fault in its JSON.*such as {"x": 0.5'),
        (b"<html><table><tr><td>1</td></tr></table>", "web page"),
        (b"1,2,0\n3;4;1\n", "Line 2 is “3;4;1”, with another separator.*“1,2,0”"),
        (b"PK\x03\x04 ...", "CSV"),
    ],
)
def test_a_bad_csv_gets_a_message_that_quotes_the_line_and_says_what_to_do(data, reason):
    with pytest.raises(points_csv.InvalidTable, match=reason):
        points_csv.read(data)


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=300)
    | st.text(alphabet='0123456789.,-;e\n\r\t| ab"#{}[]:', max_size=200).map(str.encode)
    | st.lists(st.lists(st.sampled_from(("0,5", "1", "2.5", "red", "", '"', "x", "label", "nan")), max_size=5)).map(
        lambda rows: "\n".join(";".join(row) for row in rows).encode()
    ),
    st.booleans(),
)
def test_any_file_is_read_or_refused(data, labelled):
    try:
        rows = points_csv.read(data, labelled).rows
    except points_csv.InvalidTable:
        return
    assert all(abs(x) <= 1.501 and abs(y) <= 1.501 and label in (0, 1) for x, y, label in rows)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9)), min_size=2, max_size=6, unique=True
    ),
    st.sampled_from((".,", ",.", ". ", ", ", ".'", ",\u202f", ".\u00a0", ".", ",")),
    st.integers(0, 4),
    st.sampled_from(";\t,"),
)
def test_a_number_is_never_silently_another_one(values, marks, places, separator):
    def written(value):
        digits = f"{value / 10**places:{',' if marks[1:] else ''}.{places}f}"
        return digits.translate({ord("."): marks[0], ord(","): marks[1:]})

    def table(cell, separator):
        rows = [f'"{cell(x)}"{separator}"{cell(y)}"{separator}{k % 2}' for k, (x, y) in enumerate(values)]
        return points_csv.read("\n".join([separator.join(("x", "y", "label")), *rows]).encode())

    try:
        found = table(written, separator)
    except points_csv.InvalidTable:
        return
    if found.rows != table(lambda value: repr(value / 10**places), ";").rows:
        assert " read as " in found.told()
