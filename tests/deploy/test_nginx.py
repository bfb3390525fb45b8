"""Saddle behind the nginx of .deploy/, a real one: TLS, a base path, WebSockets, compression."""

from __future__ import annotations

import asyncio
import contextlib
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
from collections.abc import Iterator
from dataclasses import dataclass, replace
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
    """A server behind nginx. url: under which visitors reach it. plain: without TLS. folder: of the
    certificate.
    """

    server: Server
    url: str
    plain: str
    context: ssl.SSLContext
    folder: Path

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
    context = ssl.create_default_context(cafile=folder / "fullchain.pem")
    proxied = Proxied(server, f"https://localhost:{secure}/{BASE}", f"http://localhost:{plain}/{BASE}", context, folder)
    try:
        with running(folder, filled(folder, **values, CERTIFICATES=folder), proxied):
            yield proxied
    finally:
        server.kill()


@contextlib.contextmanager
def running(folder: Path, text: str, proxied: Proxied) -> Iterator[None]:
    """nginx with this configuration, once the server behind it is ready; it must last."""
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    with open(folder / "nginx.txt", "wb") as log:
        nginx = subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf"], stderr=log)
    try:
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline and nginx.poll() is None:
            with contextlib.suppress(OSError):
                if proxied.ask("/saddle/health")[0] == 200:
                    break
            time.sleep(0.1)
        yield
        assert nginx.poll() is None, (folder / "nginx.txt").read_text(encoding="utf-8")
    finally:
        nginx.terminate()
        nginx.wait(10)


async def visit(url):
    """Open a page, play, and return what was refused."""
    room = Room(url, "vat")
    async with asyncio.timeout(60), room.visit(), room.watch():
        await room.say(type="play")
        while len(room.frames) < 5 and not room.closed:
            await room.say(type="want")
            await asyncio.sleep(0.05)
    return room.errors


def test_a_page_and_its_live_channel_work_through_it(proxied, monkeypatch):
    monkeypatch.setattr(ssl, "create_default_context", lambda *a, **k: proxied.context)
    assert run(visit(proxied.url)) == []


HOST = "proxy_set_header Host $http_host;"
SEVERAL = 'proxy_set_header Host $proxy_host; proxy_set_header X-Forwarded-Host "$http_host, inner";'


@pytest.mark.parametrize("passed", ["proxy_set_header Host $host;", SEVERAL], ids=["no port", "several names"])
def test_it_works_behind_proxies_that_drop_the_port_or_pass_several_names(proxied, monkeypatch, tmp_path, passed):
    monkeypatch.setattr(ssl, "create_default_context", lambda *a, **k: proxied.context)
    folder, secure = proxied.folder, free_port()
    values = {"UPSTREAM": f"127.0.0.1:{proxied.server.port}", "BASE": BASE, "HTTPS_PORT": secure}
    text = filled(tmp_path, **values, HTTP_PORT=free_port(), CERTIFICATES=folder)
    assert HOST in text
    other = replace(proxied, url=f"https://localhost:{secure}/{BASE}")
    with running(tmp_path, text.replace(HOST, passed), other):
        assert run(visit(other.url)) == []


def test_a_browser_plays_through_it(proxied, browser):
    page = browser.new_context(ignore_https_errors=True).new_page()
    listen(page)
    page.lab = "vat"
    page.goto(f"{proxied.url}/vat")
    until(page, "s.connection === 'open' && s.painted > 2 && s.step > 2", 60)
    assert page.evaluate("location.protocol") == "https:" and page.problems == []
    page.context.close()


def test_a_page_that_is_refused_says_what_the_proxy_must_pass(proxied, browser, tmp_path):
    secure = free_port()
    values = {"UPSTREAM": f"127.0.0.1:{proxied.server.port}", "BASE": BASE, "HTTPS_PORT": secure}
    text = filled(tmp_path, **values, HTTP_PORT=free_port(), CERTIFICATES=proxied.folder).replace(HOST, "")
    other = replace(proxied, url=f"https://localhost:{secure}/{BASE}")
    with running(tmp_path, text, other):
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.goto(f"{other.url}/vat")
        said = page.get_by_role("alert").filter(has_text="proxy_set_header Host $http_host")
        said.wait_for(timeout=30_000)
        assert f"came from localhost:{secure}" in said.inner_text()
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
