"""Shared by the tests of the labs' pages without a browser."""

import pytest

from tests.pages import live_run, open_page


@pytest.fixture
def page(request):
    """A function that opens the page of the module's lab (its LAB) with a query in the address."""
    return lambda **query: open_page(request.module.LAB, query)


@pytest.fixture
def live_of(request):
    """A function that finds the live run of a tab of a page, by default of the lab's first tab.

    The module's SLOTS maps each tab to the slot under which the page keeps its run.
    """
    slots = request.module.SLOTS
    first = next(iter(slots))
    return lambda test, tab=first: live_run(test, slots[tab])
