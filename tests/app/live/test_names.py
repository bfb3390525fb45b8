"""Under which names the server answers: never under one that somebody else may have turned here."""

import asyncio
import http.client
import json

import pytest
import websockets
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from streamlit import config

from app.live import names
from app.live.names import unknown
from app.routes import middleware, routes
from app.settings.declared import Settings
from tests.client import run

OWN = ["127.0.0.1:8501", "localhost", "LOCALHOST.", "a.localhost:1", "[::1]:8501", "10.1.2.3", "[fe80::1]:80"]
FOREIGN = ["evil.example:8501", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "x@127.0.0.1", ""]
FOREIGN += ["127.0.0.1:x", "127.0.0.1/evil", "evil.example#127.0.0.1", "0x7f000001.example", "room-laptop.evil.example"]


@pytest.fixture
def given(monkeypatch):
    """A function that sets Saddle's `hosts` and options of Streamlit's."""
    before = {}

    def give(hosts="", **options):
        monkeypatch.setattr(names, "settings", lambda: Settings(hosts=hosts))
        for name, value in options.items():
            option = f"server.{name}" if name != "serverAddress" else f"browser.{name}"
            before.setdefault(option, config.get_option(option))
            config.set_option(option, value)

    give(address="127.0.0.1")
    yield give
    for option, value in before.items():
        config.set_option(option, value)


@pytest.fixture
def machine(monkeypatch):
    monkeypatch.setattr(names, "_found", lambda: {"room-laptop", "room-laptop.local"})


def test_addresses_and_loopback_names_are_own_and_others_are_not(given, machine):
    assert [host for host in OWN if unknown(host)] == []
    assert [host for host in FOREIGN if not unknown(host)] == []
    assert unknown(None) == ""


def test_names_of_the_machine_are_own_where_others_may_come(given, machine):
    for address in ("0.0.0.0", "::", None):
        given(address=address)
        assert not unknown("room-laptop:8501") and not unknown("Room-Laptop.local") and unknown("evil.example")
    given(address="127.0.0.1")
    assert unknown("room-laptop:8501")
    given(address="inner.example")
    assert not unknown("inner.example:8501")


def test_settings_add_names(given):
    given("room.example, *.school.example")
    assert not unknown("room.example:443") and not unknown("a.school.example")
    assert unknown("school.example") and unknown("xroom.example") and unknown("evilschool.example")
    given(allowedHosts=["*.a.example"], corsAllowedOrigins=["https://b.example:444"])
    assert not unknown("x.a.example") and not unknown("b.example")
    given(serverAddress="c.example")
    assert not unknown("c.example") and unknown("d.example")
    given("*")
    assert not unknown("evil.example")


def test_a_refusal_says_what_to_mend(given):
    text = unknown("room.example:8501")
    assert "SADDLE_HOSTS=room.example" in text and "proxy_set_header Host $http_host" in text
    assert len(unknown("a" * 5000)) < 800


def test_nothing_is_answered_under_a_foreign_name(given):
    async def page(request):
        return PlainTextResponse("inside")

    app = Starlette(routes=[*routes(), Route("/", page), Route("/_stcore/metrics", page)], middleware=middleware())
    with TestClient(app, client=("10.0.0.7", 1), base_url="http://127.0.0.1") as client:
        assert client.get("/").text == "inside"
        assert client.get("/_stcore/metrics").status_code == 403
        for path in ("/", "/saddle/health", "/saddle/metrics", "/saddle/library/uPlot.js", "/static/x.js"):
            for more in ({}, {"x-forwarded-host": "127.0.0.1"}, {"accept": "text/html"}):
                answer = client.get(path, headers={"host": "evil.example", **more})
                assert answer.status_code == 421 and "none of its names" in answer.text
        for path in ("/saddle/gif?frames=1&height=2&width=2", "/saddle/snapshot"):
            headers = {"host": "evil.example", "origin": "http://evil.example"}
            assert client.post(path, content=bytes(4), headers=headers).status_code == 421
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream", headers=headers):
            pass
        with client.websocket_connect("/saddle/live", headers=headers) as socket:
            message = socket.receive_json()
            assert message["type"] == "refused" and "none of its names" in message["message"]


def test_a_real_server_gives_a_foreign_name_nothing(server):
    """As a browser would ask that was led to it by a foreign name, for pages and sockets alike."""
    for path in ("/", "/_stcore/health", "/_stcore/host-config", "/saddle/health", "/vat", "/favicon.png"):
        for host, refused in (("evil.example", True), (f"127.0.0.1:{server.port}", False)):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            connection.request("GET", path, headers={"Host": host})
            assert (connection.getresponse().status == 421) is refused, (path, host)
            connection.close()

    async def sockets():
        evil = {"host": "127.0.0.1", "port": server.port, "origin": "http://evil.example"}
        with pytest.raises(websockets.InvalidStatus, match="403"):
            await websockets.connect("ws://evil.example/_stcore/stream", subprotocols=["streamlit"], **evil)
        async with websockets.connect("ws://evil.example/saddle/live", **evil) as socket:
            assert json.loads(await socket.recv())["type"] == "refused"

    run(within(sockets()))


def test_streamlits_socket_takes_the_pages_that_the_live_channel_takes(server):
    """And no page of another server on this machine, which Streamlit by itself would let in."""
    asked = {"host": "127.0.0.1", "port": server.port, "subprotocols": ["streamlit"]}

    async def sockets():
        for origin, host, more, taken in (
            (server.url, f"127.0.0.1:{server.port}", {}, True),
            ("http://localhost:9", f"localhost:{server.port}", {}, False),
            ("http://127.0.0.1:9", f"127.0.0.1:{server.port}", {}, False),
            ("http://evil.example", f"127.0.0.1:{server.port}", {}, False),
            ("null", f"127.0.0.1:{server.port}", {}, False),
            ("https://room.example", f"127.0.0.1:{server.port}", {"X-Forwarded-Host": "room.example, inner"}, True),
            ("http://localhost:9000", "localhost", {}, True),  # a proxy that drops the port
        ):
            url = f"ws://{host}/_stcore/stream"
            try:
                await (await websockets.connect(url, origin=origin, additional_headers=more, **asked)).close()
                assert taken, origin
            except websockets.InvalidStatus as answer:
                assert not taken and answer.response.status_code == 403, origin

    run(within(sockets()))


async def within(work):
    async with asyncio.timeout(30):
        await work
