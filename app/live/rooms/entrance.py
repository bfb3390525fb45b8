"""Entrance: how a tab gets into a room: it opens one, joins by a code, or comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.websockets import WebSocket

from app.live.door import HELLO_WITHIN, send_json, text_of
from app.live.protocol import BadMessage, decode
from app.live.rooms.member import Member
from app.live.rooms.password import Password
from app.live.rooms.room import Room, password_of
from app.live.rooms.rooms import rooms
from app.live.rooms.words import Refusal, code_of, field

MOST_TRIES = 6  # of one socket to get into a room


async def enter(socket: WebSocket) -> tuple[Room, Member] | None:
    """The room and the member of this tab; None after too many tries or too long a wait."""
    for _ in range(MOST_TRIES):
        try:
            async with asyncio.timeout(HELLO_WITHIN):
                message = decode(await text_of(socket))
        except TimeoutError:
            break
        except BadMessage as problem:
            await send_json(socket, type="note", message=str(problem))
            continue
        try:
            if message["type"] == "open":
                return await _open(message)
            if message["type"] == "join":
                return await _join(message)
            if message["type"] == "back":
                found = rooms().known(field(message, "code", str), field(message, "secret", str))
                if found is not None:
                    return found
                await send_json(socket, type="unknown", message="This room has ended, or you were removed from it.")
                continue
            raise Refusal("The first message must be open, join or back.")
        except Refusal as problem:
            await send_json(socket, type="note", message=str(problem))
    await socket.close(4400)
    return None


async def _open(message: Mapping[str, Any]) -> tuple[Room, Member]:
    text = password_of(message)
    password = await asyncio.to_thread(Password, text) if text else None
    found = rooms().open(field(message, "name", str), password)
    return found, found.presenter


async def _join(message: Mapping[str, Any]) -> tuple[Room, Member]:
    found = rooms().find(code_of(field(message, "code", str)))
    text = password_of(message)
    if found.password is not None:
        if not text:
            raise Refusal("This room has a password. Ask whoever presents.")
        found.may_try()
        if not await asyncio.to_thread(found.password.fits, text):
            raise found.wrong()
        if found.ended:
            raise Refusal(found.ended)
    return found, found.join(field(message, "name", str))
