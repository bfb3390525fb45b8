"""The password of a room: kept as a hash that is slow to compute."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading

LONGEST = 128  # characters
COST = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}  # 16 MB and some 50 ms each

_one = threading.Lock()  # hashes are computed one after the other, whoever sends passwords


def _hash(text: str, salt: bytes) -> bytes:
    with _one:
        return hashlib.scrypt(text.encode("utf-8", "surrogatepass"), salt=salt, **COST)


class Password:
    """A password that can be checked and not read."""

    def __init__(self, text: str) -> None:
        self._salt = secrets.token_bytes(16)
        self._hash = _hash(text, self._salt)

    def fits(self, text: str) -> bool:
        """Whether this is the password; takes as long for every answer."""
        return hmac.compare_digest(self._hash, _hash(text[:LONGEST], self._salt))
