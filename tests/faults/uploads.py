"""Uploads as nobody should send them: damaged tables, photographs, texts and saved runs."""

from __future__ import annotations

import functools
import io
import random
import struct
from collections.abc import Callable

from PIL import Image

from engine.core.declare import InvalidValue
from engine.data import photos, points_csv
from engine.data.text import own_sentences

TABLE = "x,y,label\n" + "\n".join(f"{k / 10},{-k / 7},{'ab'[k % 2]}" for k in range(40))
JSON = '[{"x": 1, "y": 2.5, "label": 0}, {"x": -1, "y": 0.5, "label": 1}, {"x": 0, "y": 1e3, "label": 1}]'
SENTENCES = "text,label\n" + "\n".join(f"the food was {'good' if k % 2 else 'bad'} {k} .,{k % 2}" for k in range(60))
PIECES = (b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x00", b'"', b",,,,", b"\r", b"1e999", b"nan", b"[" * 5000)

MOST = 2**18  # bytes

Reader = Callable[[bytes], object]


def _photograph(kind: str) -> bytes:
    file = io.BytesIO()
    Image.radial_gradient("L").resize((96, 64)).convert("RGB").save(file, kind)
    return file.getvalue()


@functools.cache
def readers() -> list[tuple[str, Reader, list[bytes]]]:
    """What reads uploads: a name, the function, and files that it takes."""
    table = [TABLE.encode(), JSON.encode(), TABLE.replace(",", ";").encode("utf-16")]
    return [
        ("points", lambda data: points_csv.read(data, True), table),
        ("points without labels", lambda data: points_csv.read(data, False), table),
        ("photograph", photos.decode, [_photograph(kind) for kind in ("PNG", "JPEG", "WEBP")]),
        ("sentences", own_sentences.read, [SENTENCES.encode(), SENTENCES.replace("text,label\n", "").encode()]),
    ]


def mutated(draw: random.Random, data: bytes) -> bytes:
    """A file that is damaged somewhere, of at most 256 kB."""
    kind, at = draw.randrange(7), draw.randrange(len(data))
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + draw.randbytes(draw.randrange(1, 40)) + data[at:]
    if kind == 2:
        return data[:at] + draw.choice(PIECES) + data[at:]
    if kind == 3:
        return draw.randbytes(draw.randrange(400))
    if kind == 4:  # sizes and lengths that cannot be
        return data[:at] + struct.pack(">I", draw.choice([0, 2**31, 2**32 - 1])) + data[at + 4 :]
    if kind == 5:
        return (data * (MOST // len(data) + 1))[: draw.randrange(1, MOST)]
    out = bytearray(data)
    for _ in range(draw.randrange(1, 20)):
        out[draw.randrange(len(out))] ^= 1 << draw.randrange(8)
    return bytes(out)


def fuzz_uploads(count: int, draw: random.Random, check: Callable[[str, str], None]) -> list[str]:
    """Read damaged uploads. Each is read, or refused as InvalidValue, of whose text `check` is told
    with what it is about. Returns what else was raised, a line each.
    """
    wrong = []
    for _ in range(count):
        name, read, whole = draw.choice(readers())
        try:
            read(mutated(draw, draw.choice(whole)))
        except InvalidValue as error:
            check(str(error), name)
        except Exception as error:
            wrong.append(f"{name}: {type(error).__name__}: {str(error)[:200]}")
    return wrong
