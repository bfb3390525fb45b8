"""The time from a knob's message to the first frame under it."""

from app.live.protocol import pack
from app.live.turned import MOST, Turned


def turning():
    seen = []
    return Turned(seen.append), seen


def frame(**knobs):
    return pack({"knobs": knobs})


def message(**values):
    return {"type": "knobs", "values": values}


def test_the_first_frame_under_the_value_or_a_later_one_counts_once():
    turned, seen = turning()
    turned.sent(frame(epsilon=1.0))
    turned.came(message(epsilon=2.0))
    turned.sent(frame(epsilon=1.0))
    assert seen == []
    turned.sent(frame(epsilon=2))
    turned.sent(frame(epsilon=2))
    assert len(seen) == 1 and 0 <= seen[0] < 1
    turned.came(message(epsilon=3.0))
    turned.came(message(epsilon=4.0, lam=1))
    turned.sent(frame(epsilon=4.0, lam=1))
    turned.sent(frame(epsilon=3.0, lam=1))
    assert len(seen) == 2


def test_what_no_header_has_and_what_is_refused_is_not_waited_for(monkeypatch):
    turned, seen = turning()
    turned.came(message(points=[[0, 0, 1]]))
    turned.came({"type": "knobs", "values": 3})
    turned.came({"type": "knobs"})
    turned.sent(b"")  # no knob waits: nothing is read
    turned.came(message(epsilon=-1))
    for k in range(3 * MOST):
        turned.came(message(epsilon=-k))
    assert len(turned._values) == MOST
    monkeypatch.setattr("app.live.turned.GIVE_UP", 0)
    turned.came(message(lam=2))
    turned.sent(frame(lam=2))
    assert len(seen) == 1
