"""What one server has kept, the next one goes on with."""

import math
import time

import numpy as np
import pytest
import torch

from app.live.kept.folder import Folder
from app.live.kept.place import own_folder
from app.live.restoring import RESTARTED
from app.live.session import Session
from app.live.sessions import Sessions
from app.settings.declared import Settings
from engine.core.shipped import open_shipped, shipped
from engine.data import photos
from engine.data.text import own_sentences
from engine.methods.aae.aae import AAE
from engine.methods.attacks.photos import PhotoAttack
from engine.methods.vat.vat import VAT
from engine.runs import timeline
from engine.runs.run import Run
from tests.app.live.test_recovery import Watcher, snapshot

PATIENCE = 30
SETUP = VAT.make_setup({"test": 50})
TAB, LATER_TAB = "the session of a tab", "that of the tab after the restart"


class Servers:
    """One server after the other, with the same folder."""

    def __init__(self, path):
        self.path, self.now = path, None

    def start(self, killed=True):
        """The next one. killed: whether the one before was, or else has ended by itself."""
        if self.now is not None:
            if killed:
                self.now.folder.release()
                self.now.crew.close()
            else:
                self.now.end()
        self.now = Sessions(folder=Folder(self.path))
        return self.now


@pytest.fixture
def servers(tmp_path):
    servers = Servers(tmp_path / "state")
    yield servers
    servers.now.end()


def trained(sessions, steps=5, visitor="v", **more) -> Session:
    """A run that was trained and kept, on a page."""
    session = sessions.open(visitor, VAT, SETUP, 2, VAT.make_knobs(SETUP, {"lam": 2.0}).to_dict(), **more)
    sessions.shown(session, TAB, "vat", "", "vat")
    session.query = "?lam=2"
    watcher = Watcher(sessions, session)
    watcher.say(type="step", steps=steps)
    snapshot(session, steps)
    watcher.desk.close()
    sessions.keeping.keep(session)
    return session


@pytest.mark.parametrize("killed", [True, False])
def test_the_next_server_goes_on_with_the_same_token_to_the_same_bits(servers, killed):
    first = servers.start()
    token = trained(first).token
    second = servers.start(killed)
    assert second.count == 0 and second.query_of(token) == "?lam=2"
    assert second.describes(token, ("", SETUP, 2)) and second.count == 0
    session = second.find(token)
    assert session.news_once() == RESTARTED and session.live.knobs["lam"] == 2 and session.token == token
    watcher = Watcher(second, session)
    watcher.say(type="step", steps=4)
    after = snapshot(session, 9)
    whole = Run(VAT, SETUP, 2)
    whole.advance(VAT.make_knobs(SETUP, {"lam": 2.0}), 9)
    state = whole.method.state()
    assert after.step == 9 and all(torch.equal(state[name], x) for name, x in after.state.items())
    assert second.find("another") is None


def test_a_browser_gets_its_runs_back_and_nobody_else_does(servers):
    first = servers.start()
    mine = [trained(first, steps).token for steps in (2, 3)]
    first.shown(first.find(mine[0]), TAB, "vat", "", "vat")  # the one that the page shows last
    first.keeping.keep(first.find(mine[0]))
    second = servers.start()
    assert second.adopt("a guess", "x") == [] and second.adopt("", "x") == []
    assert [s.token for s in second.adopt(TAB, LATER_TAB)] == [mine[1], mine[0]]
    third = servers.start()
    assert third.adopt(TAB, "x") == []
    assert [(s.token, s.page, s.slot, s.visitor) for s in third.adopt(LATER_TAB, "x")] == [
        (token, "vat", "vat", "v") for token in (mine[1], mine[0])
    ]


def test_a_run_that_rests_is_found_with_its_past(servers, monkeypatch):
    monkeypatch.setattr(timeline, "MOST_BYTES_IN_ALL", math.inf)  # runs of other tests have a share in it
    first = servers.start()
    session = trained(first, 300)
    assert first._rest(session)
    second = servers.start()
    live = second.find(session.token).live
    assert [s.step for s in live.snapshots().result(PATIENCE)] == [0, 250, 300]
    assert list(servers.path.glob("*.rest"))  # until the next state is kept
    second.keeping.keep(second.find(session.token))
    assert not list(servers.path.glob("*.rest"))


