"""Runs in processes of their own: the same bits as here, shared out fairly, and what happens when a
process ends.
"""

import os
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from app.live.crew.crew import Crew
from app.live.crew.here import INITIAL, Start
from app.live.crew.line import WorkerLost
from app.live.crew.zygote import ABLE, Zygote
from app.live.sessions import Sessions
from engine.core.declare import InvalidValue
from engine.core.shipped import shipped
from engine.data import photos, uploads
from engine.methods.aae.aae import AAE
from engine.methods.attacks.photos import PhotoAttack
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
    """What a desk gives."""

    def __init__(self):
        self.given, self.arrived = [], threading.Condition()

    def __call__(self, kind, message):
        with self.arrived:
            self.given.append((kind, message))
            self.arrived.notify_all()

    def wait(self, wanted):
        with self.arrived:
            assert self.arrived.wait_for(lambda: any(wanted(k, m) for k, m in self.given), PATIENCE)
            return next(m for k, m in self.given if wanted(k, m))


def knobs(**values):
    return VAT.make_knobs(SETUP, values).to_dict()


def stepped(crew, session, steps):
    """The run's snapshot after some steps."""
    watcher = Watcher()
    desk = crew.attach(session.live, watcher)
    desk.receive({"type": "step", "steps": steps})
    until = time.monotonic() + PATIENCE
    while (snapshot := session.live.snapshot().result(PATIENCE)).step < steps and time.monotonic() < until:
        time.sleep(0.02)
    desk.close()
    return snapshot


def test_a_run_in_a_worker_trains_to_the_same_bits_as_here(crew, sessions):
    session = sessions.open("a", VAT, SETUP, 3, knobs(lam=2))
    there = stepped(crew, session, 12)
    run = Run(VAT, SETUP, 3)
    run.advance(VAT.make_knobs(SETUP, {"lam": 2}), 12)
    here = run.snapshot()
    assert there.step == here.step == 12 and there.knobs == here.knobs
    assert all(torch.equal(there.state[name], value) for name, value in here.state.items())


def test_visitors_are_shared_out_and_each_keeps_to_one_worker(crew, sessions):
    first = sessions.open("a", VAT, SETUP, 0, {})
    desk = crew.attach(first.live, Watcher())
    again = sessions.open("a", VAT, SETUP, 1, {})
    others = [sessions.open(name, VAT, SETUP, 0, {}) for name in "bcdef"]  # before any of them is watched
    assert again.live.line is first.live.line
    assert [session.live.line is first.live.line for session in others].count(True) == 2
    for session in (again, *others):
        sessions.close(session.token)
    other = sessions.open("b", VAT, SETUP, 0, {})
    assert other.live.line is not first.live.line
    watcher = crew.attach(other.live, Watcher())
    desk.receive({"type": "show", "visible": False})  # a hidden tab does not count
    assert crew._choose("c", "vat") is first.live.line
    watcher.close()
    desk.close()


def test_visitors_who_come_at_once_are_shared_out_too(crew):
    """Nobody has a run yet when the others choose: all of a room would be in one worker."""
    with ThreadPoolExecutor(8) as pool:
        lives = list(pool.map(lambda i: crew.open(VAT, SETUP, 0, {}, visitor=f"at once {i}"), range(8)))
    counts = Counter(live.line for live in lives)
    for live in lives:
        crew.drop(live)
    assert sorted(counts.values()) == [4, 4] and crew._coming == []


def test_what_a_worker_refuses_reaches_whoever_asked(crew, sessions):
    session = sessions.open("a", VAT, SETUP, 0, {})
    with pytest.raises(InvalidValue, match="lam"):
        session.live.set_knobs({"lam": 1e9})
    watcher = Watcher()
    desk = crew.attach(session.live, watcher)
    desk.receive({"type": "layers", "names": ["feild"]})
    assert "feild" in watcher.wait(lambda kind, _: kind == "error")
    desk.close()


def test_a_run_that_rests_goes_on_in_a_worker(crew, sessions):
    session = sessions.open("a", VAT, SETUP, 0, knobs(lam=3))
    before = stepped(crew, session, 5)
    assert sessions._rest(session) and session.live is None and sessions.count == 0
    after = sessions.find(session.token).live
    assert after.knobs["lam"] == 3
    snapshot = after.snapshot().result(PATIENCE)
    assert snapshot.step == 5 and all(torch.equal(snapshot.state[n], x) for n, x in before.state.items())


def test_a_start_that_ships_is_what_the_run_is_of(crew, sessions):
    name = shipped("aae")[0].name
    session = Sessions(crew).open("a", AAE, AAE.make_setup({}), 0, {}, start_name=name)
    assert session.start == Start(name) and session.made_of[0] == name
    assert session.live.snapshot().result(PATIENCE).step > 0


def test_an_upload_is_known_where_the_run_is(crew, sessions):
    pixels = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    setup = PhotoAttack.make_setup({"picture": photos.store_pixels(pixels), "model": "squeezenet1_1", "side": 64})
    session = sessions.open("a", PhotoAttack, setup, 0, {})
    image = session.live.ask("files", {}).result(PATIENCE).layers["image"]
    assert (
        image == Run(PhotoAttack, setup, 0).method.ask(PhotoAttack.make_knobs(setup), "files", {}).layers["image"]
    ).all()
    assert list(uploads.named(setup.to_dict())) == [setup.picture]


def test_work_beside_a_run_goes_on_in_its_worker(crew, sessions):
    session = sessions.open("a", VAT, SETUP, 0, {})
    repeat = crew.repeat(session.live, VAT, SETUP, VAT.make_knobs(SETUP), range(4), 3, 2)
    until = time.monotonic() + PATIENCE
    while not repeat.ended and time.monotonic() < until:
        time.sleep(0.05)
    assert repeat.progress == 1 and len(repeat.metrics) == 4 and repeat.setup == SETUP and not repeat.failure


def test_where_a_worker_ends_desks_are_told_and_others_play_on(crew, sessions):
    lost, watcher = sessions.open("a", VAT, SETUP, 0, {}), Watcher()
    crew.attach(lost.live, watcher)
    other = sessions.open("b", VAT, SETUP, 0, {})
    repeat = crew.repeat(lost.live, VAT, SETUP, VAT.make_knobs(SETUP), range(2), 10**6, 1)
    os.kill(lost.live.line.call(0, "do", "", os.getppid), signal.SIGKILL)  # the zygote, which is started again
    os.kill(lost.live.line.call(0, "do", "", os.getpid), signal.SIGKILL)
    watcher.wait(lambda kind, _: kind == "gone")
    assert repeat.ended and not repeat.cancelled and "process" in repeat.failure
    with pytest.raises(WorkerLost):
        lost.live.knobs  # noqa: B018
    assert sessions.describes(lost.token, ("", SETUP, 0))
    assert sessions.find(lost.token) is lost and stepped(crew, lost, 2).step == 2
    assert sessions.find(other.token) is other and stepped(crew, other, 2).step == 2
    again = sessions.open("a", VAT, SETUP, 0, {})
    assert stepped(crew, again, 2).step == 2


def test_a_worker_ends_with_the_server():
    crew = Crew(Zygote.started(), 1)
    pid = crew.do("", os.getpid)
    crew.close()
    until = time.monotonic() + PATIENCE
    while os.path.exists(f"/proc/{pid}") and time.monotonic() < until:
        time.sleep(0.05)
    assert not os.path.exists(f"/proc/{pid}") and INITIAL.open() is None
