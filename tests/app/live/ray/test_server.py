"""`python -m app --ray auto`: pages work, and the server's end ends the Ray it started."""

import asyncio
import signal
import tempfile
import time
from pathlib import Path

import pytest

from tests.browser import Server
from tests.client import Room, run
from tests.load import started_by


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.setenv("SADDLE_RAY", "auto")
    monkeypatch.setenv("SADDLE_RAY_ACTORS", "1")
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        server = Server(log=tmp_path / "log.txt")
        server.folder = Path(folder)
        yield server
        server.kill()


def alive(pid):
    """Whether a process runs. One that has ended may stay known until its parent asks for it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def left(pids):
    end = time.monotonic() + 30
    while (found := [pid for pid in pids if alive(pid)]) and time.monotonic() < end:
        time.sleep(0.1)
    return found


async def _play(url):
    async with Room(url, "vat").visit() as room, room.watch():
        await room.say(type="play", playing=True)
        end = time.monotonic() + 60
        while len(room.frames) < 5 and time.monotonic() < end:
            await room.say(type="want")
            await asyncio.sleep(0.05)
        return room


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_lab_plays_and_however_the_server_ends_nothing_of_ray_is_left(server, how):
    if how == signal.SIGTERM:
        room = run(_play(server.url))
        assert len(room.frames) >= 5 and room.last["step"] > 0
    mine = started_by(server.process.pid)
    if how == signal.SIGKILL:  # two processes of Ray then wait for another one for a minute
        mine = [pid for pid in mine if b"Agent" not in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert len(mine) > 2
    server.process.send_signal(how)
    server.process.wait(30)
    assert not left(mine)
    if how != signal.SIGKILL:
        assert not list(server.folder.glob("ray-*"))
    assert "Traceback" not in server.log.read_text(encoding="utf-8")
