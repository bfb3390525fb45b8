"""How many of torch's threads a run is trained with: given to a run that is alone, and kept in its
record, so that every step is done again with as many.
"""

import threading
import time
from types import SimpleNamespace

import pytest
import torch

from engine.core.parallel import threads
from engine.core.registry import find
from engine.core.snapshot import Snapshot
from engine.runs import gain as gain_module
from engine.runs import host as host_module
from engine.runs.gain import KEPT, Gain
from engine.runs.host import Host, Job
from engine.runs.live import Live
from engine.runs.run import Run
from tests.engine.runs.test_host import until
from tests.engine.runs.watcher import PATIENCE, Watcher


@pytest.fixture
def counting(walker, monkeypatch):
    """A Walker whose steps depend on the number of threads, as the rounding of sums does."""
    step = walker.step

    def counted(self, knobs, number):
        step(self, knobs, number)
        self.place = self.place * (1 + torch.get_num_threads() / 64)

    monkeypatch.setattr(walker, "step", counted)
    monkeypatch.setattr(walker, "threads", 2)
    return walker


def trained(method, *parts, chunk=0):
    """A run of so many steps with so many threads, (steps, threads) after (steps, threads)."""
    run = Run(method, method.make_setup({}), 1)
    for steps, count in parts:
        with threads(count):
            for _ in range(steps // (chunk or steps)):
                run.advance(run.knobs, chunk or steps)
    return run


def test_a_run_whose_threads_change_is_replayed_and_goes_on_bit_for_bit(counting):
    run = trained(counting, (4, 1), (4, 2), (4, 1))
    assert run.threads == ((4, 2), (8, 1))
    assert not torch.equal(run.method.place, trained(counting, (12, 1)).method.place)
    assert torch.equal(run.method.place, trained(counting, (4, 1), (4, 2), (4, 1), chunk=1).method.place)
    for here in (1, 2):  # however many threads there are where it is replayed
        again = Run(counting, run.setup, 1)
        with threads(here):
            again.replay(run.log, run.step, run.threads)
            assert torch.get_num_threads() == here
        assert torch.equal(again.method.place, run.method.place) and again.threads == run.threads
    saved = Run.restore(Snapshot.from_bytes(trained(counting, (4, 1), (2, 2)).snapshot().to_bytes()))
    assert saved.threads == ((4, 2),)
    saved.replay(run.log, run.step, run.threads)
    assert torch.equal(saved.method.place, run.method.place) and saved.threads == run.threads


def test_a_file_of_a_run_with_one_thread_is_as_it_always_was(counting):
    data = trained(counting, (3, 1)).snapshot().to_bytes()
    assert b"threads" not in data and Snapshot.from_bytes(data).threads == ()
    twice = trained(counting, (3, 2)).snapshot()
    assert twice.threads == ((0, 2),) and twice.slim().threads == ()


def test_a_step_done_again_has_the_count_that_it_is_done_with_now(counting):
    run = trained(counting, (4, 2), (2, 1))
    back = Run(counting, run.setup, 1)
    back.replay(run.log, 4, run.threads)
    assert back.threads == ((0, 2),)
    with threads(2):
        back.advance(back.knobs, 2)
    assert back.threads == ((0, 2),)
    again = Run.restore(back.snapshot())
    again.advance(again.knobs)  # with one
    assert again.threads == ((0, 2), (6, 1))


def test_the_step_of_a_divergence_is_looked_for_with_the_threads_that_it_was_done_with(counting, monkeypatch):
    step = counting.step

    def overflowing(self, knobs, number):
        step(self, knobs, number)
        if number == 9:
            self.place = self.place * torch.inf

    monkeypatch.setattr(counting, "step", overflowing)
    monkeypatch.setattr("engine.runs.watch.Watch.due", False)
    run = trained(counting, (4, 1), (4, 2), (6, 1))
    assert run.diverged()[0].step == 10 and run.step == 9
    assert torch.equal(run.method.place, trained(counting, (4, 1), (4, 2), (1, 1)).method.place)


@pytest.mark.parametrize("name", ["gan-digits", "aae", "arae", "training-digits"])
def test_a_method_that_gains_from_threads_trains_alike_in_any_chunks_and_from_its_snapshot(name):
    method = find(name)
    setup = method.make_setup(method.contract_setup)

    def course(chunk, saved):
        run = Run(method, setup, 3)
        with threads(2):
            run.advance(run.knobs, 2)
            if saved:
                run = Run.restore(Snapshot.from_bytes(run.snapshot().to_bytes()))
            for _ in range(0, 4, chunk):
                run.advance(run.knobs, chunk)
        run.advance(run.knobs)
        return run

    once, pieces = course(4, False), course(1, True)
    states = once.method.state(), pieces.method.state()
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    assert once.threads == pieces.threads == ((0, 2), (6, 1))


def test_more_threads_are_given_up_for_a_while_where_they_do_not_pay(monkeypatch):
    clock = SimpleNamespace(now=100.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(gain_module, "time", clock)
    gain = Gain()

    def noted(threads, *seconds):
        for one in seconds:
            gain.note(threads, one)
        return gain.expected

    assert noted(2, *[0.1] * 20), "nothing to compare with"
    assert noted(1, *[0.1] * KEPT) and noted(2, *[0.06] * 20) and noted(2, 0.3), "an outlier is none"
    assert not noted(2, *[0.0999] * KEPT)
    clock.now += 0.9 * gain_module.AGAIN
    assert not gain.expected
    clock.now += 0.2 * gain_module.AGAIN
    assert gain.expected and noted(1, 0.1) and noted(2, 0.7) and not noted(2, 0.7), (
        "two steps have taken as long as a dozen"
    )


# -- on a host -------------------------------------------------------------------------------------


class Turns(Job):
    """Notes how many threads its turns have."""

    threads = 2

    def __init__(self):
        self.counts = []
        self.going = True

    def turn(self, deadline):
        self.counts.append(torch.get_num_threads())
        time.sleep(0.001)
        return 0.0 if self.going else None

    def comes_to(self, count):
        """Wait for turns with so many threads from now on."""
        seen = len(self.counts)
        until(lambda: self.counts[seen + 2 :][-3:] == [count] * 3)


def test_a_job_has_more_threads_while_it_is_alone_and_the_host_has_more_cores(host, monkeypatch):
    monkeypatch.setattr(host_module, "LONE_FOR", 0.05)
    first, second = Turns(), Turns()
    host.wake(first)
    first.comes_to(2)
    assert first.counts[0] == 1, "not before it has been alone for a while"
    host.wake(second)
    first.comes_to(1)
    second.going = False
    first.comes_to(2)
    host.allot(1)
    first.comes_to(1)
    host.allot(0)  # as one
    first.comes_to(1)
    host.allot(64)
    first.comes_to(2)
    let_go = threading.Event()
    host.aside(lambda: let_go.wait(PATIENCE))
    first.comes_to(1)
    let_go.set()
    first.comes_to(2)
    first.threads = 1
    first.comes_to(1)
    first.going = False
    assert set(second.counts) == {1}


def test_as_many_jobs_compute_at_once_as_the_host_has_cores():
    host, inside, most = Host(3), [], []

    class Sleeping(Job):
        def turn(self, deadline):
            inside.append(self)
            most.append(len(inside))
            time.sleep(0.002)
            inside.remove(self)
            return 0.0

    def comes_to(count):
        time.sleep(0.05)
        most.clear()
        until(lambda: len(most) > 60)
        assert max(most) == count

    try:
        for _ in range(6):
            host.wake(Sleeping())
        for cores in (3, 1, 2, 3):
            host.allot(cores)
            comes_to(cores)
            assert host.crowd == pytest.approx(6 / cores, abs=1)
    finally:
        host.close()


def test_a_live_run_is_rewound_exactly_though_it_was_alone_only_for_some_of_its_steps(host, counting, monkeypatch):
    monkeypatch.setattr(host_module, "LONE_FOR", 0.0)
    live = Live(host, Run(counting, counting.make_setup({}), 1), {"stride": 0.5})
    watcher, other = Watcher(live, ("place",)), Turns()
    for step in range(0, 120, 40):
        if step == 40:
            host.wake(other)
            until(lambda: other.counts)
        live.step(40)
        watcher.until(lambda v: v.frame.step == step + 40)  # noqa: B023
        other.going = step == 0
    before = live.snapshot().result(PATIENCE)
    assert {count for _, count in before.threads} == {1, 2}
    places = {v.frame.step: v.frame.layers["place"].copy() for v in watcher.views}
    for step in (100, 60, 20):
        live.rewind(step)
        view = watcher.until(lambda v: v.generation and v.frame.step == step)  # noqa: B023
        alone = Run(counting, live.setup, 1)
        alone.replay(before.log, step, before.threads)
        assert (view.frame.layers["place"] == alone.method.place.numpy()).all()
        assert step not in places or (places[step] == view.frame.layers["place"]).all()
