"""Shared by the tests of the ARAE lab."""

import pytest

from engine.core.shipped import open_shipped
from engine.runs.run import Run


@pytest.fixture(scope="module")
def shipped():
    """The run on the grammar that ships, with transfer."""
    return Run.restore(open_shipped("grammar-transfer"))
