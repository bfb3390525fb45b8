"""A process of runs ends under a page: it shows the run go on, and says from where."""

import pytest

from app.live.crew.zygote import ABLE
from tests.browser import Server, Tabs, go, stage, until
from tests.faults.processes import kill_workers, left

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(not ABLE, reason="runs have processes of their own on Linux only"),
]


@pytest.fixture
def own_server():
    server = Server()
    yield server
    server.kill()


def test_a_page_plays_on_and_says_from_which_step(own_server, tabs: Tabs):
    page = tabs.open()
    go(page, f"{own_server.url}/vat?speed=50", "vat")
    until(page, "s.playing && s.step > 250", 60)  # five seconds: it was kept
    token = stage(page, "s.owner.data.token")
    stage(page, "s.setKnob('epsilon_vat', 1.25)")
    killed = kill_workers(own_server.process.pid)
    page.get_by_text("The process of this run ended; it goes on from step").wait_for(timeout=30_000)
    said = page.locator(".saddle-stage .notice").inner_text()
    assert said.endswith("before.") and "from step 0" not in said
    until(page, "s.playing && s.knobs.epsilon_vat === 1.25", 30)
    step = stage(page, "s.step")
    until(page, f"s.step > {step}", 30)
    assert stage(page, "s.owner.data.token") == token and stage(page, "s.owner.root.dataset.connection") == "open"
    steps = stage(page, "s.owner.history.frames.map((f) => f.step)")
    assert steps == sorted(steps)  # the curves have no step twice
    assert not left(killed) and page.problems == []
    tabs.close(page)