def test_a_trained_start_is_known_again(servers):
    name = shipped("aae")[0].name
    first = servers.start()
    session = first.open("v", AAE, AAE.make_setup({}), 0, {}, open_shipped(name), name)
    first.keeping.keep(session)
    assert session.kept.record.snapshots == ()  # it has not trained: its start is enough
    second = servers.start()
    again = second.find(session.token)
    assert again.made_of[0] == name and again.live.made_of[0]
    assert again.live.snapshot().result(PATIENCE).step == open_shipped(name).step


def test_a_run_that_began_from_anothers_snapshot_is_never_begun_from_its_set_up(servers):
    other = Run(VAT, SETUP, 2)
    other.advance(other.knobs, 6)
    first = servers.start()
    forks = [first.open(f"v{i}", VAT, SETUP, 2, {}, other.snapshot()) for i in range(2)]
    first.keeping.keep(forks[0])
    second = servers.start()
    assert second.find(forks[0].token).live.snapshot().result(PATIENCE).step == 6
    assert second.find(forks[1].token) is None  # it was not kept: its page begins again, and says so


def test_uploads_are_kept_as_long_as_a_run_names_them(servers):
    pixels = np.random.default_rng(3).integers(0, 255, (64, 64, 3), np.uint8)
    digest = photos.store_pixels(pixels)
    setup = PhotoAttack.make_setup({"picture": digest, "model": "squeezenet1_1", "side": 64})
    first = servers.start()
    session = first.open("v", PhotoAttack, setup, 0, {})
    first.keeping.keep(session)
    photos._stored.pop(digest)
    second = servers.start()
    assert (photos.pixels(digest) == pixels).all() and second.find(session.token) is not None
    second.close(session.token)
    second.tidy()
    assert not list(servers.path.glob("upload-*"))


def test_a_damaged_upload_is_not_used(servers, caplog):
    pixels = np.random.default_rng(4).integers(0, 255, (64, 64, 3), np.uint8)
    digest = photos.store_pixels(pixels)
    setup = PhotoAttack.make_setup({"picture": digest, "model": "squeezenet1_1", "side": 64})
    first = servers.start()
    first.keeping.keep(first.open("v", PhotoAttack, setup, 0, {}))
    photos._stored.pop(digest)
    (path,) = servers.path.glob("upload-*")
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    servers.start()
    assert photos.pixels(digest) is None and "cannot be used" in caplog.text and not path.exists()
    assert own_sentences.own_text(digest) is None


def test_what_this_version_does_not_know_is_forgotten(servers, caplog):
    first = servers.start()
    one, other = trained(first), trained(first)
    with one.lock:
        one.kept.put(method="nonesuch")
        other.kept.put(setup={"dataset": "a data set of a later version"})
    second = servers.start()
    assert second.find(one.token) is None and second.find(other.token) is None
    assert caplog.text.count("another version") == 2 and not list(servers.path.glob("*.snapshot"))


def test_a_run_that_was_closed_or_forgotten_does_not_come_back(servers, monkeypatch):
    first = servers.start()
    closed, forgotten = trained(first), trained(first)
    first.close(closed.token)
    first._rest(forgotten)
    monkeypatch.setattr("app.live.sessions.FORGET_AFTER", -1.0)
    first.tidy()
    assert {path.name for path in servers.path.iterdir()} == {"lock"}
    assert servers.start().find(closed.token) is None


def test_no_clock_on_the_wall_matters(servers, monkeypatch):
    """time.time jumps back and forth by a year."""
    jumps = iter([1e7, -1e7, 3e7] * 10_000)
    monkeypatch.setattr(time, "time", lambda real=time.time: real() + next(jumps))
    first = servers.start()
    session = trained(first)
    first.tidy()
    assert first.find(session.token) is session and session.live is not None
    second = servers.start()
    second.tidy()
    assert second.find(session.token).live.snapshot().result(PATIENCE).step == 5


def test_servers_on_two_ports_have_two_folders(tmp_path, monkeypatch):
    monkeypatch.setattr("app.live.kept.place.settings", lambda: Settings(state=str(tmp_path)))
    one, other, third = own_folder(8501), own_folder(8502), own_folder(8501)
    assert one.path == tmp_path / "8501" and other.path == tmp_path / "8502" and one.lasting
    assert not third.lasting and third.path.parent != tmp_path
    monkeypatch.setattr("app.live.kept.place.settings", lambda: Settings(state="off"))
    assert not own_folder(8501).lasting
    for folder in (one, other):
        folder.release()
