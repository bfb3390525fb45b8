"""The state of a room: people, questions, challenges, and its end by rule."""

import json
import time

import pytest

from app.live.rooms import room as rules
from app.live.rooms.challenge import Challenge
from app.live.rooms.password import Password
from app.live.rooms.room import Room, password_of
from app.live.rooms.rooms import MOST_ROOMS, UNKNOWN_CODES, Rooms
from app.live.rooms.words import LETTERS, NAME_LENGTH, Refusal, code_of, line, name_of, new_code

PAGES = {"vat": "VAT"}


@pytest.fixture
def room():
    return Room("Ada")


def test_codes_have_no_letters_that_look_alike():
    codes = {new_code() for _ in range(300)}
    assert len(codes) == 300 and all(len(c) == 6 and not set(c) - set(LETTERS) for c in codes)
    assert not set("ILO01") & set(LETTERS)
    assert code_of(" ab-cd ef ") == "ABCDEF"
    for wrong in ("", "ABCDE", "ABCDEFG", "ABCDE1", "ABCDEI", "x" * 10_000):
        with pytest.raises(Refusal):
            code_of(wrong)


def test_names_are_one_line_short_and_different():
    assert line("  a\n\t b\x00\u202e<b> ", 20) == "a b <b>"
    assert name_of("Bob", {"bob", "Bob 2"}) == "Bob 3"
    long = name_of("x" * 500, {"x" * NAME_LENGTH})
    assert len(long) == NAME_LENGTH and long.endswith(" 2")
    for wrong in ("", " \n ", "!!", "\u200b"):
        with pytest.raises(Refusal, match="name"):
            name_of(wrong, set())


def test_a_password_is_checked_and_tries_are_limited():
    password = Password("open sesame")
    assert password.fits("open sesame") and not password.fits("Open sesame") and not password.fits("")
    assert b"sesame" not in json.dumps(repr(vars(password))).encode()
    room = Room("Ada", password)
    for _ in range(rules.WRONG_TRIES):
        room.may_try()
        room.wrong()
    with pytest.raises(Refusal, match="Wait a minute"):
        room.may_try()
    with pytest.raises(Refusal, match="at most"):
        password_of({"type": "join", "password": "x" * 1000})


def test_who_comes_back_is_who_left(room):
    bob = room.join("Bob")
    bob.points = 7
    assert room.member(bob.secret) is bob and room.member("x") is None and room.member("\ud800") is None
    assert room.join("Bob").name == "Bob 2"
    said = []
    bob.come(said.append)
    room.came_or_went()
    assert room.present == 1 and json.loads(room.shared())["present"] == 1
    bob.go(said.append)
    assert room.mine(bob)["points"] == 7 and room.present == 0
    room.remove(bob.number)
    assert room.member(bob.secret) is None
    with pytest.raises(Refusal):
        room.remove(room.presenter.number)


def test_a_full_room_gives_away_the_place_of_whoever_left_long_ago(room, monkeypatch):
    monkeypatch.setattr(rules, "MOST_MEMBERS", 3)
    first, *_ = [room.join(f"m{i}") for i in range(3)]
    with pytest.raises(Refusal, match="full"):
        room.join("late")
    first.left -= rules.ABSENT_FOR + 1
    room.join("late")
    assert first.number not in room.members


def test_a_choice_is_answered_shown_together_and_rewarded(room):
    bob, eve = room.join("Bob"), room.join("Eve")
    room.ask({"type": "ask", "kind": "choice", "question": "Who wins?", "options": ["VAT", " MLE ", "VAT"]})
    ident = room.prediction.number
    room.answer(bob, {"type": "answer", "id": ident, "value": 0})
    room.answer(eve, {"type": "answer", "id": ident, "value": 0})
    room.answer(eve, {"type": "answer", "id": ident, "value": 1})
    shown = json.loads(room.shared())["prediction"]
    assert shown["count"] == 2 and shown["answers"] is None, "nobody sees answers before they are revealed"
    assert [a["value"] for a in room.mine(room.presenter)["answers"]] == [0, 1]
    assert "answers" not in room.mine(bob)
    room.reveal(0)
    room.reveal(0)
    assert (bob.points, eve.points) == (10, 0), "a second reveal rewards nobody twice"
    with pytest.raises(Refusal, match="too late"):
        room.answer(bob, {"type": "answer", "id": ident, "value": 1})
    with pytest.raises(Refusal, match="no longer"):
        room.answer(bob, {"type": "answer", "id": ident + 1, "value": 1})


