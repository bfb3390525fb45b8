"""Actions: what a member of a room asks for, carried out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import segno

from app.live.rooms import runs
from app.live.rooms.challenge import Challenge
from app.live.rooms.member import Member
from app.live.rooms.reach import reached
from app.live.rooms.room import Room
from app.live.rooms.rooms import rooms
from app.live.rooms.words import Refusal, field, line
from app.live.sessions import Session, sessions

FORK_EVERY = 1.0  # seconds between two runs or measurements that one member asks for
DOTS_EVERY = 0.06  # seconds between two places of the pointer
TOKEN_LENGTH = 64
LINK_LENGTH = 300  # characters of the link in a QR code

_slow = asyncio.Semaphore(2)  # forks and measurements at once, of all rooms


class Actions:
    """What one member may do."""

    def __init__(self, room: Room, member: Member) -> None:
        self._room = room
        self._member = member
        self._slow_at = 0.0
        self._dot_at = 0.0
        own: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "at": self._at,
            "name": lambda m: room.rename(member, m),
            "own": self._open_own,
        }
        presenter: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "present": self._present,
            "look": room.take_look,
            "dot": self._dot,
            "pause": self._pause,
            "push": lambda m: room.push(m, rooms().pages),
            "ask": room.ask,
            "reveal": lambda m: room.reveal(m.get("truth")),
            "drop": lambda m: room.drop_prediction(),
            "challenge": self._challenge,
            "endchallenge": lambda m: room.end_challenge(),
            "remove": self._remove,
            "cards": lambda m: member.tell({"type": "cards", "cards": list(rooms().cards())}),
            "qr": self._qr,
            "metrics": self._metrics,
            "end": lambda m: rooms().end(room, f"{member.name} has ended this room."),
        }
        others: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "answer": lambda m: room.answer(member, m),
            "fork": self._fork,
            "join-challenge": self._join_challenge,
            "handin": self._hand_in,
        }
        self._known = own | (presenter if member.presents else others)
        self._elsewhere = presenter.keys() | others.keys()

    async def do(self, message: Mapping[str, Any]) -> None:
        """Carry out a message. Raises Refusal."""
        kind = message["type"]
        if self._room.ended:
            raise Refusal(self._room.ended)
        if self._room.members.get(self._member.number) is not self._member:
            raise Refusal("You are no longer in this room.")
        act = self._known.get(kind)
        if act is None and kind in self._elsewhere:
            raise Refusal("Only whoever presents can do this." if not self._member.presents else "This is for members.")
        if act is None:
            raise Refusal(f"There is no message type {line(kind, 40)!r} in a room.")
        done = act(message)
        if isinstance(done, Awaitable):
            await done

    def _spend(self) -> None:
        """Raise Refusal where something slow was asked for a moment ago."""
        now = time.monotonic()
        if now - self._slow_at < FORK_EVERY:
            raise Refusal("One after the other: try again in a few seconds.")
        self._slow_at = now

    @staticmethod
    async def _do(function: Callable[..., Any], *arguments: Any) -> Any:
        async with _slow:
            return await asyncio.to_thread(function, *arguments)

    # -- all ---------------------------------------------------------------------------------------

    async def _at(self, message: Mapping[str, Any]) -> None:
        """Which page somebody looks at, and with which run."""
        member, room = self._member, self._room
        page, token = field(message, "page", str, ""), field(message, "token", str, "")[:TOKEN_LENGTH]
        at = page if page in rooms().pages else "room"
        before = member.at, member.own, member.run
        member.at, member.run, member.own = at, token, bool(token)
        if before != (member.at, member.own, member.run):
            room.changed()
        if room.paused and token and not member.presents:
            await asyncio.to_thread(runs.hold, [token], True)

    # -- whoever presents --------------------------------------------------------------------------

    async def _present(self, message: Mapping[str, Any]) -> None:
        token = field(message, "token", str)[:TOKEN_LENGTH]
        session = await asyncio.to_thread(sessions().find, token)
        if session is None or session.shown is None:
            raise Refusal("This run is no longer on the server: reload the page.")
        room = self._room
        if room.stage.token == token and room.stage.shown is session.shown:
            return
        room.stage.take(session)
        shown = session.shown
        title = rooms().pages.get(shown.page, shown.page)
        room.show({"page": shown.page, "tab": shown.tab, "title": title, "run": room.number()})

    def _dot(self, message: Mapping[str, Any]) -> None:
        """The pointer, at shares of a panel's width and height; away without a panel."""
        panel = field(message, "panel", str, "")[:60]
        now = time.monotonic()
        if panel and now - self._dot_at < DOTS_EVERY:
            return
        self._dot_at = now
        place = [min(1.0, max(0.0, float(field(message, axis, (float, int), 0.0)))) for axis in "xy"]
        self._room.tell({"type": "dot", "panel": panel, "x": round(place[0], 4), "y": round(place[1], 4)})

    async def _pause(self, message: Mapping[str, Any]) -> None:
        on = field(message, "on", bool)
        self._room.pause(on)
        tokens = [t for m in self._room.members.values() if not m.presents for t in {m.run, m.fork} if t]
        await asyncio.to_thread(runs.hold, tokens, on)

    def _qr(self, message: Mapping[str, Any]) -> None:
        """The link by which others come to the room, as text and as the rows of a QR code, "1" for
        dark.
        """
        text = field(message, "text", str)
        if len(text) > LINK_LENGTH or not text.startswith(("http://", "https://")):
            raise Refusal("Only links become a QR code.")
        link, why_not = reached(text)
        rows = ["".join("01"[bit] for bit in row) for row in segno.make_qr(link, error="m").matrix]
        self._member.tell({"type": "qr", "rows": rows, "link": link, "note": why_not})

    async def _metrics(self, message: Mapping[str, Any]) -> None:
        """The metrics that the run on show has."""
        if not self._room.stage.token:
            raise Refusal("Open a lab first: a challenge starts from the run that you show.")
        _, _, metrics = await self._do(runs.measured, self._room.stage.token)
        self._member.tell({"type": "metrics", "names": sorted(metrics)})

    def _remove(self, message: Mapping[str, Any]) -> None:
        member = self._room.remove(field(message, "id", int))
        member.tell({"type": "over", "message": "The presenter has removed you from this room."})

    async def _challenge(self, message: Mapping[str, Any]) -> None:
        self._spend()
        token = self._room.stage.token
        if not token:
            raise Refusal("Open a lab first: a challenge starts from the run that you show.")
        start, _, shown = await self._do(runs.moment, token)
        _, _, metrics = await self._do(runs.measured, token)
        self._room.challenge_all(Challenge.of(self._room.number(), message, start, shown, metrics))

    # -- members -----------------------------------------------------------------------------------

    async def _fork(self, message: Mapping[str, Any]) -> None:
        self._spend()
        token = self._room.stage.token
        if not token:
            raise Refusal("There is no run on show now.")
        snapshot, knobs, shown = await self._do(runs.moment, token)
        await self._own(snapshot, knobs, shown, challenged=False)

    def _open_own(self, message: Mapping[str, Any]) -> None:
        """Open the run that somebody had: the one that was forked, or that is on show."""
        member = self._member
        session = sessions().known(self._room.stage.token if member.presents else member.fork)
        if session is None or session.shown is None:
            member.fork = ""
            self._room.changed()
            raise Refusal("Your run is no longer on the server.")
        self._told_fork(session)

    def _told_fork(self, session: Session) -> None:
        page = session.shown.page
        self._member.tell({"type": "forked", "token": session.token, "step": self._member.forked_at, "page": page})

    async def _join_challenge(self, message: Mapping[str, Any]) -> None:
        self._spend()
        challenge = self._room.challenge
        if challenge is None or challenge.ended:
            raise Refusal("There is no challenge now.")
        shown = challenge.shown_as
        await self._own(challenge.start, challenge.start.knobs, shown, challenged=True)

    async def _own(self, snapshot: Any, knobs: Mapping[str, Any], shown: Any, challenged: bool) -> None:
        member = self._member
        session = await self._do(runs.fork, snapshot, knobs, shown, f"room-{self._room.code}-{member.number}")
        member.fork, member.forked_at, member.challenged = session.token, snapshot.step, challenged
        if self._room.paused:
            await asyncio.to_thread(runs.hold, [session.token], True)
        self._told_fork(session)
        self._room.changed()

    async def _hand_in(self, message: Mapping[str, Any]) -> None:
        self._spend()
        named = field(message, "named", bool, False)
        challenge, member = self._room.challenge, self._member
        if challenge is None or not member.challenged or not member.fork:
            raise Refusal("Take part first: your run must begin where all begin.")
        step, seed, metrics = await self._do(runs.measured, member.fork, challenge.start)
        challenge.hand_in(member.number, step, seed, metrics, named)
        self._room.changed()
