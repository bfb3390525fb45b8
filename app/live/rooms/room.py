"""Room: who is in it, what its presenter shows and asks, and when it ends.

Nothing here knows of sockets, nor of runs but for `stage`, which has the one that all watch. All
functions are called in one thread, the server's event loop.
"""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from app.live.rooms import state
from app.live.rooms.challenge import Challenge
from app.live.rooms.member import Member
from app.live.rooms.onstage import OnStage
from app.live.rooms.password import LONGEST, Password
from app.live.rooms.prediction import Prediction
from app.live.rooms.words import LINK_LENGTH, Refusal, field, line, name_of, new_code, text_of
from app.settings.reading import settings

MOST_MEMBERS = settings().people_per_room
EMPTY_FOR = 1800.0  # seconds without anybody until a room ends
LONGEST_ROOM = 8 * 3600.0  # seconds until it ends in any case
ABSENT_FOR = 600.0  # seconds after which the place of somebody who has left may be given away
WRONG_TRIES = 30  # wrong passwords a minute, of all who try
MINUTE = 60.0
PLACES = (20, 15, 10)  # points of the first three of a challenge; all others get FURTHER
FURTHER = 5
RULE = (
    f"A room ends when its presenter ends it, when nobody has been in it for {EMPTY_FOR / 60:.0f} minutes, and after "
    f"{LONGEST_ROOM / 3600:.0f} hours in any case. Names, answers and points are then forgotten."
)


