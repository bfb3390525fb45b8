"""Health and metrics of a server: from inside, and of a real one under a visitor."""

import asyncio
import json
import os
import signal
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.live import health
from app.operations.state import ENDING, READY, STARTING, state
from app.routes import routes
from app.settings.declared import Settings
from tests.app.live.runs import open_session
from tests.browser import Server
from tests.client import Room, run

MINE = ("127.0.0.1", 5000)
METRICS = "/saddle/metrics"


@pytest.fixture
def ask():
    """A function that asks from an address and returns the answer."""

    def asked(path, client=MINE, **headers):
        with TestClient(Starlette(routes=routes()), client=client) as it:
            return it.get(path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return asked


def test_health_says_whether_visitors_may_come(ask, monkeypatch):
    for phase, code in ((STARTING, 503), (READY, 200), (ENDING, 503)):
        monkeypatch.setattr(state, "phase", phase)
        answer = ask("/saddle/health")
        assert answer.status_code == code and answer.json()["ready"] is (code == 200)
        assert answer.json()["state"] == phase and answer.json()["uptime"] >= 0


def test_metrics_are_for_this_machine_alone_unless_a_setting_lets_others_read(ask, monkeypatch):
    assert ask(METRICS).status_code == 200
    assert ask(METRICS, ("::1", 1)).status_code == ask(METRICS, ("::ffff:127.0.0.1", 1)).status_code == 200
    for client in (("10.0.0.7", 1), ("2001:db8::1", 1), ("testclient", 1)):
        assert ask(METRICS, client).status_code == 403
    # A proxy on this machine asks for others.
    assert ask(METRICS, x_forwarded_host="room.example").status_code == 403
    monkeypatch.setattr(health, "settings", lambda: Settings(metrics_from="10.0.0.0/8"))
    assert ask(METRICS, ("10.0.0.7", 1)).status_code == 200
    assert ask(METRICS).status_code == 403


def test_metrics_tell_of_a_run(ask, monkeypatch):
    monkeypatch.setattr(health._reading, "at", -9.0)
    open_session()
    text = ask(METRICS).text
    assert 'saddle_runs{method="vat",state="paused"}' in text
    assert "saddle_sessions 0.0" not in text and "saddle_memory_bytes" in text


async def visit(url):
    """Play three frames, turn a knob, send nonsense, come from elsewhere. Returns the token."""
    room = Room(url, "vat")
    async with asyncio.timeout(60), room.visit():
        async with room.watch():
            await room.say(type="play")
            while len(room.frames) < 3 or room.last["step"] < 3:
                await wanted(room)
            await room.say(type="knobs", values={"epsilon_vat": 0.75})
            while room.last["knobs"]["epsilon_vat"] != 0.75:
                await wanted(room)
            await room.say(type="nonsense")
            while not room.errors:
                await asyncio.sleep(0.01)
        with pytest.raises(urllib.error.HTTPError, match="403"):
            await asyncio.to_thread(read, f"{url}/saddle/gif", b"", {"Origin": "http://elsewhere"})
    return room.data["token"]


async def wanted(room):
    """Ask for a frame and wait for it."""
    before = len(room.frames)
    await room.say(type="want")
    while len(room.frames) == before:
        await asyncio.sleep(0.005)


def read(url, data=None, headers=None):
    """What a server answers."""
    with urllib.request.urlopen(urllib.request.Request(url, data, headers or {}), timeout=10) as answer:
        return answer.read().decode()


def test_a_whole_visit_is_counted_and_no_token_is_logged(tmp_path):
    """Opens a page, plays, turns a knob, sends nonsense, and ends the server."""
    server = Server(log=tmp_path / "log.txt")
    try:
        token = run(visit(server.url))
        found = {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(read(f"{server.url}{METRICS}"))
            for sample in family.samples
        }
        assert found["saddle_frames_total", "vat"] >= 3 and found["saddle_steps_total", "vat"] >= 3
        assert found["saddle_knob_to_frame_seconds_count",] == 1
        assert found["saddle_refused_total", "message"] == 1 and found["saddle_refused_total", "origin"] == 1
        assert found["saddle_sessions",] == 1 and found["saddle_sockets",] == 0
        assert found["saddle_memory_bytes", "server"] > 2**20 and found["saddle_memory_bytes", "worker 1"] > 2**20
        assert json.loads(read(f"{server.url}/saddle/health"))["ready"]
        os.kill(server.process.pid, signal.SIGTERM)
        server.process.wait(30)
    finally:
        server.kill()
    log = server.log.read_text(encoding="utf-8")
    events = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert [e["event"] for e in events] == ["start", "session opened", "refused origin", "ending", "end"], log
    assert token not in log
