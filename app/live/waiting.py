"""The WebSocket of a page that waits for a place: it is told its place in line, and when to come.

Browser to server: `{type: "hello", token}` with the name of its place. Server to browser: `{type:
"place", place, seconds}`, seconds until its turn or null where that cannot be told; `{type:
"come"}`; `{type: "gone"}` where there is no such place; what app/live/door.py tells.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from app.live.door import HELLO_WITHIN, admit, send_json, text_of
from app.live.protocol import BadMessage, decode
from app.live.sessions import sessions

MOST_MESSAGES = 100  # from a page that has nothing to say

log = logging.getLogger(__name__)


async def wait(socket: WebSocket) -> None:
    """Serve one page that waits, until it leaves."""
    await admit(socket, _serve)


async def _serve(socket: WebSocket) -> None:
    try:
        async with asyncio.timeout(HELLO_WITHIN):
            message = decode(await text_of(socket))
    except (BadMessage, TimeoutError):
        message = {}
    key, loop = message.get("token"), asyncio.get_running_loop()
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def tell(message: dict[str, Any]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(messages.put_nowait, message)

    if not isinstance(key, str) or not sessions().queue.watch(key, tell):
        await send_json(socket, type="gone")
        return await socket.close(4404)
    sessions().usher.wake()

    async def send() -> None:
        while True:
            await send_json(socket, **await messages.get())

    sender = asyncio.create_task(send())
    try:
        for _ in range(MOST_MESSAGES):
            await text_of(socket)
        await socket.close(4429)
    finally:
        sender.cancel()
        sessions().queue.unwatch(key, tell)
        with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
            await sender
