"""The end of a server: pages are told, all processes end in time, and pages come back."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import websockets

from app.live.ending import TOLD
from tests.browser import Server, open_lab, until
from tests.client import Room, run


def alive(pids):
    """Those that are neither gone nor waiting to be taken note of."""
    return [pid for pid in pids if Path(f"/proc/{pid}/stat").exists() and " Z " not in stat(pid)]


def stat(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return " Z "


def started_by(pid):
    """The processes of a server."""
    found = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, encoding="utf-8").stdout
    parents = {int(a): int(b) for a, b in map(str.split, found.splitlines())}
    mine = {pid}
    while more := {child for child, parent in parents.items() if parent in mine} - mine:
        mine |= more
    return mine


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc")
def test_pages_are_told_and_all_processes_end(tmp_path):
    server = Server(log=tmp_path / "log.txt")
    deadline = time.monotonic() + 20
    while len(pids := started_by(server.process.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)  # the zygote forks workers beside the server's start
    assert len(pids) >= 3

    async def watch():
        room = Room(server.url, "vat")
        presenting = websockets.connect(f"{room.sockets}/saddle/room", origin=room.origin)
        async with asyncio.timeout(60), room.visit(), room.watch(), presenting as presenter:
            await presenter.send(json.dumps({"type": "open", "name": "Ada"}))
            assert json.loads(await presenter.recv())["type"] == "in"
            await room.say(type="play")
            await room.say(type="want")
            while not room.frames:
                await asyncio.sleep(0.01)
            for pid in pids:  # as systemd does
                os.kill(pid, signal.SIGTERM)
            start = time.monotonic()
            while not room.closed:
                await asyncio.sleep(0.01)
            seconds = time.monotonic() - start
            said = []
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    said.append(json.loads(await presenter.recv()))
            assert said[-1] == {"type": "stopping", "message": TOLD[1]} and presenter.close_code == TOLD[2]
            return room.errors, room.closed, seconds

    try:
        errors, closed, seconds = run(watch())
        assert server.process.wait(20) == 0
        assert errors == [TOLD[1]] and closed == [TOLD[2]] and seconds < 5
        deadline = time.monotonic() + 10
        while alive(pids - {server.process.pid}) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert alive(pids - {server.process.pid}) == []
        log = server.log.read_text(encoding="utf-8")
        events = [json.loads(line)["event"] for line in log.splitlines() if line.startswith("{")]
        assert events == ["start", "session opened", "ending", "end"] and "Traceback" not in log
    finally:
        server.kill()


def test_a_request_that_is_never_finished_does_not_keep_the_server(tmp_path, monkeypatch):
    monkeypatch.setenv("SADDLE_END_WITHIN", "4")
    server = Server(log=tmp_path / "log.txt")

    async def hang():
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        origin = server.url.encode()
        writer.write(b"POST /saddle/gif?frames=9&height=28&width=28 HTTP/1.1\r\nContent-Length: 7056\r\n")
        writer.write(b"Host: %s\r\nOrigin: %s\r\n\r\nx" % (origin.removeprefix(b"http://"), origin))
        await asyncio.sleep(0.5)
        os.kill(server.process.pid, signal.SIGINT)
        await asyncio.to_thread(server.process.wait, 15)
        writer.close()

    start = time.monotonic()
    try:
        run(hang())
        assert time.monotonic() - start < 8
        assert '"event": "end' in server.log.read_text(encoding="utf-8")
    finally:
        server.kill()


def test_a_page_shows_the_sentence_and_comes_back_by_itself(browser):
    server = Server()
    try:
        page = open_lab(browser, f"{server.url}/vat?play=0")
        os.kill(server.process.pid, signal.SIGTERM)
        server.process.wait(20)
        until(page, "s.connection === 'lost'", 20)
        notice = page.locator(".saddle-stage .notice")
        assert notice.inner_text() == TOLD[1]
        page.wait_for_timeout(1500)  # some attempts later it still says so, and no error
        assert notice.inner_text() == TOLD[1] and notice.get_attribute("data-kind") == "info"
        server.start()
        until(page, "s.connection === 'open' && s.painted > 1", 60)
        notice.filter(has_text=TOLD[1]).wait_for(state="detached", timeout=20_000)
    finally:
        server.kill()
