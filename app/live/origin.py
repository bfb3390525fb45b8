"""Origin: whether a page may talk to this server, and what to mend where a proxy stands between."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, urlsplit

import streamlit as st
from starlette.requests import HTTPConnection

from app.operations import metrics
from app.operations.logs import note_rarely

log = logging.getLogger(__name__)
MOST_NOTED = 200  # characters of a refused page's name in the log
PORTS = {"http": 80, "https": 443}
PLAIN = {"ws": "http", "wss": "https"}


def refused_to(connection: HTTPConnection) -> str:
    """`refusal` of a request or a socket, which is counted, and logged now and then."""
    refused = refusal(connection.headers, connection.url.scheme)
    if refused:
        metrics.refused.labels("origin").inc()
        origin, host = (connection.headers.get(name, "")[:MOST_NOTED] for name in ("origin", "host"))
        note_rarely(log, "refused origin", origin, origin=origin, host=host)
    return refused


def refusal(headers: Mapping[str, str], scheme: str) -> str:
    """Why a page may not use the live channel; "" where it may.

    Only pages that this server gave out may: their Origin has the scheme, name and port under which
    the server was asked, or is allowed by Streamlit's options server.allowedHosts and
    server.corsAllowedOrigins. A proxy tells by X-Forwarded-Host and X-Forwarded-Proto what it was
    asked, one name or several with commas; a page in a browser cannot set these.

    scheme: of the request, such as ws or https.
    """
    origin = headers.get("origin") or ""
    page = _split(origin)
    if page is None:
        return "This address serves Saddle's own pages only, and the request names no page that it came from."
    schemes = _listed(headers.get("x-forwarded-proto")) or [PLAIN.get(scheme, scheme)]
    hosts = _listed(headers.get("x-forwarded-host")) or _listed(headers.get("host"))
    named = any(_place(page, page.scheme) == _place(_split(f"//{host}"), page.scheme) for host in hosts)
    if (named and page.scheme in [PLAIN.get(s, s) for s in schemes]) or _allowed(origin, page):
        return ""
    way = (
        f"start the server with --server.corsAllowedOrigins {page.scheme}://{page.netloc} (a name in "
        f"--server.allowedHosts is let in, too)"
    )
    if named:
        return (
            f"This page was opened by {page.scheme}, but its server was asked by {' and '.join(schemes)}. A proxy that "
            f"stands between must say what it was asked: have it send X-Forwarded-Proto $scheme, or {way}."
        )
    return (
        f"This page came from {page.netloc}, but its server was asked as {' and '.join(hosts) or 'nothing'}. Pages of "
        f"other servers are refused. Where a proxy stands between, have it pass the name with its port, as nginx does "
        f"by proxy_set_header Host $http_host, or {way}."
    )


def _listed(header: str | None) -> list[str]:
    return [part.strip().lower() for part in (header or "").split(",") if part.strip()]


def _split(address: str) -> SplitResult | None:
    """The parts of an address with a name; None for any other."""
    try:
        parts = urlsplit(address.lower())
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:  # a port that is no number
        return None


def _place(parts: SplitResult | None, scheme: str) -> tuple[str, int] | None:
    """Name and port, the scheme's own where none is given."""
    return parts and (parts.hostname.rstrip("."), parts.port or PORTS.get(scheme, 0))


def _allowed(origin: str, page: SplitResult) -> bool:
    """Whether the options of the server let pages from elsewhere in."""
    name = page.hostname.rstrip(".")
    hosts = _option("server.allowedHosts")
    known = any(h == "*" or name == h or (h.startswith("*.") and name.endswith(h[1:])) for h in hosts)
    return known or origin.lower().rstrip("/") in [o.rstrip("/") for o in _option("server.corsAllowedOrigins")]


def _option(name: str) -> list[str]:
    value: Iterable[str] | str = st.get_option(name) or []
    return [str(v).strip().lower() for v in (value.split(",") if isinstance(value, str) else value)]
