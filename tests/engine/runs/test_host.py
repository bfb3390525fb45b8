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
        watchers[0].until(lambda v: v.frame.step > 150)
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
