"""Runs in actors of Ray: the same bits as here, and what happens when an actor ends."""

import logging
import os
import signal
import time

import pytest
import torch

from app.live.crew.crew import Crew
from app.live.crew.here import Here
from app.live.ray.cluster import Cluster, Wanted
from app.live.sessions import Sessions
from engine.core.declare import InvalidValue
from engine.methods.vat.vat import VAT
from engine.runs.run import Run
from engine.runs.trained import train
from tests.app.live.crew.test_crew import PATIENCE, SETUP, Watcher, knobs, stepped
from tests.app.live.crew.test_spread import ITEMS, states


@pytest.fixture(scope="module")
def crew():
    cluster = Cluster(Wanted(actors=2))
    crew = Crew(cluster, cluster.count)
    yield crew
    crew.close()


@pytest.fixture
def sessions(crew):
    sessions = Sessions(crew)
    yield sessions
    for session in sessions._all():
        sessions.close(session.token)


def whole(crew):
    """Wait until all actors are there."""
    until = time.monotonic() + 60
    while not all(line.ready and not line.lost for line in crew._lines) and time.monotonic() < until:
        time.sleep(0.05)
    assert len(crew._lines) == 2


def test_a_run_in_an_actor_trains_to_the_same_bits_as_here_also_after_a_rest(crew, sessions):
    session = sessions.open("a", VAT, SETUP, 3, knobs(lam=2))
    assert stepped(crew, session, 12).step == 12
    assert sessions._rest(session) and session.live is None
    there = sessions.find(session.token).live.snapshot().result(PATIENCE)
    run = Run(VAT, SETUP, 3)
    run.advance(VAT.make_knobs(SETUP, {"lam": 2}), 12)
    here = run.snapshot()
    assert there.step == here.step and there.knobs == here.knobs
    assert all(torch.equal(there.state[name], value) for name, value in here.state.items())


def test_frames_come_and_refusals_reach_whoever_asked(crew, sessions):
    session, watcher = sessions.open("a", VAT, SETUP, 0, {}), Watcher()
    desk = crew.attach(session.live, watcher)
    desk.receive({"type": "want"})
    assert isinstance(watcher.wait(lambda kind, _: kind == "frame"), bytes)
    desk.receive({"type": "layers", "names": ["feild"]})
    assert "feild" in watcher.wait(lambda kind, _: kind == "error")
    with pytest.raises(InvalidValue, match="lam"):
        session.live.set_knobs({"lam": 1e9})
    desk.close()


def test_visitors_are_shared_out_among_actors_which_may_use_what_they_have_reserved(crew, sessions):
    whole(crew)
    lines = {sessions.open(name, VAT, SETUP, 0, {}).live.line for name in "ab"}
    assert len(lines) == 2 and not any(line.near for line in lines)
    assert {line.call(0, "do", "", os.getenv, "OMP_NUM_THREADS") for line in lines} == {"1"}
    assert {line.call(0, "do", "", os.getenv, "OMP_WAIT_POLICY") for line in lines} == {"PASSIVE"}


def test_messages_of_all_sizes_are_carried_out_in_order(crew, sessions):
    live = sessions.open("a", VAT, SETUP, 0, {}).live
    desk = crew.attach(live, Watcher())
    for k in range(60):  # the large ones go another way
        desk.receive({"type": "knobs", "values": {"lam": k / 60}, "padding": "?" * (k % 7 == 3) * 400_000})
        assert k % 10 or live.knobs["lam"] == k / 60
    assert live.knobs["lam"] == 59 / 60
    desk.close()


def test_what_an_actor_logs_is_logged_by_the_server(crew, sessions, caplog):
    line = sessions.open("a", VAT, SETUP, 0, {}).live.line
    logging.getLogger("app").propagate = True  # a server that was started before may have turned it off
    line.send("nonsense")
    until = time.monotonic() + PATIENCE
    while "could not be carried out" not in caplog.text and time.monotonic() < until:
        time.sleep(0.02)
    assert "could not be carried out" in caplog.text


def test_it_listens_on_this_machine_alone(crew):
    whole(crew)
    own = {f"socket:[{inode}]" for inode in _inodes_that_listen_elsewhere()}
    listening = [p for p in _rays() if any(link in own for link in _links(p))]
    assert _rays() and not listening


def _inodes_that_listen_elsewhere():
    loopback = {"0100007F", f"{'0' * 24}01000000", f"{'0' * 16}FFFF00000100007F"}  # the last is the first within IPv6
    for table in ("tcp", "tcp6"):
        with open(f"/proc/net/{table}", encoding="utf-8") as file:
            for row in [line.split() for line in file][1:]:
                if row[3] == "0A" and row[1].split(":")[0] not in loopback:
                    yield row[9]


def _rays():
    """Processes of Ray that this one has started."""
    return [p for p in os.listdir("/proc") if p.isdigit() and _parent(p) == os.getpid()]


def _parent(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _links(pid):
    try:
        return [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
    except OSError:
        return []


def test_where_an_actor_is_killed_its_runs_go_on_in_another_and_cells_give_the_same_bits(crew, sessions):
    whole(crew)
    lost, other = (sessions.open(name, VAT, SETUP, 0, {}) for name in "ab")
    assert lost.live.line is not other.live.line
    watcher = Watcher()
    desk = sessions.attach(lost, watcher)
    desk.receive({"type": "step", "steps": 5})
    until = time.monotonic() + PATIENCE
    while lost.live.snapshot().result(PATIENCE).step < 5 and time.monotonic() < until:
        time.sleep(0.02)
    sessions.keeping.keep(lost)
    work = crew.spread(train, ITEMS)
    os.kill(lost.live.line.call(0, "do", "", os.getpid), signal.SIGKILL)
    there = list(work)
    assert states(there) == states(Here().spread(train, ITEMS))
    desk.receive({"type": "step", "steps": 1})
    until = time.monotonic() + PATIENCE
    while (now := sessions._resuming.resume(lost).snapshot().result(PATIENCE)).step < 6 and time.monotonic() < until:
        time.sleep(0.05)
    run = Run(VAT, SETUP, 0)
    run.advance(VAT.make_knobs(SETUP), 6)
    assert now.step == 6 and all(torch.equal(now.state[n], x) for n, x in run.snapshot().state.items())
    desk.close()
