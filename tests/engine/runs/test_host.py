"""The host: turns that are shared fairly, and no job in two threads.

Turns are counted, or measured by the processor time of this process, so that a busy machine changes
nothing.
"""

import threading
import time
from types import SimpleNamespace

import pytest

from engine.runs import host as host_module
from engine.runs import live as live_module
from engine.runs import pacing as pacing_module
from engine.runs.host import Host, Job
from tests.engine.runs.watcher import PATIENCE, Watcher, make


@pytest.fixture
def one_worker(monkeypatch):
    """A host with one worker, whose turns are as long as that worker computes: neither other
    programs nor other threads of this process shorten them.
    """
    host = Host(1)
    worker = host._workers[0].ident
    cpu = time.pthread_getcpuclockid(worker) if hasattr(time, "pthread_getcpuclockid") else None
    clock = SimpleNamespace(
        monotonic=time.process_time if cpu is None else lambda: time.clock_gettime(cpu), perf_counter=time.perf_counter
    )
    for module in (host_module, live_module, pacing_module):
        monkeypatch.setattr(module, "time", clock)
    yield host
    monkeypatch.undo()  # the clock ends with the worker
    host.close()


def until(condition):
    """Wait until a condition holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.002)


def test_playing_runs_share_the_cores_fairly(one_worker):
    begin = threading.Event()

    class Gate(Job):
        def turn(self, deadline):
            assert begin.wait(PATIENCE)

    watchers = [Watcher(make(one_worker)) for _ in range(4)]
    one_worker.wake(Gate())
    for w in watchers:
        w.live.play()
    begin.set()  # so that all of them begin at once
    watchers[0].until(lambda v: v.frame.step > 60)
    snapshots = [w.live.snapshot() for w in watchers]
    steps = sorted(s.result(PATIENCE).step for s in snapshots)
    assert steps[0] > 0.4 * steps[-1], steps


class Counting(Job):
    """Counts its turns and what it can see of them."""

    def __init__(self, most=10**9, background=False, pressed=False):
        """most: turns until it sleeps. pressed: whether it always is, but in its first turn."""
        self.most, self.background, self.presses = most, background, pressed
        self.turns = self.inside = self.worst = 0

    def turn(self, deadline):
        self.inside += 1
        self.worst = max(self.worst, self.inside)
        self.work()
        self.inside -= 1
        self.turns += 1
        return 0.0 if self.turns < self.most else None

    def work(self):
        time.sleep(0.001)

    def pressed(self, now):
        return self.presses and self.turns > 0


def test_a_task_is_never_in_two_threads_at_once(host):
    task = Counting(most=50)
    for _ in range(30):
        host.wake(task)
    until(lambda: task.turns >= 50)
    assert task.worst == 1


def test_a_run_whose_watcher_has_waited_too_long_has_its_turn_before_the_others_but_not_always():
    host = Host(1)
    try:
        waiting, *others = jobs = [Counting(pressed=True), *(Counting() for _ in range(9))]
        for job in jobs:
            host.wake(job)
        until(lambda: min(o.turns for o in others) > 2)
        assert waiting.turns > 4 * max(o.turns for o in others)
    finally:
        host.close()


def test_measurements_leave_one_worker_to_the_runs(host):
    """Pieces of measurements take both workers until a run is woken. From then on a piece ends only
    when the run has had its turns beside it.
    """
    run, woken = Counting(), threading.Event()

    class Piece(Counting):
        def work(self):
            if not woken.is_set():
                assert woken.wait(PATIENCE)
                return
            goal = run.turns + 20
            until(lambda: run.turns > goal)

    pieces = [Piece(most=2, background=True) for _ in range(4)]
    for piece in pieces:
        host.wake(piece)
    until(lambda: sum(p.inside for p in pieces) == 2)
    host.wake(run)
    woken.set()
    until(lambda: sum(p.turns for p in pieces) == 8)
    host.drop(run)


def test_what_is_done_aside_holds_no_worker_and_closing_does_not_wait_for_it():
    host = Host(1)
    started, let_go = threading.Event(), threading.Event()
    future = host.aside(lambda: started.set() or let_go.wait(PATIENCE))
    run = Counting()
    host.wake(run)
    assert started.wait(PATIENCE)
    turns = run.turns
    until(lambda: run.turns > turns + 20)
    assert not future.done()

    class Endless(Counting):
        def work(self):
            let_go.wait(2 * PATIENCE)

    endless = Endless()
    host.wake(endless)
    until(lambda: endless.inside)
    host.close()
    assert endless.inside and not future.done(), "neither was waited for to its end"
    let_go.set()
