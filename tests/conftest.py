"""Shared by all tests."""

import pytest
import torch

from engine.core import registry
from tests.browser import Server, chromium, find_browser, open_lab
from tests.walker import Walker

# The same as on the page and the command line: results are bitwise repeatable for one thread count.
torch.set_num_threads(1)


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium."""
    if (path := find_browser()) is None:
        pytest.skip("no Chromium found: install chromium, or run `playwright install chromium`")
    with chromium(path) as browser:
        yield browser


@pytest.fixture(scope="module")
def server():
    """Saddle in a process of its own."""
    server = Server()
    yield server
    server.kill()


@pytest.fixture
def lab(request, server, browser):
    """A function that opens the module's lab (its LAB, a name of app/labs/catalogue.py); afterwards
    no page may have logged an error.
    """
    name, pages = request.module.LAB, []

    def open_page(query="", **more):
        pages.append(open_lab(browser, f"{server.url}/{name}{query}", name=name, **more))
        return pages[-1]

    yield open_page
    for page in pages:
        assert page.problems == []
        page.context.close()


@pytest.fixture
def walker(monkeypatch):
    """The method Walker, which is registered while the test runs."""
    monkeypatch.setattr(registry, "METHODS", dict(registry.METHODS))
    return registry.register(Walker)
