"""The text of a file: bytes in whatever encoding an editor or a spreadsheet saved them.

A byte order mark and UTF-8 are certain, and UTF-16 without a mark is known by its zero bytes. What
is left was written in a code page, and charset-normalizer finds out which script it holds. Among
the code pages of Latin letters it cannot choose on texts as short as these (it reads the é of a few
French lines as Windows-1257), so that the choice between those is made here.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from engine.core.declare import InvalidValue, brief

SAMPLE = 200_000  # bytes from which a code page is found out
QUOTED = 80  # characters of a line in a message
BREAK = re.compile("\r\n|\n|\r")  # what ends a line; not \x1f, \x85 and the like, which stand in sentences
NAMES = {
    "utf_8": "UTF-8",
    "utf_16_le": "UTF-16",
    "utf_16_be": "UTF-16",
    "utf_32_le": "UTF-32",
    "utf_32_be": "UTF-32",
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1252": "Windows-1252 (Western European)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "cp1257": "Windows-1257 (Baltic)",
    "cp1258": "Windows-1258 (Vietnamese)",
    "cp874": "Windows-874 (Thai)",
    "cp932": "Shift JIS (Japanese)",
    "euc_jp": "EUC-JP (Japanese)",
    "iso2022_jp": "ISO-2022-JP (Japanese)",
    "gb18030": "GB 18030 (Chinese)",
    "big5": "Big5 (Chinese)",
    "cp949": "CP949 (Korean)",
    "koi8_r": "KOI8-R (Cyrillic)",
}
MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf_32_le"),
    (codecs.BOM_UTF32_BE, "utf_32_be"),
    (codecs.BOM_UTF8, "utf_8"),
    (codecs.BOM_UTF16_LE, "utf_16_le"),
    (codecs.BOM_UTF16_BE, "utf_16_be"),
)
PAGES = [name for name in NAMES if not name.startswith("utf")]
LATIN = ("cp1250", "cp1252", "cp1254", "cp1257")
ARCHIVES = {
    b"PK\x03\x04": "a spreadsheet or a zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"%PDF": "a PDF",
    b"{\\rtf": "a document of a word processor (RTF)",
    b"\x1f\x8b": "a file packed with gzip",
    b"BZh91AY&SY": "a file packed with bzip2",
    b"\xfd7zXZ": "a file packed with xz",
    b"7z\xbc\xaf": "a 7-Zip file",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"\x93NUMPY": "a NumPy file",
    b"\x89HDF": "an HDF5 file",
    b"MATLAB 5.0 MAT-file": "a Matlab file",
    b"SQLite format 3": "a database",
    b"version https://git-lfs": "a pointer of Git LFS to a file",
}
PAGE = re.compile(r"\s*(<!doctype html|<html|<\?xml|<table|<svg)", re.IGNORECASE)
ENGLISH = re.compile(rb"(?<![\x80-\xff])[A-Za-z]{2,}")  # not the second byte of a Japanese sign, say
# As Windows-1252 these show that the page is another one: ł, ą, ż and Ľ of Windows-1250 become ³,
# ¹, ¿ and ¼ inside words, and its š, ž, Š, Ž, Ť have the same bytes, but no Western language.
CENTRAL = re.compile(r"[^\W\d_][¹³¿£¥¼¾][^\W\d_]|[^\W\d_][¹³¿](?![\w])|(?<!\w)[¿³£][^\W\d_]*[¹³ê¿]|[šžŠŽ]")


class InvalidTable(InvalidValue):
    """A file that cannot be used; the message quotes the line and says what to do."""


@dataclass(frozen=True)
class Decoded:
    """A file's text without its byte order mark, and the name of its encoding for people."""

    text: str
    encoding: str


def decode(data: bytes) -> Decoded:
    """The text of a file. Raises InvalidTable, with what to do, for what is no text."""
    for start, what in ARCHIVES.items():
        if data.startswith(start):
            raise InvalidTable(f"This is {what}, not text: save the table as CSV (UTF-8) and choose that file.")
    for mark, name in MARKS:
        if data.startswith(mark):
            return _checked(_strictly(data[len(mark) :], name), name)
    if name := _wide(data):
        return _checked(_strictly(data, name), name)
    try:
        return _checked(data.decode("utf-8"), "utf_8")
    except UnicodeDecodeError as error:
        _refuse_damage(data, error)
    name = _page(data[: data.rfind(b"\n", 0, SAMPLE) + 1 or SAMPLE])
    return _checked(_strictly(data, name), name)


