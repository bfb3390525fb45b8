"""bare.py PORT RATE SIZE: a bare WebSocket server, which sends the same bytes to all so many times
a second. It runs as a script, so that it imports nothing else.
"""

import asyncio
import contextlib
import os
import sys
import time

import websockets


async def serve(port: int, rate: float, size: int) -> None:
    """Serve until the process is ended."""
    sockets = set()

    async def one(socket: websockets.ServerConnection) -> None:
        sockets.add(socket)
        with contextlib.suppress(websockets.ConnectionClosed):
            async for _ in socket:
                pass
        sockets.discard(socket)

    async with websockets.serve(one, "127.0.0.1", port, compression="deflate"):
        due = time.monotonic()
        while True:
            data = os.urandom(size)
            for socket in tuple(sockets):
                with contextlib.suppress(websockets.ConnectionClosed):
                    await socket.send(data)
            due += 1 / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