@pytest.mark.parametrize(
    "kind, good, bad",
    [
        ("choice", 1, [2, -1, True, 0.5, "0", None]),
        ("number", 2.5, ["2", True, float("nan"), float("inf"), 1e300, None, []]),
        (
            "boundary",
            [[0, 0.5], [-1, 1]],
            [[], [[0, 0]], [[0, 0]] * 65, [[0, 2], [0, 0]], [[0, float("nan")]] * 2, [0, 1]],
        ),
    ],
)
def test_answers_are_what_was_asked_for(room, kind, good, bad):
    bob = room.join("Bob")
    room.ask({"type": "ask", "kind": kind, "question": "Where?", "options": ["a", "b"]})
    ident = room.prediction.number
    room.answer(bob, {"type": "answer", "id": ident, "value": good})
    for value in bad:
        with pytest.raises(Refusal):
            room.answer(bob, {"type": "answer", "id": ident, "value": value})
    assert room.prediction.answers[bob.number] == good
    room.reveal()
    assert json.loads(room.shared())["prediction"]["answers"] == [good]


def test_numbers_near_the_truth_are_rewarded(room):
    near, close, far = (room.join(n) for n in ("near", "close", "far"))
    room.ask({"type": "ask", "kind": "number", "question": "How many per cent?"})
    for member, value in ((near, 10.2), (close, 11.1), (far, 20)):
        room.answer(member, {"type": "answer", "id": room.prediction.number, "value": value})
    room.reveal(10)
    assert [m.points for m in (near, close, far)] == [10, 5, 0]


def test_one_who_answers_nonsense_does_not_make_all_others_right(room):
    answers = {"near": 7.1, "wrong": 2.0, "far": 14.0, "joker": 1e12}
    members = {name: room.join(name) for name in answers}
    room.ask({"type": "ask", "kind": "number", "question": "How many per cent?"})
    for name, value in answers.items():
        room.answer(members[name], {"type": "answer", "id": room.prediction.number, "value": value})
    room.reveal(7)
    assert {name: m.points for name, m in members.items()} == {"near": 10, "wrong": 0, "far": 0, "joker": 0}


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "essay", "question": "x"},
        {"kind": "choice", "question": "x", "options": ["only"]},
        {"kind": "choice", "question": "x", "options": [1, 2]},
        {"kind": "choice", "question": "x", "options": list("abcdefgh")},
        {"kind": "number", "question": " \n"},
        {"kind": "number", "question": 3},
        {"kind": ["choice"], "question": "x"},
    ],
)
def test_questions_that_cannot_be_asked(room, message):
    with pytest.raises(Refusal):
        room.ask({"type": "ask", **message})
    assert room.prediction is None


def test_a_link_is_to_a_lab(room):
    room.push({"type": "push", "page": "vat", "query": "?seed=3", "title": "<b>VAT</b>\n"}, PAGES)
    assert room.pushed["query"] == "seed=3" and room.pushed["title"] == "<b>VAT</b>"
    for page, query in (("https://x", ""), ("gan", ""), ("vat", "a b"), ("vat", "x" * 10_000), (1, "")):
        with pytest.raises(Refusal):
            room.push({"type": "push", "page": page, "query": query}, PAGES)


class _Start:
    step, seeds = 100, (3,)


