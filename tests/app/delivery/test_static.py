"""Streamlit's files from memory, and the head of its page."""

import gzip
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import FileResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit import file_util

from app.delivery.static import ASK_WHY, Delivery, Files, needed

STATIC = Path(file_util.get_static_dir())
FILES = Files(STATIC)
SCRIPT = next(name for name in FILES if re.fullmatch(r"static/js/BidiComponent\.[\w-]+\.js", name))


@pytest.fixture(params=["", "/below/here"])
def client(request):
    """A client of pages behind the middleware, at the root and below a path."""
    base = request.param

    async def page(_):
        return FileResponse(STATIC / "index.html")

    async def plain(request):
        return PlainTextResponse(f"behind: {request.headers.get('accept-encoding')}")

    routes = [Route(f"{base}/vat", page), Route(f"{base}/x/{{name:path}}", page), Route(f"{base}/{{path:path}}", plain)]
    middleware = [Middleware(Delivery, base=base, announced=lambda: ["saddle/bundle/x.js"])]
    with TestClient(Starlette(routes=routes, middleware=middleware)) as client:
        client.base = base
        yield client


def test_a_file_of_streamlit_is_itself_and_smaller_where_the_browser_takes_gzip(client):
    own = (STATIC / SCRIPT).read_bytes()
    for encoding, packed in (("gzip, deflate, br", True), ("identity", False), ("gzip;q=0, br", False), ("", False)):
        answer = client.get(f"{client.base}/{SCRIPT}", headers={"accept-encoding": encoding})
        assert answer.status_code == 200 and answer.content == own, encoding
        assert (answer.headers.get("content-encoding") == "gzip") is packed, encoding
        assert "javascript" in answer.headers["content-type"] and "immutable" in answer.headers["cache-control"]
        size = int(answer.headers["content-length"])
        assert size == len(own) if not packed else size < 0.6 * len(own)
        assert answer.headers["vary"] == "accept-encoding"


def test_only_files_of_streamlit_are_served_and_everything_else_passes(client):
    for path in ("static/js/nonesuch.js", "static/../index.html", "static/%2e%2e/index.html", "vatx", "static"):
        assert client.get(f"{client.base}/{path}").text.startswith("behind"), path
    assert client.post(f"{client.base}/{SCRIPT}").status_code == 405
    ranged = client.get(f"{client.base}/{SCRIPT}", headers={"range": "bytes=0-9"})
    assert ranged.text.startswith("behind")


def test_the_page_announces_scripts_in_its_head_and_is_else_unchanged(client):
    own = (STATIC / "index.html").read_text(encoding="utf-8")
    for encoding in ("gzip", "identity"):
        headers = {"accept": "text/html,*/*", "accept-encoding": encoding}
        answer = client.get(f"{client.base}/vat", headers=headers)
        links = re.findall(r'<link rel="modulepreload" crossorigin href="([^"]+)">\n(?=.*</head>)', answer.text, re.S)
        added = [link for link in links if link not in own]
        assert added[0] == f"{client.base}/saddle/bundle/x.js"
        place = re.search(r"<script>\n\(window.__streamlit \?\?= .*?</script>\n", answer.text, re.S)[0]
        assert r'.replace(/\/vat$/, "")' in place
        assert ASK_WHY in answer.text and "{" in ASK_WHY and "</script>" not in ASK_WHY[:-10]
        links = rf'<link rel="modulepreload" crossorigin href="{client.base}/(saddle|static)[^>]*>\n'
        assert re.sub(links, "", answer.text.replace(place, "").replace(ASK_WHY, "")) == own
        assert answer.headers["cache-control"] == "no-cache" and "etag" not in answer.headers
    assert client.get(f"{client.base}/other", headers=headers).text == "behind: None"


def test_a_path_that_is_no_page_does_not_come_into_a_script(client):
    for path in ("x/y", "x/%3C%2Fscript%3E", "x/%24%26"):
        answer = client.get(f"{client.base}/{path}", headers={"accept": "text/html"})
        assert "modulepreload" in answer.text and "__streamlit" not in answer.text


def test_what_is_announced_is_there_and_complete():
    """Every script that an announced one imports is announced or named by the page."""
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    names = needed(FILES)
    assert SCRIPT in names and len(names) == len(set(names))
    for name in names:
        assert (STATIC / name).exists()
        for other in re.findall(r'from\s*"\./([\w.-]+\.js)"', FILES.text(name)):
            assert f"static/js/{other}" in names or other in page or other not in {n[10:] for n in FILES}
    assert needed(Files(STATIC / "media")) == []  # another layout of files: nothing is announced, nothing fails


def test_no_more_is_kept_in_memory_than_allowed(monkeypatch, tmp_path):
    monkeypatch.setattr("app.delivery.static.MOST_KEPT", 5000)
    for k in range(9):
        (tmp_path / f"{k}.bin").write_bytes(bytes([k]) * 1000)
    files = Files(tmp_path)
    assert all(files.get(f"{k}.bin").body == bytes([k]) * 1000 for k in range(9))
    assert sum(files.ready(f"{k}.bin") is not None for k in range(9)) == 5


def test_a_packed_file_is_the_file():
    file = FILES.get(SCRIPT)
    assert gzip.decompress(file.body) == (STATIC / SCRIPT).read_bytes()
