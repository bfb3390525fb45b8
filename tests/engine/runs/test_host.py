"""The host: turns that are shared fairly, and no job in two threads."""

import threading
import time

from engine.runs.host import Host, Job
from tests.engine.runs.watcher import PATIENCE, Watcher, make


def test_playing_runs_share_the_cores_fairly():
    host = Host(1)
    try:
        watchers = [Watcher(make(host)) for _ in range(4)]
        for w in watchers:
            w.live.play()
        watchers[0].until(lambda v: v.frame.step > 60)
        steps = sorted(w.live.snapshot().result(PATIENCE).step for w in watchers)
        assert steps[0] > 0.4 * steps[-1], steps
    finally:
        host.close()


def test_a_task_is_never_in_two_threads_at_once(host):
    class Counting(Job):
        inside = worst = turns = 0
        done = threading.Event()

        def turn(self, deadline):
            self.inside += 1
            self.worst = max(self.worst, self.inside)
            time.sleep(0.001)
            self.inside -= 1
            self.turns += 1
            if self.turns >= 50:
                self.done.set()
                return None
            return 0.0

    task = Counting()
    for _ in range(30):
        host.wake(task)
    assert task.done.wait(PATIENCE) and task.worst == 1


class Slow(Job):
    """Holds a worker for as long as `seconds`, turn after turn."""

    def __init__(self, seconds, background=False):
        self.seconds, self.background, self.turns, self.waiting = seconds, background, 0, False

    def turn(self, deadline):
        self.turns += 1
        self.waiting = False
        time.sleep(self.seconds)
        self.waiting = True
        return 0.0

    def pressed(self, now):
        return self.waiting and self.seconds == 0.002


def test_a_run_whose_watcher_has_waited_too_long_has_its_turn_before_the_others_but_not_always():
    host = Host(1)
    try:
        waiting, *others = jobs = [Slow(0.002), *(Slow(0.003) for _ in range(9))]
        for job in jobs:
            host.wake(job)
        time.sleep(1)
        assert waiting.turns > 4 * max(o.turns for o in others) and min(o.turns for o in others) > 2
    finally:
        host.close()


def test_measurements_leave_one_worker_to_the_runs(host):
    pieces = [Slow(0.3, background=True) for _ in range(4)]
    for job in pieces:
        host.wake(job)
    time.sleep(0.1)
    run = Slow(0.001)
    host.wake(run)
    time.sleep(1.5)
    assert run.turns > 100 and sum(p.turns for p in pieces) >= 5
    host.drop(run)


def test_what_is_done_aside_holds_no_worker_and_closing_does_not_wait_for_it():
    host = Host(1)
    started, let_go = threading.Event(), threading.Event()
    future = host.aside(lambda: started.set() or let_go.wait(PATIENCE))
    run = Slow(0.001)
    host.wake(run)
    assert started.wait(PATIENCE)
    time.sleep(0.3)
    assert run.turns > 20 and not future.done()
    begun = time.monotonic()
    host.wake(Slow(PATIENCE))  # a turn that goes on
    host.close()
    assert time.monotonic() - begun < 3
    let_go.set()
