"""State: what a room (app/live/rooms/room.py) tells the browsers of its members."""

from __future__ import annotations

from typing import Any

from app.live.rooms.member import Member


def shared(room: Any) -> dict[str, Any]:
    """What all see: answers only once they are revealed, and no names but those on the board."""
    names = {m.number: m.name for m in room.members.values()}
    return {
        "type": "room",
        "code": room.code,
        "presenter": {"name": room.presenter.name, "present": room.presenter.present},
        "present": room.present,
        "people": len(room.members) - 1,
        "paused": room.paused,
        "place": room.place,
        "look": room.look,
        "pushed": room.pushed,
        "prediction": room.prediction and room.prediction.shown(),
        "challenge": room.challenge and room.challenge.shown(names),
    }


def own(room: Any, member: Member) -> dict[str, Any]:
    """What one member sees besides: themselves, and the presenter all people."""
    answers = room.prediction.answers if room.prediction else {}
    result = room.challenge.results.get(member.number) if room.challenge else None
    found = {
        "type": "mine",
        "name": member.name,
        "points": member.points,
        "answer": answers.get(member.number),
        "fork": bool(member.fork),
        "challenged": member.challenged,
        "result": result and {"value": result.value, "steps": result.steps, "named": result.named},
    }
    if member.presents:
        found["list"] = [m.row(m.number in answers) for m in room.members.values() if not m.presents]
        found["answers"] = [
            {"name": room.members[number].name, "value": value}
            for number, value in answers.items()
            if number in room.members
        ]
    return found
