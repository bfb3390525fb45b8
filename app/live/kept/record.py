"""Record: what is kept of a session beside the tensors of its run, as a small file.

Whoever can read it cannot use it to reach the run: it has a digest of the run's token, and the
token itself only sealed with the name of the Streamlit session that has the page, which the browser
brings along when it connects again.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

FORMAT = "saddle-session-1"
NO_LIFE = -1, 0  # `life` of a run that its set-up does not make again, until a snapshot is kept


class Damaged(ValueError):
    """Not a record, or one that was damaged."""


@dataclass(frozen=True)
class Record:
    """A session on disk.

    method, setup, seed, start: what its run is of; start is the name of the shipped snapshot that a
    reset goes back to, "" for initial weights. life: generation and step of the newest snapshot.
    snapshots: names of its files, the newest first; none where it has not trained. rest: the file
    of a run that rests, "" for none. owner: a digest of the Streamlit session. slot, page: where
    run belongs in it. order: counts the runs of a server, in the order in which pages showed them.
    """

    visitor: str
    method: str
    setup: Mapping[str, Any]
    seed: int
    start: str = ""
    knobs: Mapping[str, Any] = field(default_factory=dict)
    playing: bool = False
    speed: int = 0
    life: tuple[int, int] = (0, 0)
    snapshots: tuple[str, ...] = ()
    rest: str = ""
    query: str | None = None
    owner: str = ""
    sealed: str = ""
    page: str = ""
    tab: str = ""
    slot: str = ""
    order: int = 0

    def to_bytes(self) -> bytes:
        """The file."""
        text = json.dumps(asdict(self), separators=(",", ":"))
        return f"{FORMAT} {_digest(text.encode())}\n{text}".encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Record:
        """Read a file. Raises Damaged."""
        try:
            head, _, text = data.partition(b"\n")
            if head.decode() != f"{FORMAT} {_digest(text)}":
                raise Damaged("its checksum is another one")
            values = json.loads(text)
            known = {f.name for f in fields(cls)}
            values = {name: value for name, value in values.items() if name in known}
            values["life"] = tuple(values["life"])
            values["snapshots"] = tuple(values["snapshots"])
            return cls(**values)
        except Damaged:
            raise
        except Exception as error:  # JSON and records raise whatever they like
            raise Damaged(f"{type(error).__name__}") from error


def key_of(token: str) -> str:
    """The name by which a server knows a token, from which the token cannot be found."""
    return _digest(token.encode("utf-8", "replace"))


def seal(token: str, by: str) -> str:
    """A token that can be had again with the secret `by` alone; "" without one."""
    return base64.b64encode(_mixed(token.encode(), by)).decode() if by else ""


def unseal(sealed: str, by: str) -> str:
    """The token that was sealed; with another secret something else."""
    try:
        return _mixed(base64.b64decode(sealed, validate=True), by).decode()
    except ValueError:
        return ""


def _mixed(data: bytes, by: str) -> bytes:
    key = hashlib.blake2b(by.encode(), digest_size=64, person=b"saddle token").digest()
    return bytes(a ^ b for a, b in zip(data, key))


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
