"""Ray's tests really start Ray; they are skipped where it is not installed."""

import importlib.util
import os
import secrets
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """Skip what needs Ray, and say how to get it."""
    if importlib.util.find_spec("ray") is None:
        missing = pytest.mark.skip(reason="Ray is not installed: make test-ray")
        for item in items:
            if item.path.is_relative_to(HERE) and "without" not in item.path.name:
                item.add_marker(missing)


@pytest.fixture(scope="session", autouse=True)
def token():
    """One for all clusters of this process, since Ray reads it once."""
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
