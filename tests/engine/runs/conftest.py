"""Shared by the tests of live runs."""

import pytest

from engine.runs.host import Host
from engine.runs.live import Live
from engine.runs.run import Run


@pytest.fixture
def live(walker):
    """A live run of the Walker, on one thread."""
    host = Host(1)
    yield Live(host, Run(walker, walker.make_setup({}), 1))
    host.close()


@pytest.fixture
def host():
    """A host with two threads."""
    host = Host(2)
    yield host
    host.close()
