"""Sessions: how many there may be, who waits for a place, and tokens that cannot be guessed."""

import time

import pytest

from app.live import sessions as sessions_module
from app.live.queue import _rounded
from app.live.sessions import RUNS_PER_VISITOR, Full, Sessions, sessions
from engine.methods.vat.vat import VAT
from engine.runs.run import Run
from tests.app.live.runs import open_session

PATIENCE = 30
SETUP = VAT.make_setup({"test": 50})


def test_tokens_are_long_and_never_the_same():
    tokens = {open_session().token for _ in range(20)}
    assert len(tokens) == 20 and all(len(t) >= 32 for t in tokens)


@pytest.fixture
def small(monkeypatch):
    """Sessions of a server with two places, in this process."""
    monkeypatch.setattr(sessions_module, "RUNS_PER_SERVER", 2)
    small = Sessions(sessions().crew)
    yield small
    for session in small._all():
        small.close(session.token)


def opened(sessions, visitor, ticket="", watched=True):
    session = sessions.open(visitor, VAT, SETUP, 0, {}, ticket=ticket)
    if watched:
        session.desk = sessions.attach(session, lambda kind, message: None)
    return session


def told(sessions, ticket):
    """A page that shows its place in line: the messages that it gets."""
    messages = []
    assert sessions.queue.watch(ticket, messages.append)
    sessions.usher.wake()
    return messages


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()


def test_a_visitor_has_a_few_runs_in_memory(monkeypatch):
    few = Sessions(sessions().crew)
    tokens = [opened(few, "a", watched=False).token for _ in range(RUNS_PER_VISITOR + 2)]
    assert few.count == RUNS_PER_VISITOR and few.query_of(tokens[0]) is None
    assert few.find(tokens[0]).live.seed == 0  # the others rest, and go on when they are looked for
    for token in tokens:
        few.close(token)


def test_where_all_places_are_taken_visitors_wait_and_the_first_is_called_first(small):
    one, two = opened(small, "a"), opened(small, "b")
    with pytest.raises(Full, match="All 2 places"):
        opened(small, "c")
    first, second = small.queue.join(), small.queue.join()
    first_told, second_told = told(small, first), told(small, second)
    until(lambda: first_told and second_told)
    assert [m[0]["place"] for m in (first_told, second_told)] == [1, 2]
    small.close(two.token)
    until(lambda: first_told[-1] == {"type": "come"})
    until(lambda: second_told[-1]["place"] == 1)
    assert second_told[-1]["seconds"] > 0  # from how long a run had its place
    for ticket in ("", second, "a guess"):  # the place is kept for whose turn it is
        with pytest.raises(Full):
            opened(small, "d", ticket)
    three = opened(small, "c", first)
    assert small.count == 2
    with pytest.raises(Full):
        opened(small, "e", first)  # a turn is taken once
    three.desk.close()
    until(lambda: second_told[-1] == {"type": "come"})  # a few seconds after its watcher has left
    assert small.find(one.token) is one and three.live is None
    assert opened(small, "d", second) and small.queue.waiting == 0
    with pytest.raises(Full):
        small.claim(three.token)  # a run that rests waits for a place like a new one


def test_one_may_put_a_run_away_for_another_one_while_others_wait(small):
    opened(small, "a")
    left = opened(small, "b")
    left.desk.close()
    messages = told(small, small.queue.join())
    mine = opened(small, "b")
    assert left.live is None and mine.live is not None and small.count == 2
    until(lambda: messages and messages[-1]["place"] == 1)


def test_a_run_that_rested_still_goes_back_to_where_it_began(small):
    other = Run(VAT, SETUP, 2)
    other.advance(other.knobs, 6)
    fork, reseeded = (small.open(v, VAT, SETUP, 2, {}, other.snapshot()) for v in "ab")
    reseeded.live.reset(5)
    until(lambda: reseeded.live.seed == 5)
    for session in (fork, reseeded):
        assert small._rest(session)
        session.live.reset() if small.find(session.token) else None
    until(lambda: fork.live.snapshot().result(PATIENCE).step == 6)
    assert fork.live.made_of[0] and not reseeded.live.made_of[0]
    assert reseeded.live.seed == 5 and reseeded.live.snapshot().result(PATIENCE).step == 0


def test_a_hidden_tab_gives_way_and_is_told(small, monkeypatch):
    monkeypatch.setattr("app.live.session.HIDDEN", 0.1)
    given = []
    hidden = opened(small, "a", watched=False)
    desk = small.attach(hidden, lambda kind, message: given.append((kind, message)))
    seen = opened(small, "b")
    desk.receive({"type": "step", "steps": 2})
    until(lambda: hidden.live.snapshot().result(PATIENCE).step == 2)
    desk.receive({"type": "show", "visible": False})
    time.sleep(0.3)
    assert hidden.live is not None  # as long as nobody waits
    ticket = small.queue.join()
    messages = told(small, ticket)
    until(lambda: messages and messages[-1] == {"type": "come"})
    assert hidden.live is None and seen.live is not None and given[-1][0] == "rests"
    third = opened(small, "c", ticket)
    desk.close()
    small.close(third.token)
    assert small.find(hidden.token).live.snapshot().result(PATIENCE).step == 2


def test_who_closes_the_page_gives_the_place_in_line_back(small, monkeypatch):
    monkeypatch.setattr("app.live.queue.ABSENT", 0.2)
    opened(small, "a"), opened(small, "b")
    first, second = small.queue.join(), small.queue.join()
    messages = [told(small, ticket) for ticket in (first, second)]
    until(lambda: messages[1] and messages[1][-1]["place"] == 2)
    small.queue.unwatch(first, messages[0].append)
    until(lambda: messages[1][-1]["place"] == 1)
    assert not small.queue.watch(first, print) and small.queue.join(second) == second
    small.queue.unwatch(second, messages[1].append)
    until(lambda: not small.usher._working)


def test_who_does_not_come_in_time_loses_the_turn(small, monkeypatch):
    monkeypatch.setattr("app.live.queue.COME_WITHIN", 0.2)
    opened(small, "a")
    two = opened(small, "b")
    first, second = small.queue.join(), small.queue.join()
    messages = [told(small, ticket) for ticket in (first, second)]
    small.close(two.token)
    until(lambda: messages[1] and messages[1][-1] == {"type": "come"})
    assert {"type": "come"} in messages[0]


def test_a_cut_connection_keeps_its_place(small):
    opened(small, "a"), opened(small, "b")
    first, second = small.queue.join(), small.queue.join()
    messages = [told(small, ticket) for ticket in (first, second)]
    small.queue.unwatch(first, messages[0].append)
    time.sleep(0.6)
    back = told(small, first)
    until(lambda: back and back[-1]["place"] == 1)
    assert messages[1][-1]["place"] == 2


@pytest.mark.parametrize("seconds, said", [(0.2, 10), (17, 20), (100, 120), (500, 480), (4000, 3900)])
def test_a_time_looks_no_more_exact_than_it_is(seconds, said):
    assert _rounded(seconds) == said
