"""A process of runs ends: each run goes on in another one, from what was kept of it, to the same
bits.
"""

import json
import os
import signal
import threading
import time

import pytest
import torch

from app.live.crew.crew import Crew
from app.live.crew.zygote import ABLE, Zygote
from app.live.resuming import LOSSES
from app.live.sessions import Sessions
from app.live.wishes import Wishes
from engine.methods.vat.vat import VAT
from engine.runs.run import Run

pytestmark = pytest.mark.skipif(not ABLE, reason="runs have processes of their own on Linux only")
PATIENCE = 30
SETUP = VAT.make_setup({"test": 50})


@pytest.fixture(scope="module")
def crew():
    crew = Crew(Zygote.started(), 2)
    yield crew
    crew.close()


@pytest.fixture
def sessions(crew):
    sessions = Sessions(crew)
    yield sessions
    for session in sessions._all():
        sessions.close(session.token)


class Watcher:
    """A socket: it has what the run gives, and asks for frames."""

    def __init__(self, sessions, session):
        self.given, self.arrived = [], threading.Condition()
        self.desk = sessions.attach(session, self)

    def __call__(self, kind, message):
        with self.arrived:
            self.given.append((kind, message))
            self.arrived.notify_all()

    def say(self, **message):
        self.desk.receive(message)

    def wait(self, wanted):
        with self.arrived:
            assert self.arrived.wait_for(lambda: any(wanted(k, m) for k, m in self.given), PATIENCE), self.given[-3:]
            return next(m for k, m in self.given if wanted(k, m))

    def frame(self, wanted=lambda header: True):
        """The header of the first frame from now on that is wanted."""
        self.given.clear()
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self.say(type="want")
            time.sleep(0.05)
            for kind, message in list(self.given):
                if kind == "frame" and wanted(found := header(message)):
                    return found
        raise AssertionError("no such frame")


def header(frame):
    size = int.from_bytes(frame[:4], "little")
    return json.loads(frame[4 : 4 + size])


def open_run(sessions, **knobs):
    return sessions.open("a", VAT, SETUP, 0, VAT.make_knobs(SETUP, knobs).to_dict())


def kill(session):
    """End the process of a run, and wait until that is known."""
    line = session.live.line
    os.kill(line.call(0, "do", "", os.getpid), signal.SIGKILL)
    until = time.monotonic() + PATIENCE
    while not line.lost and time.monotonic() < until:
        time.sleep(0.01)


def snapshot(session, step):
    """The run's snapshot once it has reached a step."""
    until = time.monotonic() + PATIENCE
    while (found := session.live.snapshot().result(PATIENCE)).step < step and time.monotonic() < until:
        time.sleep(0.02)
    return found


def test_a_run_goes_on_from_what_was_kept_to_the_same_bits(sessions):
    session = open_run(sessions)
    watcher = Watcher(sessions, session)
    watcher.say(type="step", steps=7)
    snapshot(session, 7)
    assert sessions.keeping.keep(session)[1] > 0
    watcher.say(type="step", steps=5)
    snapshot(session, 12)
    kill(session)
    watcher.wait(lambda kind, m: kind == "text" and json.loads(m) == {"type": "resumed", "reason": RESUMED})
    first = watcher.frame()
    assert first["step"] == 7 and first["generation"] > 1000 and not first["playing"]
    watcher.say(type="step", steps=8)
    after = snapshot(session, 15)
    whole = Run(VAT, SETUP, 0)
    whole.advance(whole.knobs, 15)
    state = whole.method.state()
    assert after.step == 15 and all(torch.equal(state[name], x) for name, x in after.state.items())


RESUMED = "The process of this run ended"


def test_it_plays_on_with_what_was_turned_since(sessions):
    session = open_run(sessions, lam=2.0)
    watcher = Watcher(sessions, session)
    watcher.say(type="layers", names=["field", "arrows"])
    watcher.say(type="play")
    kept = watcher.frame(lambda h: h["step"] > 3 and h["playing"])["step"]
    sessions.keeping.keep(session)
    watcher.say(type="knobs", values={"epsilon_vat": 1.5})
    watcher.say(type="speed", value=50)
    kill(session)
    found = watcher.frame(lambda h: h["generation"] > 1000 and h["step"] > kept)
    assert found["playing"] and found["speed"] == 50 and found["knobs"]["epsilon_vat"] == 1.5
    assert found["knobs"]["lam"] == 2 and {row[0] for row in found["layers"]} >= {"field", "arrows"}
    assert session.made_of == ("", SETUP, 0)


def test_a_run_that_was_never_kept_begins_as_it_began(sessions):
    session = open_run(sessions, lam=3.0)
    watcher = Watcher(sessions, session)
    watcher.say(type="reset", seed=5)
    watcher.frame(lambda h: h["seed"] == 5)
    kill(session)
    found = watcher.frame(lambda h: h["generation"] > 1000 and h["seed"] == 5)
    assert found["step"] == 0 and found["knobs"]["lam"] == 3


def test_a_fork_with_another_seed_is_no_longer_the_forks_start(sessions):
    other = Run(VAT, SETUP, 2)
    other.advance(other.knobs, 6)
    session = sessions.open("a", VAT, SETUP, 2, {}, other.snapshot())
    watcher = Watcher(sessions, session)
    watcher.say(type="reset", seed=5)
    watcher.frame(lambda h: h["seed"] == 5)
    sessions.keeping.keep(session)
    kill(session)
    watcher.frame(lambda h: h["generation"] > 1000 and h["seed"] == 5)
    assert not session.live.made_of[0]


