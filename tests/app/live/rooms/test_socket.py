"""A room over its socket: one presenter, members, and those who mean no good."""

import asyncio
import contextlib

from tests.client import Room, run
from tests.room_client import Member


@contextlib.asynccontextmanager
async def presented(url, **hello):
    """A page with a playing run, and the room in which it is shown."""
    async with Room(url, "vat").visit() as page, page.watch():
        await page.say(type="speed", value=0)
        await page.say(type="play")
        await page.say(type="want")
        async with Member(url).enter(type="open", name="Ada", **hello) as presenter:
            await presenter.until("in")
            await presenter.say(type="present", token=page.data["token"])
            await presenter.until("room", lambda m: m["place"])
            yield page, presenter


def code_of(presenter):
    return presenter.said["in"][0]["code"]


def test_members_watch_the_run_fork_it_and_come_back(server):
    async def trial():
        async with presented(server.url) as (page, presenter):
            code = code_of(presenter)
            async with Member(server.url, decodes=True).enter(type="join", code=code.lower(), name="Bob") as bob:
                secret = (await bob.until("in"))["secret"]
                await bob.say(type="watch", on=True)
                stage = await bob.until("stage")
                assert "token" not in stage["data"] and page.data["token"] not in str(bob.said)
                while bob.header.get("step", 0) < 20 or "field" not in bob.pictures:
                    await asyncio.sleep(0.05)
                assert bob.header["knobs"] == page.last["knobs"] or page.last["step"] == 0
                await presenter.say(type="dot", panel="vat", x=0.25, y=2)
                assert await bob.until("dot") == {"type": "dot", "panel": "vat", "x": 0.25, "y": 1.0}
                await bob.say(type="fork")
                forked = await bob.until("forked")
                assert forked["page"] == "vat" and forked["step"] > 0
                await presenter.say(type="ask", kind="choice", question="Which?", options=["a", "b"])
                asked = await bob.until("room", lambda m: m["prediction"])
                await bob.say(type="answer", id=asked["prediction"]["id"], value=1)
                await presenter.until("mine", lambda m: m["answers"] == [{"name": "Bob", "value": 1}])
                await presenter.say(type="reveal", truth=1)
                await bob.until("mine", lambda m: m["points"] == 10)
            async with Member(server.url).enter(type="back", code=code, secret=secret) as again:
                mine = await again.until("mine")
                assert mine["name"] == "Bob" and mine["points"] == 10 and mine["fork"]
                await presenter.say(type="remove", id=(await again.until("in"))["id"])
                assert "removed" in (await again.until("over"))["message"]
            async with Member(server.url).enter(type="back", code=code, secret=secret) as gone:
                await gone.until("unknown")

    run(trial())


def test_a_paused_room_holds_the_members_runs(server):
    async def trial():
        async with (
            presented(server.url) as (_, presenter),
            Room(server.url, "vat", "seed=5").visit() as own,
            own.watch(),
            Member(server.url).enter(type="join", code=code_of(presenter), name="Eve") as eve,
        ):
            await eve.until("in")
            await eve.say(type="at", page="vat", token=own.data["token"])
            await presenter.until("mine", lambda m: m["list"] and m["list"][0]["own"])
            await own.say(type="play")
            await presenter.say(type="pause", on=True)
            await eve.until("room", lambda m: m["paused"])
            await own.say(type="play")
            async with asyncio.timeout(20):
                while not any("presenter has paused" in e for e in own.errors):
                    await asyncio.sleep(0.05)
            await presenter.say(type="pause", on=False)
            await eve.until("room", lambda m: not m["paused"])

    run(trial())


def test_who_watches_may_ask_what_only_looks(server):
    async def trial():
        async with Room(server.url, "gan", "tab=digits").visit() as page, page.watch():
            async with Member(server.url).enter(type="open", name="Ada") as presenter:
                await presenter.until("in")
                await presenter.say(type="present", token=page.data["token"])
                await presenter.until("room", lambda m: m["place"])
                async with Member(server.url).enter(type="join", code=code_of(presenter), name="Bob") as bob:
                    await bob.until("in")
                    await bob.say(type="watch", on=True)
                    await bob.until("stage")
                    await bob.say(type="question", id=1, name="none", values={})
                    failed = await bob.until("reply", lambda m: m["reply"] == 1)
                    assert failed["state"] == "failed" and "there is no question" in failed["message"]
                    name = failed["message"].split("known are ")[-1].rstrip(".").split(", ")[0]
                    await bob.say(type="question", id=2, name=name, values={"x": "no"})
                    assert (await bob.until("reply", lambda m: m["reply"] == 2))["state"] in ("failed", "done")
                    await bob.say(type="question", id=3, name=["x"], values=3)
                    assert (await bob.until("reply", lambda m: m["reply"] == 3))["state"] == "failed"
                    for ident in range(4, 40):
                        await bob.say(type="question", id=ident, name=name, values={})
                    await asyncio.sleep(1)
                    assert len(bob.said["reply"]) < 3 + 20, "of too many the run hears nothing"

    run(trial())