def lines(text: str) -> list[str]:
    """The lines of a text, which end with LF, CRLF or CR; the first is line 1 in messages."""
    return BREAK.split(text)


def quoted(text: str, number: int) -> str:
    """Line `number` of a text, from 1, as it is, in quotation marks and cut where it is long."""
    line = lines(text)[number - 1]
    return f"“{line if len(line) <= QUOTED else line[:QUOTED] + '…'}”"


def _strictly(data: bytes, name: str) -> str:
    try:
        return data.decode(name)
    except (UnicodeDecodeError, LookupError) as error:
        raise InvalidTable(
            f"This file is no text that can be read (tried as {NAMES[name]}): save it as UTF-8, or choose another one."
        ) from error


def _checked(text: str, name: str) -> Decoded:
    """Refuse web pages, and control characters that no text has."""
    if PAGE.match(text):
        raise InvalidTable(
            "This is a web page or XML, not a table: save the table as CSV (UTF-8) and choose that file."
        )
    for k, line in enumerate(lines(text), 1):
        if "\0" in line:
            raise InvalidTable(
                f"This file holds binary data (line {k}): choose a text file, or save the table as CSV (UTF-8)."
            )
    return Decoded(text, NAMES[name])


def _wide(data: bytes) -> str:
    """UTF-16 without a mark: every other byte of Latin letters is zero. "" for none."""
    sample = data[: SAMPLE - SAMPLE % 2]
    if len(sample) < 8 or len(data) % 2:
        return ""
    half = len(sample) // 2
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > 0.6 * half and even < 0.02 * half:
        return "utf_16_le"
    return "utf_16_be" if even > 0.6 * half and odd < 0.02 * half else ""


def _refuse_damage(data: bytes, error: UnicodeDecodeError) -> None:
    """Refuse what is UTF-8 but for a few bytes: as a code page its letters would all be wrong."""
    text = data.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    right = sum(ord(c) > 127 for c in text) - wrong
    if right > 4 * wrong:
        number = len(lines(data[: error.start].decode("utf-8", errors="replace")))
        raise InvalidTable(
            f"Line {number} is not UTF-8, while the rest of the file is: {quoted(text, number)}. Save the file as "
            f"UTF-8 once more, or mend that line."
        )


def _page(sample: bytes) -> str:
    """The code page of a sample. Raises InvalidTable where none fits."""
    high = sum(byte > 127 for byte in sample)
    # English words, such as those of a column of labels, would speak for other scripts and pages.
    foreign = ENGLISH.sub(b" ", sample) if high > 0.3 * len(sample) else sample
    import charset_normalizer  # imported where it is needed: it is slow

    best = charset_normalizer.from_bytes(foreign, cp_isolation=PAGES).best()
    name = best.encoding if best and best.encoding in NAMES else "cp1252"
    if high < 0.2 * sum(chr(byte).isalpha() or byte > 127 for byte in sample) or _is_latin(sample, name):
        return _latin(sample, name, best.language if best else "")
    return name


def _is_latin(sample: bytes, name: str) -> bool:
    """Whether most letters beyond ASCII are Latin ones when the sample is read as `name`."""
    letters = [c for c in sample.decode(name, errors="replace") if ord(c) > 127 and c.isalpha()]
    return 2 * sum(unicodedata.name(c, "").startswith("LATIN") for c in letters) >= len(letters)


def _latin(sample: bytes, name: str, language: str) -> str:
    """Of the pages with Latin letters: Windows-1252 unless something speaks for another one."""
    if name == "cp1254" and language == "Turkish":
        return name
    try:
        western = sample.decode("cp1252")
    except UnicodeDecodeError:
        western = ""
    if western and not CENTRAL.search(western):
        return "cp1252"
    for page in ("cp1250", name, "cp1254", "cp1257"):
        try:
            sample.decode(page)
        except UnicodeDecodeError:
            continue
        if page in LATIN:
            return page
    raise InvalidTable(
        f"The encoding of this file cannot be told apart from others ({brief(sample[:40])}): save it as UTF-8, and "
        f"choose it again."
    )
