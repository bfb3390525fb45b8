"""Names: under which host names this server answers.

Whoever owns a name can have it lead to any address, this machine's too. A page of theirs in a
visitor's browser is then of the same origin as Saddle, and could read all that Saddle gives out.
This is called DNS rebinding. The browser still sends the name, so requests under names that are
none of Saddle's get nothing. An address in numbers is no name that could be turned, and is always
answered.
"""

from __future__ import annotations

import functools
import ipaddress
import socket
import threading
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

import streamlit as st

from app.settings.reading import settings

MOST = 100  # characters of a name in a message
EVERYWHERE = ("", "0.0.0.0", "::")  # addresses on which a server listens for everybody


def unknown(host: str | None) -> str:
    """Why a request with this Host header gets nothing; "" where it is under one of our names."""
    if host is None:  # no browser sends none
        return ""
    parts = split(f"//{host}")
    if parts is not None and "@" not in host and not parts.path and is_own(parts.hostname):
        return ""
    name = parts.hostname if parts is not None else "a name that is none"
    return (
        f"This server was asked as {name[:MOST]}, which is none of its names, so it does not answer. If it is your "
        f'server, add the name: start it with SADDLE_HOSTS={name[:MOST]}, or write hosts = ["{name[:MOST]}"] into '
        "saddle.toml. Where a proxy stands between, have it pass the name that visitors use, as nginx does by "
        "proxy_set_header Host $http_host."
    )


def is_own(name: str) -> bool:
    """Whether this is an address or one of our names."""
    name = name.lower().rstrip(".")
    patterns = (*settings().names(), *option("server.allowedHosts"))
    if "*" in patterns or name in _told():
        return True
    return (
        _is_address(name) or name == "localhost" or name.endswith(".localhost") or is_given(name) or name in _machine()
    )


def is_given(name: str) -> bool:
    """Whether `hosts` or Streamlit's server.allowedHosts names it, other than by "*"."""
    name = name.lower().rstrip(".")
    return any(name == p.rstrip(".") or (p.startswith("*.") and name.endswith(p[1:])) for p in _patterns())


def _patterns() -> tuple[str, ...]:
    return *settings().names(), *option("server.allowedHosts")


def _told() -> set[str]:
    """Names that other options of Streamlit's tell."""
    origins = (split(origin) for origin in option("server.corsAllowedOrigins"))
    return {o.hostname for o in origins if o} | {*option("server.address"), *option("browser.serverAddress")}


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _machine() -> Collection[str]:
    """Names of this machine, where others may come: the server listens on more than one address."""
    return _found() if (option("server.address") or ("",))[0] in EVERYWHERE else ()


@functools.cache
def _found() -> set[str]:
    """Names of this machine. The full one may take a while to be found out, and comes later."""
    host = socket.gethostname().lower()
    short = host.partition(".")[0]
    names = {host, short, f"{short}.local"}
    threading.Thread(target=lambda: names.add(socket.getfqdn().lower()), name="names", daemon=True).start()
    return names


def split(address: str) -> SplitResult | None:
    """The parts of an address with a name; None for any other."""
    try:
        parts = urlsplit(address.lower())
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:  # a port that is no number
        return None


def option(name: str) -> tuple[str, ...]:
    """An option of Streamlit's that is a list or a single text, in lower case."""
    value = st.get_option(name) or ()
    return tuple(str(v).strip().lower() for v in (value.split(",") if isinstance(value, str) else value))
