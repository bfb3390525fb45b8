"""Reach: the address under which others come to a room."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit, urlunsplit

from app.live.names import EVERYWHERE, option

# A presenter sits at the server, as often as not, and has opened it under an address that leads
# every other machine to itself.
ALONE = (
    "This server answers this machine alone. To let others in, start it with --server.address 0.0.0.0 "
    "and open the room again."
)
NO_ADDRESS = "This address leads every machine to itself. Open the room under this machine's own name or address."
ELSEWHERE = "192.0.2.1", 9  # an address that nobody has; nothing is sent


def reached(link: str) -> tuple[str, str]:
    """The link by which others come, and what stands in their way, "" for nothing."""
    parts = urlsplit(link)
    if not _is_loopback(parts.hostname or ""):
        return link, ""
    if (option("server.address") or ("",))[0] not in EVERYWHERE:
        return link, ALONE
    if not (own := _own_address()):
        return link, NO_ADDRESS
    place = own if parts.port is None else f"{own}:{parts.port}"
    return urlunsplit(parts._replace(netloc=place)), ""


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def _own_address() -> str:
    """The address that this machine has in its network; "" where it is in none."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            way.connect(ELSEWHERE)
            found = way.getsockname()[0]
    except OSError:
        return ""
    return "" if _is_loopback(found) else found