def test_a_challenge_counts_what_was_measured_within_the_budget(room):
    bob, eve = room.join("Bob"), room.join("Eve")
    message = {"type": "challenge", "title": "Lowest error", "metric": "error", "lower": True, "steps": 50}
    for wrong in ({"metric": "none"}, {"steps": 0}, {"steps": 10**9}, {"steps": 5.0}, {"title": ""}):
        with pytest.raises(Refusal):
            Challenge.of(1, message | wrong, _Start, None, {"error": 9.0})
    challenge = Challenge.of(1, message, _Start, None, {"error": 9.0})
    room.challenge_all(challenge)
    for step, seed, metrics in (
        (151, 3, {"error": 0.0}),
        (99, 3, {"error": 0.0}),
        (120, 4, {"error": 0.0}),
        (120, 3, {}),
    ):
        with pytest.raises(Refusal):
            challenge.hand_in(bob.number, step, seed, metrics, True)
    challenge.hand_in(bob.number, 150, 3, {"error": 4.0}, True)
    challenge.hand_in(bob.number, 120, 3, {"error": 5.0}, True)
    challenge.hand_in(eve.number, 130, 3, {"error": 2.0}, False)
    room.changed()
    shown = json.loads(room.shared())["challenge"]
    assert shown["handed"] == 2 and shown["board"] == [{"rank": 2, "name": "Bob", "value": 4.0, "steps": 50}]
    assert "Eve" not in room.shared(), "who does not want to be on the board is not named"
    room.end_challenge()
    assert (eve.points, bob.points) == (20, 15)
    with pytest.raises(Refusal, match="over"):
        challenge.hand_in(bob.number, 120, 3, {"error": 0.0}, True)


def test_equal_results_have_one_rank_and_of_equal_values_fewer_steps_are_better(room):
    ann, bob, eve, joe = (room.join(n) for n in ("Ann", "Bob", "Eve", "Joe"))
    message = {"type": "challenge", "title": "Smoothest", "metric": "lds", "lower": False, "steps": 50}
    challenge = Challenge.of(1, message, _Start, None, {"lds": -1.0})
    room.challenge_all(challenge)
    for member, step, value in (
        (eve, 110, -0.9),
        (ann, 150, -0.5),
        (bob, 120, -0.5),
        (joe, 130, -0.5),
        (ann, 120, -0.5),
    ):
        challenge.hand_in(member.number, step, 3, {"lds": value}, True)
    board = challenge.shown({m.number: m.name for m in (ann, bob, eve, joe)})["board"]
    assert [(r["rank"], r["name"], r["steps"]) for r in board] == [
        (1, "Ann", 20),
        (1, "Bob", 20),
        (3, "Joe", 30),
        (4, "Eve", 10),
    ]
    room.end_challenge()
    assert [m.points for m in (ann, bob, joe, eve)] == [20, 20, 10, 5]


def test_rooms_end_by_rule_and_are_capped(monkeypatch):
    rooms = Rooms()
    found = [rooms.open("Ada", None) for _ in range(MOST_ROOMS)]
    with pytest.raises(Refusal, match="most"):
        rooms.open("Ada", None)
    told = []
    bob = found[0].join("Bob")
    bob.come(told.append)
    found[0].left -= rules.EMPTY_FOR + 1
    found[1].left -= rules.EMPTY_FOR + 1
    found[2].opened -= rules.LONGEST_ROOM + 1
    assert {r.code for r in rooms.tidy()} == {found[1].code, found[2].code}, "a room with somebody in it goes on"
    rooms.end(found[0], "Over.")
    assert told[-1] == {"type": "over", "message": "Over."}
    assert rooms.known(found[0].code, bob.secret) is None and len(rooms) == MOST_ROOMS - 3
    for _ in range(UNKNOWN_CODES):
        with pytest.raises(Refusal, match="no room"):
            rooms.find("ZZZZZZ")
    with pytest.raises(Refusal, match="Wait a minute"):
        rooms.find("ZZZZZZ")
    assert rooms.find(found[5].code) is found[5], "those who know a code get in meanwhile"


def test_time_passes_for_the_limits(room):
    room._wrong = [time.monotonic() - rules.MINUTE - 1] * 100
    room.may_try()
