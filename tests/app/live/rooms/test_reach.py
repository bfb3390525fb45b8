"""The address by which others come to a room."""

import pytest

from app.live.rooms import reach
from app.live.rooms.reach import ALONE, NO_ADDRESS, reached

QUERY = "/base/room?code=ABCDEF"


@pytest.fixture
def served(monkeypatch):
    """A function that sets the address a server listens on and the one its machine has."""

    def serve(listens, own=""):
        monkeypatch.setattr(reach, "option", lambda name: (listens,) if listens else ())
        monkeypatch.setattr(reach, "_own_address", lambda: own)

    return serve


@pytest.mark.parametrize("link", ["http://saddle.example" + QUERY, "https://10.0.0.7:8443" + QUERY])
def test_an_address_that_others_can_open_stays(served, link):
    served("127.0.0.1")
    assert reached(link) == (link, "")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "saddle.localhost"])
@pytest.mark.parametrize("listens", ["0.0.0.0", "::", ""])
def test_one_that_leads_everybody_to_themselves_becomes_the_machines(served, name, listens):
    served(listens, "192.168.1.20")
    assert reached(f"http://{name}:8501{QUERY}") == (f"http://192.168.1.20:8501{QUERY}", "")
    served(listens)
    assert reached(f"http://{name}:8501{QUERY}") == (f"http://{name}:8501{QUERY}", NO_ADDRESS)


def test_a_server_for_this_machine_alone_says_so(served):
    served("127.0.0.1", "192.168.1.20")
    assert reached(f"http://localhost:8501{QUERY}") == (f"http://localhost:8501{QUERY}", ALONE)
