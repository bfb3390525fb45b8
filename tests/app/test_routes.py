"""Routes that Saddle adds to Streamlit's own."""

import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import routes as routes_module
from app.routes import routes
from tests.app.live.runs import open_session


def test_an_animation_is_made_of_posted_frames_and_nonsense_is_refused():
    own = {"origin": "http://testserver"}
    with TestClient(Starlette(routes=routes())) as client:
        good = client.post("/saddle/gif?frames=3&height=28&width=28", content=bytes(3 * 784), headers=own)
        assert good.status_code == 200 and good.content[:6] == b"GIF89a"
        for query, body, status in (
            ("frames=3&height=28&width=28", bytes(10), 400),
            ("frames=9999&height=28&width=28", b"", 400),
            ("frames=x", b"", 400),
            ("frames=1&height=2&width=2", bytes(100_000), 400),
            ("frames=400&height=64&width=64", bytes(10), 400),
        ):
            assert client.post(f"/saddle/gif?{query}", content=body, headers=own).status_code == status
        assert (
            client.post(
                "/saddle/gif?frames=1&height=2&width=2", content=bytes(4), headers={"origin": "http://elsewhere"}
            ).status_code
            == 403
        )


def test_animations_are_made_one_after_the_other_and_do_not_keep_a_hello_waiting(monkeypatch):
    begun, let_go = threading.Event(), threading.Event()

    def made(images):
        begun.set()
        let_go.wait(20)
        return b"GIF89a"

    monkeypatch.setattr(routes_module, "_animated", made)
    own = {"origin": "http://testserver"}
    with TestClient(Starlette(routes=routes())) as client, ThreadPoolExecutor(8) as visitors:

        def ask():
            return client.post("/saddle/gif?frames=1&height=2&width=2", content=bytes(4), headers=own)

        asked = [visitors.submit(ask) for _ in range(8)]
        assert begun.wait(20)
        done, _ = wait(asked, 20, FIRST_COMPLETED)
        refused = done.pop().result()
        assert refused.status_code == 503 and "try again" in refused.text
        with client.websocket_connect("/saddle/live", headers=own) as socket:
            socket.send_json({"type": "hello", "token": open_session().token})
            assert socket.receive_json() == {"type": "ready"}
        let_go.set()
        codes = [a.result().status_code for a in asked]
    assert codes.count(200) == routes_module.MOST_WAITING + 1 and codes.count(503) == 8 - codes.count(200)