def test_one_that_nobody_watches_is_found_again(sessions):
    session = open_run(sessions)
    watcher = Watcher(sessions, session)
    watcher.say(type="step", steps=4)
    snapshot(session, 4)
    watcher.desk.close()
    sessions.keeping.keep(session)
    kill(session)
    assert sessions.describes(session.token, ("", SETUP, 0))
    assert sessions.find(session.token) is session and snapshot(session, 4).step == 4


def test_a_damaged_state_gives_way_to_the_one_before(sessions, caplog):
    session = open_run(sessions)
    watcher = Watcher(sessions, session)
    for steps in (3, 6):
        watcher.say(type="step", steps=3)
        snapshot(session, steps)
        sessions.keeping.keep(session)
    newest, before = session.kept.record.snapshots
    path = sessions.folder.path / newest
    data = bytearray(path.read_bytes())
    data[-5] ^= 1  # a weight
    path.write_bytes(data)
    kill(session)
    assert watcher.frame(lambda h: h["generation"] > 1000)["step"] == 3
    assert "earlier state is tried" in caplog.text


def test_where_all_is_damaged_the_page_is_told_to_begin_anew(sessions):
    session = open_run(sessions)
    watcher = Watcher(sessions, session)
    watcher.say(type="step", steps=3)
    snapshot(session, 3)
    sessions.keeping.keep(session)
    for name in session.kept.record.snapshots:
        (sessions.folder.path / name).write_bytes(b"")
    kill(session)
    watcher.wait(lambda kind, _: kind == "gone")
    assert sessions.find(session.token) is None and not list(sessions.folder.path.glob("*.snapshot"))


def test_a_run_that_ends_its_process_each_time_is_stopped_and_loses_nothing(sessions):
    session = open_run(sessions)
    watcher = Watcher(sessions, session)
    watcher.say(type="step", steps=4)
    snapshot(session, 4)
    sessions.keeping.keep(session)
    for _ in range(LOSSES):
        watcher.frame()
        kill(session)
    said = watcher.wait(lambda kind, _: kind == "rests")
    assert "3 times in a row" in said and "rests at step 4" in said and "smaller" in said
    assert session.live is None and sessions.count == 0
    watcher.desk.close()
    assert sessions.find(session.token) is None
    assert sessions.claim(session.token) is session and snapshot(session, 4).step == 4  # by its page alone


def test_losses_far_apart_do_not_stop_a_run(sessions, monkeypatch):
    monkeypatch.setattr("app.live.session.LOSS_AFTER", 0.0)
    session = open_run(sessions)
    for _ in range(LOSSES + 1):
        kill(session)
        assert sessions.find(session.token) is session


def test_the_keeper_keeps_what_trains_and_leaves_alone_what_does_not(sessions, monkeypatch):
    monkeypatch.setattr("app.live.kept.keeper.EVERY", 0.05)
    monkeypatch.setattr("app.live.kept.keeper.SOON", 0.02)
    session = open_run(sessions)
    watcher = Watcher(sessions, session)
    sessions.keeping.begin()
    watcher.say(type="step", steps=9)
    until = time.monotonic() + PATIENCE
    while session.kept.record.life != (0, 9) and time.monotonic() < until:
        time.sleep(0.02)
    assert session.kept.record.life == (0, 9)
    while session.stirred and time.monotonic() < until:
        time.sleep(0.02)
    files, at = session.kept.record.snapshots, session.kept_at
    time.sleep(0.3)
    assert session.kept.record.snapshots == files and session.kept_at == at
    watcher.say(type="knobs", values={"lam": 2.0})
    while session.kept.record.knobs["lam"] != 2 and time.monotonic() < until:
        time.sleep(0.02)
    assert session.kept.record.knobs["lam"] == 2 and session.kept.record.snapshots == files
    sessions.keeping.stop()


def test_all_are_kept_at_the_end(sessions):
    opened = [open_run(sessions) for _ in range(3)]
    watchers = [Watcher(sessions, session) for session in opened]
    for watcher in watchers:
        watcher.say(type="step", steps=3)
    for session in opened:
        snapshot(session, 3)
    assert sessions.keeping.keep_all() == 0
    assert [s.kept.record.life for s in opened] == [(0, 3)] * 3


def test_wishes_are_those_since_the_mark():
    wishes = Wishes()
    for message in (
        {"type": "knobs", "values": {"a": 1}},
        {"type": "knobs", "values": {"a": 2, "b": 1}},
        {"type": "want"},
        {"type": "knobs", "values": None},
        {"type": "play"},
    ):
        wishes.note(message)
    mark = wishes.mark()
    wishes.note({"type": "knobs", "values": {"a": 3}})
    wishes.note({"type": "pause"})
    wishes.note({"type": "rewind", "step": 9})
    assert wishes.again(20)[0] == {"type": "knobs", "values": {"a": 2, "b": 1}}
    assert [m["type"] for m in wishes.again(20)] == ["knobs", "knobs", "knobs", "pause", "rewind"]
    wishes.forget(mark)
    assert wishes.again(5) == [{"type": "knobs", "values": {"a": 3}}, {"type": "pause"}]
