"""Which pages may use the live channel, also behind proxies, and what a refusal says."""

import pytest
from streamlit import config

from app.live import names
from app.live.origin import refusal
from app.settings.declared import Settings


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """The server has the names room and inner, and no settings name others."""
    monkeypatch.setattr(names, "_machine", lambda: {"room", "inner"})
    monkeypatch.setattr(names, "settings", lambda: Settings())


@pytest.mark.parametrize(
    "origin, headers",
    [
        ("http://room:8501", {"host": "room:8501"}),
        ("http://Room", {"host": "room:80"}),
        ("http://room:80", {"host": "room"}),
        ("http://[::1]:8501", {"host": "[::1]:8501"}),
        ("https://room", {"host": "room:443", "x-forwarded-proto": "https"}),
        ("https://room", {"host": "inner:8501", "x-forwarded-host": "room", "x-forwarded-proto": "https"}),
        ("https://room", {"host": "inner", "x-forwarded-host": "room, inner:8501", "x-forwarded-proto": "https, http"}),
        ("http://room:9000", {"host": "room"}),  # a proxy that drops the port
        ("https://room:9000", {"host": "inner", "x-forwarded-host": "room, inner", "x-forwarded-proto": "https"}),
        ("http://127.0.0.1:9000", {"host": "127.0.0.1"}),
    ],
)
def test_pages_of_this_server_may_also_behind_proxies(origin, headers):
    assert refusal({**headers, "origin": origin}, "ws") == ""


@pytest.mark.parametrize(
    "headers, said",
    [
        ({"host": "room:8501"}, "names no page"),
        ({"origin": "null", "host": "room:8501"}, "names no page"),
        ({"origin": "http://room:x", "host": "room:8501"}, "names no page"),
        (
            {"origin": "http://elsewhere", "host": "room:8501"},
            "came from elsewhere, but its server was asked as room:",
        ),
        ({"origin": "http://evil.example:8501", "host": "evil.example:8501"}, "SADDLE_HOSTS=evil.example"),
        ({"origin": "http://evil.example:9000", "host": "room", "x-forwarded-host": "evil.example"}, "came from evil"),
        ({"origin": "http://room:9000", "host": "room:8501"}, "asked as room:8501"),
        ({"origin": "http://room", "host": "127.0.0.1:8501"}, "proxy_set_header Host $http_host"),  # puts its own
        (
            {"origin": "http://room:8501", "host": "room:9000"},
            "start the server with SADDLE_HOSTS=room",
        ),
        ({"origin": "https://room", "host": "room"}, "X-Forwarded-Proto"),
        ({"origin": "http://room", "host": "room", "x-forwarded-proto": "https"}, "opened by http"),
    ],
)
def test_a_refusal_names_its_cause_and_what_to_mend(headers, said):
    text = refusal(headers, "ws")
    assert said in text and len(text) < 600


def test_what_a_refusal_advises_lets_the_page_in():
    headers = {"origin": "https://room.example", "host": "127.0.0.1:8501"}
    for option, value in (
        ("server.allowedHosts", ["room.example"]),
        ("server.allowedHosts", ["*.example"]),
        ("server.corsAllowedOrigins", ["https://room.example"]),
    ):
        before = config.get_option(option)
        config.set_option(option, value)
        try:
            assert refusal(headers, "ws") == ""
            assert refusal({**headers, "origin": "https://room.elsewhere"}, "ws") != ""
        finally:
            config.set_option(option, before)


def test_a_name_in_hosts_is_let_in_and_any_name_is_not(monkeypatch):
    headers = {"origin": "https://room.example", "host": "127.0.0.1:8501"}
    monkeypatch.setattr(names, "settings", lambda: Settings(hosts="room.example"))
    assert refusal(headers, "ws") == ""
    assert "came from evil" in refusal({**headers, "origin": "https://evil.example"}, "ws")
    monkeypatch.setattr(names, "settings", lambda: Settings(hosts="*"))
    assert "came from evil" in refusal({**headers, "origin": "https://evil.example"}, "ws")


def test_a_port_is_not_taken_for_dropped_where_the_server_has_the_schemes_own():
    before = config.get_option("server.port")
    config.set_option("server.port", 80)
    try:
        assert "came from room:9000" in refusal({"origin": "http://room:9000", "host": "room"}, "ws")
        assert refusal({"origin": "http://room", "host": "room"}, "ws") == ""
    finally:
        config.set_option("server.port", before)
