"""Some hundred messages as nobody should send them; fuzz.py beside this file sends thousands."""

import asyncio
import logging
import random
import threading
import time

import pytest
import uvicorn
from starlette.applications import Starlette

from app.live.sessions import sessions
from app.routes import routes
from engine.core.registry import methods
from tests.browser import free_port
from tests.client import Room, run
from tests.faults.fuzz import Faults, fuzz_channel, fuzz_greetings, fuzz_questions, fuzz_snapshots, tracebacks
from tests.faults.uploads import fuzz_uploads

METHODS = ("vat", "training", "gan-pair", "attack-digits")  # light ones that have all there is


@pytest.fixture
def url():
    """Saddle's own routes in this process."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=routes()), port=port, log_level="error", ws="websockets-sansio")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


def test_arbitrary_messages_close_no_socket_and_leave_no_traceback(url, caplog):
    faults = Faults()

    async def visit(name, draw):
        method = methods()[name]
        setup = method.make_setup({n: v for n, v in method.contract_setup.items()})
        session = sessions().open("fuzz", method, setup, 0, {})
        knobs = {n: d.to_json() for n, d in method.Knobs.declarations().items()}
        room = Room(url, name, data={"token": session.token, "knobs": knobs})
        came = await fuzz_channel(room, 120, draw, faults, gap=0.01)
        if name == METHODS[0]:
            await fuzz_greetings(room, 15, draw, faults)
        sessions().close(session.token)
        return came

    async def visits():
        return await asyncio.gather(*(visit(name, random.Random(name)) for name in METHODS))

    with caplog.at_level(logging.WARNING):
        came = sum(run(visits()), start=Faults())
    assert not faults, "\n".join(faults)
    assert tracebacks(caplog.text) == []
    assert came["message"] == 120 * len(METHODS) and came["refused"] > 100 and came["frame"] > 10


def test_broken_saved_runs_are_refused_in_words():
    faults = Faults()
    fuzz_snapshots(60, random.Random(0), faults)
    assert not faults, "\n".join(faults)


def test_broken_uploads_are_read_or_refused_in_words():
    faults = Faults()
    faults.update(fuzz_uploads(100, random.Random(2), faults.check_text))
    assert not faults, "\n".join(faults)


def test_a_traceback_is_found_in_both_forms_of_a_log():
    text = 'x\nTraceback (most recent call last)\n  File "a"\nValueError: b\n'
    assert len(tracebacks(text)) == 1
    assert tracebacks('{"event": "failed", "traceback": "File a\\nValueError: b"}\n{"event": "end"}') == [
        "failed | File a | ValueError: b"
    ]


def test_arbitrary_questions_are_answered_or_refused_in_words():
    faults = Faults()
    fuzz_questions(0.6, random.Random(1), faults, ("aae", "aae-semi", "arae-three", "attack-digits", "training"))
    assert not faults, "\n".join(faults)
