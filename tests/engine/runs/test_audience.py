"""A run that is shown to an audience beside its watcher."""

import time

import pytest
import torch

from engine.runs.host import Host
from tests.engine.runs.watcher import Second, Watcher, make


@pytest.fixture
def host():
    host = Host(1)
    yield host
    host.close()


class Audience(Watcher):
    def __init__(self, live):
        super().__init__(Second(live))


def test_a_run_plays_on_for_its_audience_while_nobody_else_is_there(host):
    live = make(host)
    audience = Audience(live)
    live.play()
    audience.until(lambda view: view.frame.step > 20 and "field" in view.frame.layers)
    assert live.watched
    live.disperse(audience.offer)
    assert not live.watched
    time.sleep(0.2)
    step = live._run.step
    time.sleep(0.3)
    assert live._run.step == step


def test_to_be_looked_at_by_two_changes_no_training(host):
    states = []
    for watched in (False, True):
        live = make(host)
        watcher = Watcher(live)
        if watched:
            Audience(live)
        live.step(60)
        watcher.until(lambda view: view.frame.step == 60)
        states.append(live.snapshot().result(20).state)
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_what_one_has_missed_comes_with_the_next_view(host):
    live = make(host)
    audience = Audience(live)
    views = []
    live.watch(views.append, ("field",))  # sees nothing before it wants something
    live.step(30)
    audience.until(lambda view: view.frame.step == 30 and "lds_test.vat" in view.frame.metrics)
    live.want()
    deadline = time.monotonic() + 20
    while not views and time.monotonic() < deadline:
        time.sleep(0.01)
    assert views[0].frame.step == 30 and views[0].scene is not None
    assert "lds_test.vat" in views[0].frame.metrics, "a look at slow metrics is not taken twice"


def test_an_audience_that_is_replaced_ends_nothing_of_the_next(host):
    live = make(host)
    first, second = Audience(live), Audience(live)
    live.disperse(first.offer)
    live.play()
    second.until(lambda view: view.frame.step > 5)
