"""Shared by the tests of ES modules."""

import pytest

from app.delivery.bundle import WEB, linked

OPEN = """async (text) => {
  window.web = (await import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })))).modules;
}"""


@pytest.fixture(scope="module")
def web(browser):
    """An empty page whose `web` holds every module of app/web/ by its name."""
    page = browser.new_page()
    page.goto("about:blank")
    page.evaluate(OPEN, linked(WEB))
    yield page
    page.close()
