"""The audience of a run, and the way of its frames to many."""

import asyncio
import time
from concurrent.futures import Future

from app.live.rooms.audience import BYTES, Audience
from app.live.rooms.questions import MOST_WAITING, Questions
from app.live.rooms.stream import MOST_UNSEEN, Seat, Stream
from engine.runs.host import Host
from tests.client import run
from tests.engine.runs.watcher import make


def _until(wanted):
    deadline = time.monotonic() + 20
    while not wanted():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_audience_gets_ten_small_frames_a_second():
    host, given = Host(1), []
    live = make(host)
    audience = Audience(live, lambda kind, data: given.append((kind, len(data))))
    audience.receive({"type": "whole"})
    live.play()
    _until(lambda: given)
    time.sleep(1.5)
    live.play(False)
    frames = [size for kind, size in given if kind == "frame"]
    assert len(frames) <= 18 and sum(frames[3:]) / 1.5 < 1.3 * BYTES
    assert sum(kind == "whole" for kind, _ in given) == 1

    def nothing_is_sent():
        still = len(given)
        time.sleep(0.4)
        return audience._thinned.exact and len(given) == still

    _until(nothing_is_sent)  # a busy machine takes a while until all has come to rest
    audience.close()
    assert not live.watched
    host.close()


def test_a_question_that_is_put_again_keeps_its_place():
    class Idle:
        asked = []

        def ask(self, name, values, who):
            self.asked.append((name, values["seat"]))
            return Future()

    told = []
    questions = Questions(Idle(), lambda kind, _: told.append(kind[1]), lambda: None)
    for ident, seat in enumerate([*range(MOST_WAITING), 0, MOST_WAITING]):
        questions.put({"seat": seat, "id": ident, "name": "look", "values": {"seat": seat}})
    questions.ask()
    assert Idle.asked == [("look", 0)] and told == [0], "who finds no place hears nothing, and asks again"


def test_a_slow_watcher_gets_no_queue_and_holds_nobody_up():
    async def trial():
        asked = []

        class Desk:
            receive = staticmethod(asked.append)
            close = staticmethod(lambda: None)

        give = None

        def attach(function):
            nonlocal give
            give = function
            return Desk()

        async def given(kind, data):
            give(kind, data)
            await asyncio.sleep(0)
            await asyncio.sleep(0)

        stream = Stream(attach, lambda: None)
        fast_got, slow_got = [], []
        fast, slow = Seat(fast_got.append), Seat(slow_got.append)
        stream.join(fast)
        stream.join(slow)
        assert asked == [{"type": "whole"}], "one whole frame serves all who wait"
        await given("frame", b"before")
        assert not fast_got, "a change is of no use to who has no frame"
        await given("whole", b"whole")
        stream.seen(fast)
        for number in range(20):
            await given("frame", b"%d" % number)
            stream.seen(fast)
        assert len(fast_got) == 21 and len(slow_got) == MOST_UNSEEN
        for _ in range(MOST_UNSEEN):
            stream.seen(slow)
        assert len(asked) == 2
        await given("whole", b"now")
        assert slow_got[-1] == b"now" and fast_got[-1] == b"19"
        await given("frame", b"next")
        assert slow_got[-1] == fast_got[-1] == b"next"

    run(trial())
