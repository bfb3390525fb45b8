"""Who can reach the server: this machine alone, unless a room is let in on purpose."""

import socket

import pytest

from app.command import streamlit_command
from tests.browser import ROOT


def test_it_listens_on_this_machine_alone_unless_an_address_is_given(monkeypatch, tmp_path):
    assert streamlit_command(["--server.port", "9000"])[-2:] == ["--server.address", "127.0.0.1"]
    for given in (["--server.address", "0.0.0.0"], ["--server.address=::"]):
        assert streamlit_command(given)[3:] == given
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text('[server]\naddress = "10.0.0.1"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert "--server.address" not in streamlit_command([])
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "10.0.0.1")
    assert "--server.address" not in streamlit_command([])


def test_others_on_the_network_cannot_reach_it(server):
    """The server of the tests is started without an address."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # sends nothing
            own = probe.getsockname()[0]
    except OSError:
        pytest.skip("this machine has no network")
    socket.create_connection(("127.0.0.1", server.port), 2).close()
    with pytest.raises(OSError):
        socket.create_connection((own, server.port), 2)
