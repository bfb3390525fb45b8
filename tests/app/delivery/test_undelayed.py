"""Connections that hold nothing back, as those of a socket made the way Streamlit makes its own."""

import socket

import pytest

from app.delivery.undelayed import send_at_once


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_connections_of_a_socket_that_listens_send_at_once(family, address):
    with socket.socket(family=family) as listener, socket.socket(family=family) as visitor:
        try:
            listener.bind((address, 0))
        except OSError:
            pytest.skip(f"this machine has no {address}")
        listener.listen()
        send_at_once()
        visitor.connect(listener.getsockname())
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert not visitor.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)  # no other socket is touched
