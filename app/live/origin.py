"""Origin: whether a page may talk to this server, and what to mend where a proxy stands between."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from urllib.parse import SplitResult

import streamlit as st
from starlette.requests import HTTPConnection

from app.live.names import is_given, is_own, option, split, unknown
from app.operations import metrics
from app.operations.logs import note_rarely

log = logging.getLogger(__name__)
MOST_NOTED = 200  # characters of a refused page's name in the log
PORTS = {"http": 80, "https": 443}
PLAIN = {"ws": "http", "wss": "https"}


def refused_to(connection: HTTPConnection, by_name: bool = False) -> str:
    """`refusal` of a request or a socket, which is counted, and logged now and then. by_name:
    whatever the scheme that the page was opened by.
    """
    headers, scheme = connection.headers, connection.url.scheme
    if by_name:
        headers = {name: value for name, value in headers.items() if name != "x-forwarded-proto"}
        scheme = headers.get("origin", "").partition(":")[0]
    refused = refusal(headers, scheme)
    if refused:
        metrics.refused.labels("origin").inc()
        origin, host = (connection.headers.get(name, "")[:MOST_NOTED] for name in ("origin", "host"))
        note_rarely(log, "refused origin", origin, origin=origin, host=host)
    return refused


def refusal(headers: Mapping[str, str], scheme: str) -> str:
    """Why a page may not use the live channel; "" where it may.

    Only pages that this server gave out may: their Origin has the scheme, name and port under which
    the server was asked, or its name is given by a setting (app/live/names.py). A proxy tells by
    X-Forwarded-Host and X-Forwarded-Proto what it was asked, one name or several with commas; a
    page from elsewhere cannot set these. A proxy may drop the port.

    scheme: of the request, such as ws or https.
    """
    if strange := unknown(headers.get("host")):
        return strange
    page = split(headers.get("origin") or "")
    if page is None:
        return "This address serves Saddle's own pages only, and the request names no page that it came from."
    schemes = _listed(headers.get("x-forwarded-proto")) or [PLAIN.get(scheme, scheme)]
    hosts = _listed(headers.get("x-forwarded-host")) or _listed(headers.get("host"))
    named = any(_place(page, page.scheme) == _place(split(f"//{host}"), page.scheme) for host in hosts)
    named = named or _port_dropped(page, hosts)
    if (named and page.scheme in [PLAIN.get(s, s) for s in schemes]) or _let_in(page):
        return ""
    way = f"start the server with SADDLE_HOSTS={page.hostname}"
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


def _let_in(page: SplitResult) -> bool:
    """Whether settings let a page in, wherever it says that it came from."""
    origins = [origin.rstrip("/") for origin in option("server.corsAllowedOrigins")]
    return is_given(page.hostname) or f"{page.scheme}://{page.netloc}" in origins


def _listed(header: str | None) -> list[str]:
    return [part.strip().lower() for part in (header or "").split(",") if part.strip()]


def _place(parts: SplitResult | None, scheme: str) -> tuple[str, int] | None:
    """Name and port, the scheme's own where none is given."""
    return parts and (parts.hostname.rstrip("."), parts.port or PORTS.get(scheme, 0))


def _port_dropped(page: SplitResult, hosts: Sequence[str]) -> bool:
    """Whether a proxy has passed one of our names without the port that the page was opened on. A
    browser that asks us directly names our port, unless that is the scheme's own.
    """
    direct = st.get_option("server.port") in PORTS.values()
    return not direct and page.hostname in hosts and is_own(page.hostname)
