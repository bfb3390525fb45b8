#!/bin/sh
# websockets 17.4: connect(address, additional_headers={"Host": name}) sends two Host headers, the
# address's own and then the given one, so that servers answer 400 (RFC 9112, section 3.2).
#
# One expects the given header to take the place of the default one, as in http.client, requests and
# httpx; for User-Agent and Origin connect() has parameters of their own, and for Host none. To ask
# one address under another name, put the name into the address and give host= and port=.
#
# Seen: "additional_headers: 127.0.0.1:PORT name.example", "host and port: name.example:PORT". Fails
# if that changes. Needs Python 3.11+.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet websockets==17.4

cat > ask.py <<'PY'
import asyncio
import contextlib

import websockets


async def main():
    hosts = []

    async def listen(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("ascii").split("\r\n")
        hosts.append([line.split(":", 1)[1].strip() for line in lines if line.lower().startswith("host:")])
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def ask(address, **more):
        with contextlib.suppress(websockets.WebSocketException, EOFError, OSError):
            await asyncio.wait_for(websockets.connect(address, proxy=None, **more), 10)

    await ask(f"ws://127.0.0.1:{port}/", additional_headers={"Host": "name.example"})
    await ask(f"ws://name.example:{port}/", host="127.0.0.1", port=port)
    return port, hosts


port, (added, named) = asyncio.run(main())
print("additional_headers:", *added)
print("host and port:", *named)
assert added == [f"127.0.0.1:{port}", "name.example"] and named == [f"name.example:{port}"]
PY
env/bin/python ask.py
