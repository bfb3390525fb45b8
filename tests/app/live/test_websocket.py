"""The live channel from outside: tokens, origins, caps, hostile messages, and runs that outlast
their watchers.
"""

import json
import struct
import time

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app.live import sessions as sessions_module
from app.live import websocket
from app.live.sessions import RUNS_PER_VISITOR, sessions
from app.routes import routes
from tests.app.live.runs import open_session

PATIENCE = 20
ORIGIN = {"origin": "http://testserver"}


@pytest.fixture(scope="module")
def client():
    with TestClient(Starlette(routes=routes())) as client:
        yield client


class Socket:
    """A watcher, which begins with a hello."""

    def __init__(self, client, token, headers=ORIGIN):
        self.closed = False
        self.context = client.websocket_connect("/saddle/live", headers=headers)
        self.socket = self.context.__enter__()
        self.say(type="hello", token=token)

    def say(self, **message):
        self.socket.send_text(json.dumps(message))

    def hear(self):
        """The next message: a dict for text, (header, bytes) for a frame."""
        message = self.socket.receive()
        if message["type"] == "websocket.close":
            raise WebSocketDisconnect(message["code"])
        if message.get("text") is not None:
            return json.loads(message["text"])
        data = message["bytes"]
        (length,) = struct.unpack("<I", data[:4])
        return json.loads(data[4 : 4 + length]), data[4 + length :]

    def error(self):
        """The next error message, past any frames."""
        while not (isinstance(m := self.hear(), dict) and m["type"] == "error"):
            pass
        return m["message"]

    def frame(self, wanted=lambda header: True):
        """The first frame that is wanted, asking on."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.say(type="want")
            message = self.hear()
            if isinstance(message, tuple) and wanted(message[0]):
                return message
        raise AssertionError("no such frame")

    def close(self):
        if not self.closed:
            self.closed = True
            self.context.__exit__(None, None, None)


@pytest.fixture
def connect(client):
    """A function that opens a watcher for a token; all are closed in the end."""
    sockets = []

    def open_socket(token):
        sockets.append(Socket(client, token))
        return sockets[-1]

    yield open_socket
    for socket in sockets:
        socket.close()


@pytest.fixture
def socket(connect):
    socket = connect(open_session().token)
    assert socket.hear() == {"type": "ready"}
    return socket


def test_a_frame_carries_step_knobs_and_arrays(socket):
    header, data = socket.frame(lambda h: "scene" in h)
    assert header["step"] == 0 and header["knobs"]["epsilon_vat"] == 0.4 and "points" not in header["knobs"]
    (name, dtype, shape, offset), *_ = header["layers"]
    assert (name, dtype, shape) == ("field", "u1", [7, 60, 60]) and offset == 0
    tables = {row[0]: row for row in header["scene"]}
    name, dtype, shape, offset = tables["points"]
    points = np.frombuffer(data, "<f4", shape[0] * shape[1], offset).reshape(shape)
    assert points.shape == (16, 3) and set(points[:, 2]) == {0, 1}
    assert offset % 4 == 0 and len(data) % 4 == 0


def test_a_picture_comes_whole_once_and_then_as_its_change(connect):
    """The changes add up to what a watcher who comes later gets whole."""
    token = open_session().token
    first = connect(token)
    assert first.hear() == {"type": "ready"}
    pictures, kinds, header = None, [], {"playing": True}
    first.say(type="play")
    while header["playing"] or len(kinds) < 12:
        header, data = first.frame()
        _, kind, shape, offset = next(row for row in header["layers"] if row[0] == "field")
        field = np.frombuffer(data, np.uint8, int(np.prod(shape)), offset).reshape(shape)
        pictures = field.copy() if kind == "u1" else pictures + field
        kinds.append(kind)
        if len(kinds) == 12:
            first.say(type="pause")
    assert kinds == ["u1"] + ["d1"] * (len(kinds) - 1) and header["step"] > 0
    first.close()
    second = connect(token)
    assert second.hear() == {"type": "ready"}
    later, data = second.frame()
    _, kind, shape, offset = next(row for row in later["layers"] if row[0] == "field")
    assert kind == "u1" and later["step"] == header["step"]
    assert (np.frombuffer(data, np.uint8, int(np.prod(shape)), offset).reshape(shape) == pictures).all()


def test_play_turn_pause_over_the_wire(socket):
    socket.say(type="play")
    socket.frame(lambda h: h["step"] > 5 and h["playing"])
    socket.say(type="knobs", values={"lam": 2.5})
    assert socket.frame(lambda h: h["knobs"]["lam"] == 2.5)[0]["generation"] == 0
    socket.say(type="speed", value=10)
    socket.frame(lambda h: h["speed"] == 10)
    socket.say(type="pause")
    socket.frame(lambda h: not h["playing"])


HOSTILE = [
    "",
    "{",
    "[]",
    "null",
    '"x"',
    "{}",
    '{"type": 5}',
    '{"type": "nonesuch"}',
    '{"type": "__class__"}',
    '{"type":"knobs"}',
    '{"type":"knobs","values":[]}',
    '{"type":"knobs","values":{"epsilon_vat":"a"}}',
    '{"type":"knobs","values":{"epsilon_vat":1e999}}',
    '{"type":"knobs","values":{"epsilon_vat":NaN}}',
    '{"type":"knobs","values":{"__init__":1}}',
    '{"type":"knobs","values":{"points":{"a":1}}}',
    '{"type":"knobs","values":{"points":[[1e9,0,1]]}}',
    '{"type":"step","steps":-1}',
    '{"type":"step","steps":1e9}',
    '{"type":"step"}',
    '{"type":"reset","seed":"x"}',
    '{"type":"reset","seed":-1}',
    '{"type":"rewind","step":99999999}',
    '{"type":"speed","value":3}',
    '{"type":"layers","names":["__dict__"]}',
    '{"type":"layers","names":[[]]}',
    '{"type":"layers","names":"field"}',
    '{"type":"show","visible":1}',
    '{"type":"knobs","values":{"power_iterations":2.5}}',
    '{"type":"link","query":5}',
    '{"type":"link"}',
    '{"type":"link","query":"' + "x" * 17_000 + '"}',
    "[" * 5000,
    '{"type":"hello","token":"x"}',
    "x" * 70_000,
]


def test_hostile_messages_get_errors_and_nothing_breaks(connect, socket):
    other = connect(open_session("other").token)
    assert other.hear() == {"type": "ready"}
    other.say(type="play")
    for text in HOSTILE:
        socket.socket.send_text(text)
        assert len(socket.error()) > 10, text
    socket.socket.send_bytes(b"\x00\xff")
    assert "JSON" in socket.error()
    socket.say(type="step", steps=2)
    assert socket.frame(lambda h: h["step"] == 2)[0]["knobs"]["epsilon_vat"] == 0.4
    other.frame(lambda h: h["step"] > 3 and h["failure"] is None)


def test_an_error_names_the_range(socket):
    socket.say(type="knobs", values={"epsilon_vat": 77})
    assert "0 to 4" in socket.error()


def test_too_many_messages_are_refused_and_then_the_socket_closes(connect, monkeypatch):
    monkeypatch.setattr(websocket, "BURST", 20.0)
    monkeypatch.setattr(websocket, "RATE", 0.001)
    monkeypatch.setattr(websocket, "MOST_REFUSED", 5)
    socket = connect(open_session().token)
    socket.hear()
    for _ in range(26):
        socket.say(type="pause")
    assert all("slow down" in socket.error() for _ in range(5))
    assert socket.hear()["type"] == "closed"
    with pytest.raises(WebSocketDisconnect):
        socket.hear()


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "http://evil.example"}, {"origin": "null"}, {"origin": "http://testserver.evil.example"}]
)
def test_other_origins_are_turned_away(client, headers):
    with client.websocket_connect("/saddle/live", headers=headers) as socket:
        assert json.loads(socket.receive_text())["type"] == "refused"
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()


def test_the_fifth_run_on_screen_ends_the_first_and_says_why(connect):
    sockets = [connect(open_session("five").token) for _ in range(RUNS_PER_VISITOR)]
    assert all(s.hear() == {"type": "ready"} for s in sockets)
    open_session("five")
    first = sockets[0].hear()
    assert first["type"] == "ended" and "4 runs on screen at most" in first["message"]
    assert "opened another" in first["message"] and "reload" in first["message"]
    with pytest.raises(WebSocketDisconnect):
        sockets[0].hear()
    assert sockets[1].frame()[0]["step"] == 0


@pytest.mark.parametrize("token", ["", "guess", None, 7, ["a"]])
def test_an_unknown_token_opens_nothing(connect, token):
    socket = connect(token)
    assert socket.hear()["type"] in ("gone", "error")
    with pytest.raises(WebSocketDisconnect):
        socket.hear()


def test_a_reconnect_goes_on_where_it_was(connect):
    token = open_session().token
    first = connect(token)
    first.hear()
    first.say(type="step", steps=9)
    first.frame(lambda h: h["step"] == 9)
    first.close()
    second = connect(token)
    second.hear()
    assert second.frame()[0]["step"] == 9


def test_a_dropped_run_comes_back_from_its_snapshot(connect, monkeypatch):
    session = open_session(values={"lam": 2})
    socket = connect(session.token)
    socket.hear()
    socket.say(type="step", steps=4)
    socket.frame(lambda h: h["step"] == 4)
    socket.close()
    deadline = time.monotonic() + PATIENCE
    while session.live.watched and time.monotonic() < deadline:
        pass
    monkeypatch.setattr(sessions_module, "DROP_AFTER", -1.0)
    sessions().tidy()
    assert session.live is None and session.resting is not None
    back = connect(session.token)
    back.hear()
    header, _ = back.frame()
    assert header["step"] == 4 and header["knobs"]["lam"] == 2
