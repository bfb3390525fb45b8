"""What all WebSockets have in common."""

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app.live.ending import TOLD
from app.operations.metrics import registry
from app.operations.state import ENDING, state
from app.routes import routes

OWN = {"origin": "http://testserver"}
SOCKETS = ["live", "room", "wait"]


def met(name, origin=OWN):
    """What a page is told first, and the code with which it is closed."""
    with (
        TestClient(Starlette(routes=routes())) as client,
        client.websocket_connect(f"/saddle/{name}", headers=origin) as socket,
    ):
        said = socket.receive_json()
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        return said, closed.value.code


@pytest.mark.parametrize("name", SOCKETS)
def test_pages_of_others_are_told_why_they_are_refused(name):
    said, code = met(name, {"origin": "http://elsewhere"})
    assert said["type"] == "refused" and "elsewhere" in said["message"] and code == 4403


@pytest.mark.parametrize("name", SOCKETS)
def test_who_comes_while_the_server_ends_is_told_so(name, monkeypatch):
    monkeypatch.setattr(state, "phase", ENDING)
    kind, message, code = TOLD
    assert met(name) == ({"type": kind, "message": message}, code)
    assert registry.get_sample_value("saddle_sockets") == 0
