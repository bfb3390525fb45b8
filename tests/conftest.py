"""Shared by all tests."""

import os
from pathlib import Path

import pytest
import torch

from engine.core import registry
from engine.core.memory import keep_freed_memory
from tests.browser import Server, Tabs, chromium, find_browser, go
from tests.walker import Walker

# Servers in the tests' own process keep nothing over their end.
os.environ.setdefault("SADDLE_STATE", "off")
# The name under which a test client asks (app/live/names.py).
os.environ.setdefault("SADDLE_HOSTS", "testserver")

# The same as on the page and the command line: results are bitwise repeatable for one thread count.
torch.set_num_threads(1)

# As on the command line: 10,000 digits pass through a CNN in half the time.
keep_freed_memory()


# The files that take longest, by a measurement. They are begun first, so that no worker is alone
# with one of them at the end.
LONGEST = (
    "app/test_layout_in_browser.py",
    "app/web/test_controls.py",
    "engine/core/test_contract.py",
    "app/labs/arae/test_browser.py",
    "app/labs/attacks/test_browser.py",
    "app/labs/vat/test_browser.py",
    "app/labs/aae/test_browser.py",
    "app/test_first_screen.py",
    "app/test_coming_back_in_browser.py",
    "app/labs/gan/test_browser.py",
    "app/labs/gan/test_digits_browser.py",
    "app/labs/training/test_browser.py",
    "engine/attacks/test_foolbox.py",
    "engine/attacks/test_attacks.py",
)


def pytest_collection_modifyitems(items):
    """Put the longest files first."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="session", autouse=True)
def runs_give_way():
    """Tests open many runs a second that no browser comes to: they give way at once."""
    from app.live import session  # reads the settings, which the variables above belong to

    session.OPENED = 0.5


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium."""
    if (path := find_browser()) is None:
        pytest.skip("no Chromium found: install chromium, or run `playwright install chromium`")
    with chromium(path) as browser:
        yield browser


@pytest.fixture(scope="session")
def tabs(browser):
    """The browser's tabs."""
    return Tabs(browser)


@pytest.fixture(scope="session")
def one_server(tmp_path_factory):
    """Saddle in a process of its own, with a log. A test that ends a server starts another one."""
    server = Server(log=tmp_path_factory.mktemp("server") / "log.txt")
    yield server
    server.kill()


@pytest.fixture(scope="module")
def server(one_server):
    """The server; after each module it must still be up, without a traceback in its log."""
    before = one_server.log.stat().st_size
    yield one_server
    assert one_server.process.poll() is None, "the server has ended"
    with open(one_server.log, encoding="utf-8") as log:
        log.seek(before)
        assert "Traceback" not in (printed := log.read()), printed


@pytest.fixture
def visit(request, server, tabs):
    """A function that opens a lab by its name in app/labs/catalogue.py; afterwards no page may have
    logged an error.
    """
    pages, failed = [], request.session.testsfailed

    def open_page(name="vat", query="", **window):
        pages.append(tabs.open(**window))
        return go(pages[-1], f"{server.url}/{name}{query}", name)

    yield open_page
    problems = [problem for page in pages for problem in page.problems]
    for page in pages:
        tabs.close(page, again=request.session.testsfailed == failed)
    assert problems == []


@pytest.fixture
def lab(request, visit):
    """A function that opens the module's lab (its LAB)."""
    return lambda query="", **window: visit(request.module.LAB, query, **window)


@pytest.fixture
def walker(monkeypatch):
    """The method Walker, which is registered while the test runs."""
    monkeypatch.setattr(registry, "METHODS", dict(registry.METHODS))
    return registry.register(Walker)
