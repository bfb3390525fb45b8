"""Saddle behind the nginx of .deploy/, a real one: TLS, a base path, WebSockets, compression."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import shutil
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser import ROOT, Server, free_port, listen, until
from tests.client import Room, run

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
MAIN = """
{user} daemon off; pid {folder}/pid; error_log stderr warn; worker_processes 1;
events {{ }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  {server}
}}
"""
BASE = "room"


@dataclass
class Proxied:
    """A server behind nginx. url: under which visitors reach it. plain: without TLS."""

    server: Server
    url: str
    plain: str
    context: ssl.SSLContext

    def ask(self, path, data=None, **headers):
        """Status, headers and body of an answer."""
        request = urllib.request.Request(self.url + path, data, {k.replace("_", "-"): v for k, v in headers.items()})
        try:
            with urllib.request.urlopen(request, timeout=20, context=self.context) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read()


def filled(folder: Path, **values: object) -> str:
    """The template with its variables filled in, in a whole configuration."""
    text = (ROOT / ".deploy" / "nginx.conf.template").read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", str(value))
    assert not re.search(r"^[^#\n]*\$\{", text, re.M)
    return MAIN.format(folder=folder, server=text, user="user root;" if os.getuid() == 0 else "")


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    """Saddle and nginx as processes, with a certificate of their own."""
    if not NGINX or not shutil.which("openssl"):
        pytest.skip("needs nginx and openssl: apt-get install nginx-light openssl")
    folder = tmp_path_factory.mktemp("nginx")
    certificate = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    certificate += ["-addext", "subjectAltName=DNS:localhost,DNS:saddle.example,IP:127.0.0.1"]
    certificate += ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    subprocess.run(certificate, check=True, capture_output=True)
    server = Server(base=BASE, log=folder / "saddle.txt")
    secure, plain = free_port(), free_port()
    values = {"UPSTREAM": f"127.0.0.1:{server.port}", "BASE": BASE, "HTTPS_PORT": secure, "HTTP_PORT": plain}
    (folder / "nginx.conf").write_text(filled(folder, **values, CERTIFICATES=folder), encoding="utf-8")
    with open(folder / "nginx.txt", "wb") as log:
        nginx = subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf"], stderr=log)
    context = ssl.create_default_context(cafile=folder / "fullchain.pem")
    proxied = Proxied(server, f"https://localhost:{secure}/{BASE}", f"http://localhost:{plain}/{BASE}", context)
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and nginx.poll() is None:
            try:
                if proxied.ask("/saddle/health")[0] == 200:
                    break
            except OSError:
                pass
            time.sleep(0.1)
        yield proxied
        assert nginx.poll() is None, (folder / "nginx.txt").read_text(encoding="utf-8")
    finally:
        nginx.terminate()
        nginx.wait(10)
        server.kill()


def test_a_page_and_its_live_channel_work_through_it(proxied, monkeypatch, tmp_path):
    monkeypatch.setattr(ssl, "create_default_context", lambda *a, **k: proxied.context)

    async def visit():
        room = Room(proxied.url, "vat")
        async with asyncio.timeout(60), room.visit(), room.watch():
            await room.say(type="play")
            while len(room.frames) < 5:
                await room.say(type="want")
                await asyncio.sleep(0.05)
        return room.errors

    assert run(visit()) == []


def test_a_browser_plays_through_it(proxied, browser):
    page = browser.new_context(ignore_https_errors=True).new_page()
    listen(page)
    page.lab = "vat"
    page.goto(f"{proxied.url}/vat")
    until(page, "s.connection === 'open' && s.painted > 2 && s.step > 2", 60)
    assert page.evaluate("location.protocol") == "https:" and page.problems == []
    page.context.close()


def test_what_is_sent_is_compressed(proxied):
    status, headers, body = proxied.ask("/", accept="text/html", accept_encoding="gzip")
    assert status == 200 and headers["content-encoding"] == "gzip"
    page = gzip.decompress(body).decode()
    scripts = re.findall(r'(?:src|href)="[./]*(?:room/)?((?:static|saddle)/[\w./-]+\.(?:js|css))"', page)
    assert len(scripts) >= 3
    for name in (*scripts, "saddle/library/plotly.min.js"):
        whole = proxied.ask(f"/{name}")[2]
        status, headers, body = proxied.ask(f"/{name}", accept_encoding="gzip")
        if len(whole) > 1000:
            assert status == 200 and headers["content-encoding"] == "gzip", name
            assert gzip.decompress(body) == whole and len(body) < 0.7 * len(whole)


def test_large_uploads_pass_metrics_do_not_and_http_leads_to_https(proxied):
    origin = "/".join(proxied.url.split("/")[:3])
    # Saddle refuses it before it has come whole, and nginx may call that a bad gateway. By itself
    # nginx would refuse more than a megabyte, with 413.
    assert proxied.ask("/saddle/gif?frames=1&height=2&width=2", bytes(3_000_000), Origin=origin)[0] in (400, 502)
    for path in ("/saddle/metrics", "/_stcore/metrics"):
        assert proxied.ask(path)[0] == 403
    assert json.loads(proxied.ask("/saddle/health")[2])["ready"]

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.build_opener(Stay).open(f"{proxied.plain}/vat?seed=3", timeout=10)
    assert answer.value.code == 308 and answer.value.headers["Location"] == f"https://localhost/{BASE}/vat?seed=3"


def test_a_name_that_is_not_given_gets_the_reason(proxied):
    status, _, body = proxied.ask("/vat", Host="saddle.example")
    assert status == 421 and b"SADDLE_HOSTS=saddle.example" in body
    assert os.environ["SADDLE_HOSTS"] == "testserver"