class Room:
    """One room."""

    def __init__(self, presenter: str, password: Password | None = None, code: str = "") -> None:
        """presenter: their name. password: what joining asks for, None for nothing."""
        self.code = code or new_code()
        self.opened = self.left = time.monotonic()
        self.members: dict[int, Member] = {}
        self.password = password
        self.paused = False
        self.ended = ""
        self.place: dict[str, Any] | None = None  # what the presenter shows: page, title and the number of the run
        self.look: dict[str, Any] = {}
        self.pushed: dict[str, Any] | None = None
        self.prediction: Prediction | None = None
        self.challenge: Challenge | None = None
        self.stage = OnStage()
        self._last = 0
        self._wrong: list[float] = []
        self._shared = ""
        self.presenter = self._add(presenter, presents=True)

    # -- people ------------------------------------------------------------------------------------

    def _number(self) -> int:
        self._last += 1
        return self._last

    def _add(self, name: str, presents: bool = False) -> Member:
        name = name_of(name, {m.name for m in self.members.values()})
        member = Member(self._number(), name, presents)
        self.members[member.number] = member
        return member

    def may_try(self) -> None:
        """Raise Refusal where too many wrong passwords have come."""
        now = time.monotonic()
        self._wrong = [at for at in self._wrong if now - at < MINUTE]
        if len(self._wrong) >= WRONG_TRIES:
            raise Refusal("Too many wrong passwords were tried. Wait a minute, then try again.")

    def wrong(self) -> Refusal:
        """A wrong password has come: the refusal of it."""
        self._wrong.append(time.monotonic())
        return Refusal("This is not the room's password. Ask whoever presents.")

    def join(self, name: str) -> Member:
        """A new member. Raises Refusal."""
        if len(self.members) > MOST_MEMBERS:
            self._give_away()
        member = self._add(name)
        self.changed()
        return member

    def _give_away(self) -> None:
        """Forget whoever has been away longest. Raises Refusal where nobody has been for long."""
        away = [m for m in self.members.values() if not m.present and not m.presents]
        longest = min(away, key=lambda m: m.left, default=None)
        if longest is None or time.monotonic() - longest.left < ABSENT_FOR:
            raise Refusal(f"This room is full: it takes {MOST_MEMBERS} people. Look on with somebody who is in it.")
        del self.members[longest.number]

    def member(self, secret: str) -> Member | None:
        """Whose secret this is."""
        given = secret.encode("utf-8", "surrogatepass")
        return next((m for m in self.members.values() if hmac.compare_digest(m.secret.encode(), given)), None)

    def remove(self, number: int) -> Member:
        """Put somebody out of the room. Raises Refusal."""
        if (member := self.members.get(number)) is None or member.presents:
            raise Refusal("There is nobody of that number to remove.")
        del self.members[number]
        self.changed()
        return member

    def came_or_went(self) -> None:
        """A tab of somebody has connected or gone."""
        self.left = time.monotonic()
        self.changed()

    @property
    def present(self) -> int:
        """How many members are there, without the presenter."""
        return sum(m.present and not m.presents for m in self.members.values())

    # -- what the presenter does -------------------------------------------------------------------

    def show(self, place: dict[str, Any] | None, look: Mapping[str, Any] = {}) -> None:
        """The presenter shows a run, or none. place: page, title and number of the run."""
        self.place = place
        self.look = dict(look)
        self.changed()

    def take_look(self, message: Mapping[str, Any]) -> None:
        """Which view and which toggles the presenter's Stage has. Raises Refusal."""
        show = field(message, "show", dict, {})
        if len(show) > 40 or not all(isinstance(k, str) and len(k) <= 60 for k in show):
            raise Refusal("look names too many toggles.")
        view = line(field(message, "view", str, ""), 60)
        self.look = {"view": view, "show": {k: bool(v) for k, v in show.items()}}
        self.changed()

    def push(self, message: Mapping[str, Any], pages: Mapping[str, str]) -> None:
        """Send all a link to open. pages: the labs that exist, by their names in addresses. Raises
        Refusal.
        """
        page, query = field(message, "page", str), field(message, "query", str, "").lstrip("?")
        if page not in pages:
            raise Refusal("Only links to labs can be sent.")
        if len(query) > LINK_LENGTH or any(ord(c) < 33 for c in query):
            raise Refusal(f"The link is too long or damaged: {LINK_LENGTH} characters are the most.")
        title = line(field(message, "title", str, ""), 80) or pages[page]
        self.pushed = {"id": self._number(), "page": page, "query": query, "title": title}
        self.changed()

    def ask(self, message: Mapping[str, Any]) -> None:
        """Ask for a prediction, in place of the one before. Raises Refusal."""
        self.prediction = Prediction.of(self._number(), message)
        self.changed()

    def reveal(self, truth: Any = None) -> None:
        """Show all answers, and give points where the truth is said. Raises Refusal."""
        if self.prediction is None:
            raise Refusal("Nothing was asked.")
        self._reward(self.prediction.reveal(truth))
        self.changed()

    def drop_prediction(self) -> None:
        """Take the question away."""
        self.prediction = None
        self.changed()

    def challenge_all(self, challenge: Challenge) -> None:
        """Begin a challenge, in place of the one before."""
        self.challenge = challenge
        for member in self.members.values():
            member.challenged = False
        self.changed()

    def end_challenge(self) -> None:
        """No more results count: the first ones get points. A second time takes the board away."""
        challenge = self.challenge
        if challenge is None or challenge.ended:
            self.challenge = None
        else:
            challenge.ended = True
            self._reward({m: PLACES[rank - 1] if rank <= len(PLACES) else FURTHER for rank, m, _ in challenge.ranked()})
        self.changed()

    def _reward(self, points: Mapping[int, int]) -> None:
        for number, count in points.items():
            if number in self.members:
                self.members[number].points += count

    def pause(self, on: bool) -> None:
        """Pause all members' runs, or let them go on."""
        self.paused = on
        self.changed()

    def number(self) -> int:
        """A number that nothing else in the room has."""
        return self._number()

    # -- what members do ---------------------------------------------------------------------------

    def answer(self, member: Member, message: Mapping[str, Any]) -> None:
        """Take an answer to the question `id`. Raises Refusal."""
        if self.prediction is None or self.prediction.number != message.get("id"):
            raise Refusal("This question is no longer asked.")
        self.prediction.answer(member.number, message.get("value"))
        self.changed()

    def rename(self, member: Member, message: Mapping[str, Any]) -> None:
        """Give somebody another name. Raises Refusal."""
        others = {m.name for m in self.members.values() if m is not member}
        member.name = name_of(text_of(message, "name"), others)
        self.changed()

    # -- what all see ------------------------------------------------------------------------------

    def changed(self) -> None:
        """All who are there get the new state soon."""
        self._shared = ""
        for member in self.members.values():
            for line_ in tuple(member.lines):
                line_(None)

    def tell(self, message: Mapping[str, Any]) -> None:
        """Send a message to all members' tabs."""
        for member in self.members.values():
            if not member.presents:
                member.tell(message)

    def shared(self) -> str:
        """The state that all see, as JSON, made once for all."""
        self._shared = self._shared or json.dumps(state.shared(self), separators=(",", ":"))
        return self._shared

    def mine(self, member: Member) -> dict[str, Any]:
        """What one member sees besides."""
        return state.own(self, member)

    # -- the end -----------------------------------------------------------------------------------

    def overdue(self) -> str:
        """Why the room ends now by rule; "" where it does not."""
        now = time.monotonic()
        if now - self.opened > LONGEST_ROOM:
            return f"This room was open for {LONGEST_ROOM / 3600:.0f} hours and has ended by its rule."
        if not any(m.present for m in self.members.values()) and now - self.left > EMPTY_FOR:
            return "Nobody was in this room for long, and it has ended by its rule."
        return ""

    def end(self, reason: str) -> None:
        """End it: all are told why."""
        self.ended = reason
        self.stage.clear()
        for member in self.members.values():
            member.tell({"type": "over", "message": reason})


def password_of(message: Mapping[str, Any]) -> str:
    """The password in a message, "" for none. Raises Refusal."""
    text = field(message, "password", str, "")
    if len(text) > LONGEST:
        raise Refusal(f"A password has at most {LONGEST} characters.")
    return text
