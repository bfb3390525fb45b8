"""The GAN page without a browser: tabs, links, cards, uploads, shipped starts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import links
from app.labs.gan import experiments
from app.live.sessions import sessions
from app.page.words import presets
from app.routes import routes
from engine.core.declare import INK, InvalidValue
from engine.core.shipped import shipped
from tests.app.labs.vat.test_page import page

TABS = {"plane": "gan", "pair": "gan-pair", "digits": "gan-digits"}


def gan(**query):
    return page("labs/gan/page.py", **query)


def live_of(test, tab="plane"):
    return sessions().find(test.session_state[f"{TABS[tab]}.token"]).live


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_opens_with_a_run_of_its_own(tab):
    test = gan(tab=tab)
    assert not test.exception and not test.warning
    assert live_of(test, tab).setup


@pytest.mark.parametrize(
    "preset", [*experiments.alone(), *experiments.pairs(), *presets("gan", "digits")], ids=lambda p: p.title
)
def test_a_card_is_a_link_that_opens_as_it_says(preset):
    test = gan(**preset.query)
    assert not test.exception and not test.warning
    live = live_of(test, preset.query["tab"])
    for name, value in preset.query.items():
        if name in live.knobs:
            assert str(live.knobs[name]) == value or live.knobs[name] == pytest.approx(float(value))
        elif name not in ("tab", "from", "play"):
            assert str(getattr(live.setup, name)) == value


def test_a_file_of_places_is_a_distribution_and_bad_ones_are_explained():
    test = gan()
    before = live_of(test)
    for content, says in (
        (b"x,y\n1,two\n", "Line 2 is not x, y"),
        (b"1,nan\n2,3\n", "missing or infinite"),
        (b"1,2\n1,2\n", "one place"),
        (b"\xff\xfe\x00", "UTF-8"),
    ):
        test.sidebar.file_uploader[0].set_value(("bad.csv", content, "text/csv")).run()
        assert not test.exception and says in test.sidebar.error[0].value.replace("\\", ""), content
        assert live_of(test) is before
    rows = "".join(f"{i},{(i * i) % 17}\n" for i in range(40))
    test.sidebar.file_uploader[0].set_value(("good.csv", rows.encode(), "text/csv")).run()
    assert not test.exception and live_of(test) is not before and len(live_of(test).setup.rows) == 40


def test_own_points_that_are_missing_from_a_link_are_named():
    test = gan(dataset="own")
    assert not test.exception and "two different" in test.warning[0].value and live_of(test).setup.dataset == "ring8"


def test_a_damaged_painting_in_a_link_is_named_and_left_out():
    for text in ("!!!", "AAAA", "_" * 5000):
        test = gan(ink=text)
        assert not test.exception and len(test.warning) == 1 and live_of(test).knobs["ink"] == ()


def test_digits_open_on_a_shipped_snapshot_and_another_start_is_another_run():
    names = [s.name for s in shipped("gan-digits")]
    assert {"digits-conv", "digits-dense"} <= set(names)
    test = gan(tab="digits")
    live = live_of(test, "digits")
    step = live.snapshot().result(20).step
    assert step > 1000 and live.setup.net == "conv"
    start = next(s for s in test.sidebar.selectbox if s.label == "Start from")
    start.set_value("scratch").run()
    assert not test.exception and live_of(test, "digits").snapshot().result(20).step == 0
    next(s for s in test.sidebar.selectbox if s.label == "Start from").set_value("digits-dense").run()
    assert not test.exception and live_of(test, "digits").setup.net == "dense"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, INK), min_size=16, max_size=1024).filter(lambda v: len(v) % 2 == 0))
def test_a_painting_survives_a_link(levels):
    assert links.decode_ink(links.encode_ink(tuple(levels))) == levels


def test_nonsense_is_no_painting():
    with pytest.raises(InvalidValue):
        links.decode_ink("?")


def test_an_animation_is_made_of_posted_frames_and_nonsense_is_refused():
    own = {"origin": "http://testserver"}
    with TestClient(Starlette(routes=routes())) as client:
        good = client.post("/saddle/gif?frames=3&height=28&width=28", content=bytes(3 * 784), headers=own)
        assert good.status_code == 200 and good.content[:6] == b"GIF89a"
        for query, body, status in (
            ("frames=3&height=28&width=28", bytes(10), 400),
            ("frames=9999&height=28&width=28", b"", 400),
            ("frames=x", b"", 400),
            ("frames=1&height=2&width=2", bytes(100_000), 400),
        ):
            assert client.post(f"/saddle/gif?{query}", content=body, headers=own).status_code == status
        assert (
            client.post(
                "/saddle/gif?frames=1&height=2&width=2", content=bytes(4), headers={"origin": "http://elsewhere"}
            ).status_code
            == 403
        )
