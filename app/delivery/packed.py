"""A file as it is sent: compressed once, where that pays."""

from __future__ import annotations

import gzip
import mimetypes
import re
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.responses import Response

LEVEL = 6  # of gzip; 9 takes three times as long for 1 % less
LEAST = 1000  # bytes of what is worth compressing
SHRINKS = (".js", ".css", ".json", ".svg", ".html", ".ttf", ".txt", ".map", ".wasm")
FOR_GOOD = "public, immutable, max-age=31536000"  # names contain a hash of the content
GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:[.]0*)?\s*(?:,|$))")


class Packed(NamedTuple):
    """A file as it is sent. kind: its MIME type. encoding: "gzip", or "" where compressing does not
    pay.
    """

    body: bytes
    kind: str
    encoding: str

    def response(self, headers: Headers, cache: str) -> Response:
        """It as the answer to a request with these headers, kept as `cache` says."""
        body, more = self.body, {"vary": "accept-encoding", "cache-control": cache}
        if self.encoding and GZIP.search(headers.get("accept-encoding", "")):
            more["content-encoding"] = self.encoding
        elif self.encoding:
            body = gzip.decompress(body)
        return Response(body, headers=more, media_type=self.kind)


def packed(data: bytes, name: str) -> Packed:
    """A file's bytes, compressed where that pays."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if len(data) >= LEAST and name.endswith(SHRINKS):
        small = gzip.compress(data, LEVEL, mtime=0)
        if len(small) < 0.9 * len(data):
            return Packed(small, kind, "gzip")
    return Packed(data, kind, "")
