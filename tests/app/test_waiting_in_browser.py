"""A server with one place: the second page waits in line, and goes on by itself."""

import pytest

from tests.browser import Server, stage, until

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def one_place():
    server = Server(runs=1)
    yield server
    server.kill()


def test_a_page_waits_says_its_place_and_goes_on_when_there_is_room(one_place, tabs):
    first, second, third = tabs.open(), tabs.open(), tabs.open()
    for page in (first, second, third):
        page.lab = "vat"
    first.goto(f"{one_place.url}/vat?seed=1")
    until(first, "s.painted > 0", 60)
    for place, page in (("the first", second), ("number 2", third)):
        page.goto(f"{one_place.url}/vat?seed={place[-1]}&dataset=circles")
        page.get_by_text("The only place of this server is taken.").wait_for(timeout=60_000)
        page.get_by_text(f"You are {place} in line.").wait_for(timeout=20_000)
    line = second.locator(".saddle-waiting .place")
    assert line.get_attribute("aria-live") == "polite" and line.get_attribute("role") == "status"
    first.goto("about:blank")
    until(second, "s.painted > 0 && s.playing", 60)
    assert stage(second, "s.setup.dataset") == "circles" and second.url.endswith("dataset=circles")
    third.get_by_text("You are the first in line.").wait_for(timeout=20_000)
    third.goto("about:blank")
    for page in (first, second, third):
        tabs.close(page, again=False)
