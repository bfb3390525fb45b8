#!/bin/sh
# streamlit 1.67.0 with uvicorn 0.54.0: the connections of Streamlit's own server have TCP_NODELAY off,
# so an answer in two small pieces (its head, then its body) may wait for the other side's delayed
# acknowledgement, up to 40 ms on Linux, once in every answer.
#
# One expects TCP_NODELAY on: asyncio turns it on for every TCP connection, as the same uvicorn with a
# host and a port shows here. But asyncio recognises TCP by the socket's protocol number, Streamlit
# makes its listening socket without one (proto 0) and hands it to uvicorn, and accepted sockets take
# the number over. (uvicorn's issue 3149 describes the same for `--workers`.)
#
# Seen: "uvicorn, host and port: 1", "streamlit: 0". Fails if that changes. Linux; needs Python 3.11+.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet streamlit==1.67.0 uvicorn==0.54.0 starlette==1.10.0

cat > options.py <<'PY'
import os
import socket


def of_connections(port):
    """TCP_NODELAY of all connections that this process has accepted at a port."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            with socket.socket(fileno=os.dup(int(name))) as one:
                if one.getsockname()[1] == port and not one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    found.append(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        except (OSError, IndexError):
            continue
    return found
PY

cat > page.py <<'PY'
from starlette.responses import JSONResponse
from starlette.routing import Route
import streamlit as st

import options


async def look(request):
    return JSONResponse(options.of_connections(request.url.port))


app = st.App("script.py", routes=[Route("/look", look)])
PY
echo 'import streamlit as st; st.write("a page")' > script.py

cat > plain.py <<'PY'
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

import options


async def look(request):
    return JSONResponse(options.of_connections(request.url.port))


app = Starlette(routes=[Route("/look", look)])
PY

cat > ask.py <<'PY'
import json
import socket
import subprocess
import sys
import time
import urllib.request


def asked(command):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([word.format(port=port) for word in command], stdout=subprocess.DEVNULL)
    try:
        for _ in range(120):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/look", timeout=5) as answer:
                    return set(json.load(answer))
            except OSError:
                time.sleep(0.5)
        raise SystemExit("the server did not answer")
    finally:
        server.kill()
        server.wait()


run = [sys.executable, "-m"]
plain = asked([*run, "uvicorn", "plain:app", "--host", "127.0.0.1", "--port", "{port}", "--loop", "asyncio"])
print("uvicorn, host and port:", *plain)
options = "--server.port={port} --server.address=127.0.0.1 --server.headless=true --browser.gatherUsageStats=false"
page = asked([*run, "streamlit", "run", "page.py", *options.split()])
print("streamlit:", *page)
assert plain == {1} and page == {0}
PY
env/bin/python ask.py
