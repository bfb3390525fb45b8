"""The load client, for a few seconds; and a server that has to end while all its workers work."""

import asyncio
import math
import os
import signal
import time

import pytest

from app.live.crew.zygote import ABLE
from tests.browser import Server
from tests.client import Room, run
from tests.load import memory, room, trial
from tests.load.soak import soak

SOON = 3.0  # seconds to end in


def test_rooms_get_frames_beside_a_flood(server):
    results = run(trial(server.url, {"vat": 1, "training": 1}, 3, ["resets", "layers", "measurements"]))
    (vat,) = results
    assert vat.page == "vat" and vat.frames > 0.5 and vat.steps > 1 and vat.closed == 0
    assert memory(server.process.pid) > 100 or math.isnan(memory(server.process.pid))


@pytest.mark.skipif(not ABLE, reason="needs what Linux tells of processes")
def test_a_short_soak_leaves_nothing(monkeypatch):
    """`python -m tests.load --soak 60` is the long one; memory has no trend in a minute."""
    monkeypatch.setattr("tests.load.soak.PAGES", [("vat", ""), ("training", "tab=plane")])
    wrong = soak(0.2, settle=3.0)
    assert [line for line in wrong if "memory" not in line] == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to handle")
def test_the_server_ends_soon_while_all_workers_are_busy():
    server = Server()

    async def end():
        room = Room(server.url, "arae", "tab=transfer")
        async with room.visit(), room.watch():
            began = asyncio.Event()
            room.on_reply = lambda header: began.set()
            await room.say(type="play")
            for ident in range(2):
                await room.say(type="measure", id=ident, name="table", values={})
            await asyncio.wait_for(began.wait(), 60)
            at = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(server.process.wait, 30)
            return time.monotonic() - at

    try:
        assert run(end()) < SOON
    finally:
        server.kill()


def test_a_room_of_twelve_gets_frames(server):
    result = run(room.trial(server, 12, 1.5, rush=1))
    assert len(result.joined) == 12 and min(result.frames) > 0
    assert max(result.frames) <= 12, "ten a second, but for one at either end"
    assert max(result.sizes) < 40_000
    assert min(result.floor) > 0
