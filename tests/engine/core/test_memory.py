"""Memory is given back a while after somebody asked, once for all who did."""

import time

from engine.core import memory


def test_many_who_ask_are_served_once(monkeypatch):
    given = []
    monkeypatch.setattr(memory, "AFTER", 0.1)
    monkeypatch.setattr(memory, "_timer", None)
    monkeypatch.setattr(memory, "give_back", lambda: given.append(time.monotonic()))
    start = time.monotonic()
    for _ in range(5):
        memory.give_back_soon()
    end = time.monotonic() + 20
    while not given and time.monotonic() < end:
        time.sleep(0.01)
    assert given and given[0] - start >= 0.1
    time.sleep(0.3)
    assert len(given) == 1
