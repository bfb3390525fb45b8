"""Shared by the tests of live runs."""

import pytest

from engine.core import registry
from engine.core.registry import register
from engine.runs.host import Host
from engine.runs.live import Live
from engine.runs.run import Run
from tests.walker import Walker


@pytest.fixture
def live(monkeypatch):
    monkeypatch.setattr(registry, "METHODS", dict(registry.METHODS))
    register(Walker)
    host = Host(1)
    yield Live(host, Run(Walker, Walker.make_setup({}), 1))
    host.close()


@pytest.fixture
def host():
    host = Host(2)
    yield host
    host.close()
