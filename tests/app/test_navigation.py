"""Navigation and home, without a browser."""

from app.labs.catalogue import LABS
from tests.pages import open_script


def test_the_router_opens_on_a_home_that_lists_every_lab():
    test = open_script("navigation.py")
    assert not test.exception and test.title[0].value == "Saddle"
    assert all(any(lab.description in m.value for m in test.markdown) for lab in LABS)
