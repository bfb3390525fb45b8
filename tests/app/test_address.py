"""Who can reach the server: this machine alone, unless a room is let in on purpose."""

import socket
import subprocess
import sys
import time

import pytest

from app.__main__ import arguments
from tests.browser import ROOT, free_port


def test_it_listens_on_this_machine_alone_unless_an_address_is_given(monkeypatch, tmp_path):
    assert arguments(["--server.port", "9000"])[-2:] == ["--server.address", "127.0.0.1"]
    for given in (["--server.address", "0.0.0.0"], ["--server.address=::"]):
        assert arguments(given)[3:] == given
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text('[server]\naddress = "10.0.0.1"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert "--server.address" not in arguments([])
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "10.0.0.1")
    assert "--server.address" not in arguments([])


def test_others_on_the_network_cannot_reach_it():
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # sends nothing
            own = probe.getsockname()[0]
    except OSError:
        pytest.skip("this machine has no network")
    port = free_port()
    options = ["--server.port", str(port), "--server.headless", "true"]
    server = subprocess.Popen([sys.executable, "-m", "app", *options], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.2)
        with pytest.raises(OSError):
            socket.create_connection((own, port), 2)
    finally:
        server.kill()
        server.wait(20)
