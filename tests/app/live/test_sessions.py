"""Sessions: how many there may be, and tokens that cannot be guessed."""

import pytest

from app.live import sessions as sessions_module
from app.live.sessions import RUNS_PER_VISITOR, Full, Sessions, sessions
from engine.methods.vat.vat import VAT
from tests.app.live.runs import open_session


def test_tokens_are_long_and_never_the_same():
    tokens = {open_session().token for _ in range(20)}
    assert len(tokens) == 20 and all(len(t) >= 32 for t in tokens)


def test_a_session_has_a_few_runs_and_the_server_a_few_more(monkeypatch):
    small = Sessions(sessions().crew)
    setup = VAT.make_setup({"test": 50})
    monkeypatch.setattr(sessions_module, "RUNS_PER_SERVER", 6)
    tokens = [small.open("a", VAT, setup, i, {}).token for i in range(RUNS_PER_VISITOR + 2)]
    assert small.count == RUNS_PER_VISITOR and small.query_of(tokens[0]) is None
    assert small.find(tokens[0]).live.seed == 0  # the others rest, and go on when they are looked for
    watched = [small.open(f"b{i}", VAT, setup, 0, {}) for i in range(6)]  # unwatched runs of others make way
    assert small.count == 6
    for session in watched:
        small.find(session.token).live.watch(lambda view: None, ())
    for token in tokens:
        small.close(token)
    with pytest.raises(Full, match="try again later"):
        small.open("c", VAT, setup, 0, {})
