"""Comments and docstrings keep to the width of prose, tables alone keep a layout of their own, and
no file refers to one that is not there.
"""

import ast
import io
import re
import tokenize
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("engine", "app", "tests")
WIDTH = 100  # columns of prose; ruff holds code to 120
URL = re.compile(r"https?://\S+")
KEPT = re.compile(r"#\s*fmt:\s*(skip|off|on)\b")
TEXTS = (".py", ".md", ".js", ".toml", ".txt", ".css", ".html", ".json")
TABLE = (ast.Dict, ast.List, ast.Tuple, ast.Set)
ENTRIES = (
    *TABLE,
    *(ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Starred),
    *(ast.UnaryOp, ast.BinOp, ast.unaryop, ast.operator, ast.expr_context),
)


def sources():
    """Path and text of every Python file."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, path.read_text(encoding="utf-8")


def place(path, line):
    return f"{path.relative_to(ROOT).as_posix()}:{line}"


def comments(text):
    """Line, column and words of every comment."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.start[1], token.string


def docstring_lines(text):
    """The numbers of all lines of docstrings and of other strings that stand alone."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from range(node.lineno, node.end_lineno + 1)


def too_wide(text):
    """The numbers of lines of prose that are wider than it may be, but for those with an address.

    A comment behind code is measured with its code, by ruff.
    """
    lines = text.splitlines()
    alone = {line for line, column, _ in comments(text) if not lines[line - 1][:column].strip()}
    for line in sorted({*alone, *docstring_lines(text)}):
        if len(lines[line - 1]) > WIDTH and not URL.search(lines[line - 1]):
            yield line


def is_table(statement):
    """Whether a statement gives a name to literals alone."""
    value = getattr(statement, "value", None)
    return isinstance(value, TABLE) and all(isinstance(node, ENTRIES) for node in ast.walk(value))


def kept_without_need(text):
    """The numbers of lines that keep their layout although no table of literals stands there."""
    statements = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt)]
    for line, _, words in comments(text):
        if (kept := KEPT.match(words)) and not (
            kept[1] == "skip" and any(node.end_lineno == line and is_table(node) for node in statements)
        ):
            yield line


def test_comments_and_docstrings_are_at_most_100_columns_wide():
    wide = [place(path, line) for path, text in sources() for line in too_wide(text)]
    assert not wide, "\n".join(wide)


def test_only_tables_of_literals_keep_their_own_layout():
    found = [place(path, line) for path, text in sources() for line in kept_without_need(text)]
    assert not found, "\n".join(found)


def test_no_file_refers_to_a_specification_that_is_not_there():
    gone = "spec/" + "methods.md"
    paths = [ROOT / "README.md", *(p for f in (*FOLDERS, "assets") for p in sorted((ROOT / f).rglob("*")))]
    texts = ((p, p.read_text(encoding="utf-8")) for p in paths if p.suffix in TEXTS)
    found = [place(p, n) for p, text in texts for n, line in enumerate(text.splitlines(), 1) if gone in line]
    assert not found, "\n".join(found)


SAMPLE = '''"""A docstring.

{wide}
https://example.org/{long}
"""
TABLE = {{"a": 1, "b": -2.5, "c": (X, y.z)}}  # fmt: skip
CALL = f("{long}")  # fmt: skip


def f(x):
    # {wide}
    "{wide}"
    return x  # {wide}
'''.format(wide="a " * 55, long="a" * 110)


def test_the_checks_find_what_they_look_for():
    assert list(too_wide(SAMPLE)) == [3, 11, 12]
    assert list(kept_without_need(SAMPLE)) == [7]
