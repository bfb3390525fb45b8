"""The WebSocket of rooms: one tab of one member.

Browser to server: JSON text `{type, ...}`. First `open` {name, password?}, `join` {code, name,
password?} or `back` {code, secret}. Then from whoever presents `present` {token}, `look`, `dot`,
`pause`, `push`, `ask`, `reveal`, `drop`, `challenge`, `endchallenge`, `remove`, `cards`, `end`;
from others `answer`, `fork`, `join-challenge`, `handin`; from all `watch`, `seen`,
`question` {id, name, values}, `at`, `own`, `name`.

Server to browser: `in` (code, secret, role), `room` and `mine` (the state, at most a few times a
second), `stage` (what to mount a Stage with), `dot`, `forked`, `cards`, `note` (a refusal), `over`,
`stopping` (the server ends); and as binary the frames of app/live/rooms/thinned.py, which the
browser answers with `seen`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections import deque
from collections.abc import Mapping
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from app.live.door import Allowance, admit, send_json, text_of
from app.live.ending import ending
from app.live.protocol import BadMessage, decode
from app.live.rooms.actions import Actions
from app.live.rooms.entrance import enter
from app.live.rooms.member import Member
from app.live.rooms.room import RULE, Room
from app.live.rooms.rooms import rooms
from app.live.rooms.stream import Seat
from app.live.rooms.words import Refusal, field
from app.operations import metrics

log = logging.getLogger(__name__)
RATE, BURST = 60.0, 120.0  # messages a second, and at once
QUESTIONS = 8.0  # of one tab a second, at most
MOST_REFUSED = 200  # refused messages before the socket is closed
STATE_GAP = 0.2  # seconds between two states of a room, at least
GAP_EACH = 0.005  # and for each member, so that many do not make many messages of many
CLOSE_WITHIN = 5.0  # seconds in which the last message must be taken


async def room(socket: WebSocket) -> None:
    """Serve one tab until it leaves."""
    await admit(socket, _serve)


async def _serve(socket: WebSocket) -> None:
    found = await enter(socket)
    if found is not None:
        await _Tab(socket, *found).serve()


class _Tab:
    """Passes messages between a socket and a room."""

    def __init__(self, socket: WebSocket, found: Room, member: Member) -> None:
        self._socket = socket
        self._room = found
        self._member = member
        self._actions = Actions(found, member)
        self._loop = asyncio.get_running_loop()
        self._seat = Seat(self._take_frame)
        self._watching = False
        self._questions = Allowance(QUESTIONS, QUESTIONS)
        self._staged: Any = None  # what the Stage of this tab was told last
        self._frames: deque[bytes] = deque()
        self._texts: deque[str] = deque()
        self._dot: str | None = None
        self._stale = True  # whether the room's state has changed since it was sent
        self._sent: dict[str, str] = {}
        self._next = 0.0  # when the state may be sent again
        self._over = 0  # the code with which it is closed once all texts are sent
        self._refused = 0
        self._arrived = asyncio.Event()

    async def serve(self) -> None:
        member, room_ = self._member, self._room
        try:
            member.come(self._tell)
        except Refusal as problem:
            await send_json(self._socket, type="refused", message=str(problem))
            return await self._socket.close(4429)
        ending.add(self._finish)
        try:
            role = "presenter" if member.presents else "member"
            await send_json(
                self._socket,
                type="in",
                code=room_.code,
                secret=member.secret,
                role=role,
                id=member.number,
                name=member.name,
                rule=RULE,
                pages=rooms().pages,
            )
            room_.came_or_went()
            self._arrived.set()
            async with asyncio.TaskGroup() as group:
                sender = group.create_task(self._send())
                await self._read()
                async with asyncio.timeout(CLOSE_WITHIN):
                    await sender
        except* (WebSocketDisconnect, TimeoutError):
            pass
        finally:
            ending.discard(self._finish)
            member.go(self._tell)
            self._room.stage.leave(self._seat)
            room_.came_or_went()

    # -- to the browser ----------------------------------------------------------------------------

    def _tell(self, message: Mapping[str, Any] | None) -> None:
        """Called by the room: None where its state has changed."""
        if message is None:
            self._stale = True
        elif message["type"] == "dot":
            self._dot = json.dumps(message)
        else:
            self._texts.append(json.dumps(message))
            if message["type"] == "over":
                self._over = self._over or 4410
        self._arrived.set()

    def _finish(self, kind: str, message: str, code: int) -> None:
        """The server ends."""
        self._texts.append(json.dumps({"type": kind, "message": message}))
        self._over = self._over or code
        self._arrived.set()

    def _take_frame(self, frame: bytes) -> None:
        self._frames.append(frame)
        self._arrived.set()

    async def _send(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            if self._watching and self._staged is not self._room.stage.shown:
                await self._send_stage()
            while self._texts:
                await self._socket.send_text(self._texts.popleft())
            if self._over:
                return await self._socket.close(self._over)
            if self._dot is not None:
                dot, self._dot = self._dot, None
                await self._socket.send_text(dot)
            while self._frames:
                await self._socket.send_bytes(self._frames.popleft())
                metrics.room_frames.inc()
            if self._stale:
                await self._send_state()

    async def _send_stage(self) -> None:
        """What this tab mounts its Stage with; the frames come after it."""
        shown = self._staged = self._room.stage.shown
        self._frames.clear()
        self._room.stage.leave(self._seat)
        place = self._room.place
        await send_json(self._socket, type="stage", data=shown and shown.stage, run=place and place["run"])
        if shown is not None and self._staged is self._room.stage.shown:
            self._room.stage.join(self._seat)

    async def _send_state(self) -> None:
        now = self._loop.time()
        if now < self._next:
            self._loop.call_at(self._next, self._arrived.set)
            return
        self._stale = False
        self._next = now + STATE_GAP + GAP_EACH * self._room.present
        for name, text in (
            ("room", self._room.shared()),
            ("mine", json.dumps(self._room.mine(self._member), separators=(",", ":"))),
        ):
            if self._sent.get(name) != text:
                self._sent[name] = text
                await self._socket.send_text(text)

    # -- from the browser --------------------------------------------------------------------------

    async def _read(self) -> None:
        allowance = Allowance(RATE, BURST)
        while self._refused < MOST_REFUSED and not self._over:
            text = await text_of(self._socket)
            try:
                if not allowance.take():
                    raise Refusal("Too many messages: slow down.")
                message = decode(text)
                if not self._own(message):
                    await self._actions.do(message)
            except (Refusal, BadMessage) as problem:
                self._refused += 1
                metrics.refused.labels("room").inc()
                self._tell({"type": "note", "message": str(problem)})
        if not self._over:
            self._tell({"type": "over", "message": "Closed after too many messages that could not be obeyed."})

    def _own(self, message: Mapping[str, Any]) -> bool:
        """Take a message that concerns this tab alone."""
        if message["type"] == "seen":
            self._room.stage.seen(self._seat)
        elif message["type"] == "question":
            if self._questions.take():  # of more than that the run hears nothing
                ident = field(message, "id", int)
                self._room.stage.ask(self._seat, ident, message.get("name"), message.get("values"))
        elif message["type"] == "watch":
            self._watching = field(message, "on", bool)
            self._staged = None if self._watching else self._staged
            if self._watching:
                self._staged = math.nan  # unlike anything shown
            else:
                self._room.stage.leave(self._seat)
            self._arrived.set()
        else:
            return False
        return True
