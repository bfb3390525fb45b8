"""Texts that people in a room write: what is taken of them, and what is refused."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Mapping
from typing import Any

from engine.core.declare import brief

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"  # without I, L and O, which look like others
CODE_LENGTH = 6
NAME_LENGTH = 24
TEXT_LENGTH = 200
LINK_LENGTH = 8_000


class Refusal(ValueError):
    """Something that a room does not do; the text tells whoever asked what to do instead."""


def new_code() -> str:
    """A code to join by."""
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))


def code_of(text: str) -> str:
    """A code as somebody typed it: small letters, spaces and hyphens do not matter. Raises
    Refusal.
    """
    code = "".join(c for c in text[:TEXT_LENGTH].upper() if c.isalnum())
    if len(code) != CODE_LENGTH or set(code) - set(LETTERS):
        raise Refusal(f"A code has {CODE_LENGTH} letters, such as {LETTERS[2:8]}. Letters I, L and O are not used.")
    return code


def line(text: str, most: int) -> str:
    """A text of one line without control characters and doubled spaces, cut to `most`."""
    plain = unicodedata.normalize("NFC", text[: 4 * most])
    kept = "".join(" " if unicodedata.category(c)[0] in "ZC" else c for c in plain)
    return " ".join(kept.split())[:most].strip()


def name_of(text: str, taken: set[str]) -> str:
    """A nickname that nobody else has: with a number where it is `taken`. Raises Refusal."""
    name = line(text, NAME_LENGTH)
    if not any(c.isalnum() for c in name):
        raise Refusal("Give a name of one letter or more, by which the others know you.")
    known = {other.casefold() for other in taken}
    found, number = name, 2
    while found.casefold() in known:
        end = f" {number}"
        found, number = name[: NAME_LENGTH - len(end)].strip() + end, number + 1
    return found


def field(message: Mapping[str, Any], name: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
    """A field of a message. Raises Refusal where it has another type; `default` where it is missing
    and there is one.
    """
    value = message.get(name, default)
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(value, kinds) or isinstance(value, bool) and bool not in kinds:
        raise Refusal(f'{message["type"]} needs "{name}" as {kinds[0].__name__}, not {brief(value)}.')
    return value


def text_of(message: Mapping[str, Any], name: str, most: int = TEXT_LENGTH) -> str:
    """A text in a message, as one line. Raises Refusal where there is none."""
    text = line(field(message, name, str), most)
    if not text:
        raise Refusal(f'{message["type"]} needs "{name}": write a few words.')
    return text
