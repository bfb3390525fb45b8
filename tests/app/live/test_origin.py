"""Which pages may use the live channel, also behind proxies, and what a refusal says."""

import pytest
from streamlit import config

from app.live.origin import refusal


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
        ({"origin": "http://room:8501", "host": "room"}, "asked as room"),  # a proxy that drops the port
        ({"origin": "http://room", "host": "127.0.0.1:8501"}, "proxy_set_header Host $http_host"),  # puts its own
        (
            {"origin": "http://room:8501", "host": "room:9000"},
            "corsAllowedOrigins http://room:8501 (a name in --server.allowedHosts",
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