def test_a_challenge_is_measured_by_the_server(server):
    async def trial():
        async with (
            presented(server.url) as (_, presenter),
            Member(server.url).enter(type="join", code=code_of(presenter), name="Bob") as bob,
        ):
            await bob.until("in")
            challenge = {"title": "Lowest", "metric": "test_error.vat", "lower": True, "steps": 500}
            await presenter.say(type="challenge", **challenge)
            await bob.until("room", lambda m: m["challenge"])
            await bob.say(type="handin", named=True, value=0)
            await bob.until("note", lambda m: "Take part first" in m["message"])
            await asyncio.sleep(1.1)
            await bob.say(type="join-challenge")
            await bob.until("forked")
            await asyncio.sleep(1.1)
            await bob.say(type="handin", named=True, value=0)
            board = (await bob.until("room", lambda m: m["challenge"] and m["challenge"]["board"]))["challenge"][
                "board"
            ]
            assert board[0]["name"] == "Bob" and board[0]["steps"] == 0 and board[0]["value"] > 0

    run(trial())


def test_the_end_of_a_room_has_one_reason(server):
    async def trial():
        async with Member(server.url).enter(type="open", name="Ada") as presenter:
            await presenter.until("in")
            await presenter.say(type="end")
            async with asyncio.timeout(20):
                while presenter.closed is None:
                    await asyncio.sleep(0.05)
            assert [m["message"] for m in presenter.said["over"]] == ["Ada has ended this room."]

    run(trial())


def test_those_who_mean_no_good_are_refused(server):
    async def trial():
        async with presented(server.url, password="sesame") as (page, presenter):
            code = code_of(presenter)
            async with Member(server.url).enter(origin="http://evil.example", type="join", code=code) as stranger:
                await stranger.until("refused")
            tries = [
                ({"type": "join", "code": code, "name": "x"}, "password"),
                ({"type": "join", "code": code, "name": "x", "password": "wrong"}, "not the room's"),
                ({"type": "join", "code": "ZZZZZZ", "name": "x"}, "no room"),
                ({"type": "join", "code": ["A"], "name": "x"}, "needs"),
                ({"type": "hello", "token": page.data["token"]}, "first message"),
                ({"type": "open", "name": ""}, "Give a name"),
            ]
            async with Member(server.url).enter(**tries[0][0]) as guesser:
                for message, refusal in tries:
                    if message is not tries[0][0]:
                        await guesser.say(**message)
                    await guesser.until("note", lambda m, refusal=refusal: refusal in m["message"])
                async with asyncio.timeout(20):
                    while guesser.closed is None:
                        await asyncio.sleep(0.05)
            async with Member(server.url).enter(type="join", code=code, name="Eve", password="sesame") as eve:
                await eve.until("in")
                for kind in (
                    "pause",
                    "end",
                    "present",
                    "challenge",
                    "remove",
                    "dot",
                    "knobs",
                    "play",
                    "measure",
                    "__x",
                ):
                    before = len(eve.said.get("note", []))
                    await eve.say(type=kind, on=True, id=1, token=page.data["token"], values={"lam": 9})
                    async with asyncio.timeout(20):
                        while len(eve.said.get("note", [])) == before:
                            await asyncio.sleep(0.01)
                await eve._socket.send(b"\x00\xff")
                await eve._socket.send("[" * 60_000)
                await eve._socket.send('{"type":"answer","id":1e999}')
                for _ in range(400):
                    await eve.say(type="at", page="x" * 2000)
                await eve.until("over")
            assert presenter.closed is None and "lam" not in str(presenter.said)
            text = str(eve.said) + str(guesser.said)
            assert "Traceback" not in text and "/app/" not in text and page.data["token"] not in text
            before = len(page.frames)
            await page.say(type="want")
            async with asyncio.timeout(20):
                while len(page.frames) == before:
                    await asyncio.sleep(0.01)

    run(trial())
