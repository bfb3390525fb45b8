"""The GAN page without a browser: tabs, links, cards, uploads, shipped starts."""

import pytest

from app.labs.gan import experiments
from app.page.words import presets
from engine.core.shipped import shipped

LAB = "gan"
SLOTS = {"plane": "gan", "pair": "gan-pair", "digits": "gan-digits"}


@pytest.mark.parametrize("tab", SLOTS)
def test_each_tab_opens_with_a_run_of_its_own(page, live_of, tab):
    test = page(tab=tab)
    assert not test.exception and not test.warning
    assert live_of(test, tab).setup


@pytest.mark.parametrize(
    "preset", [*experiments.alone(), *experiments.pairs(), *presets("gan", "digits")], ids=lambda p: p.title
)
def test_a_card_is_a_link_that_opens_as_it_says(page, live_of, preset):
    test = page(**preset.query)
    assert not test.exception and not test.warning
    live = live_of(test, preset.query["tab"])
    for name, value in preset.query.items():
        if name in live.knobs:
            assert str(live.knobs[name]) == value or live.knobs[name] == pytest.approx(float(value))
        elif name not in ("tab", "from", "play"):
            assert str(getattr(live.setup, name)) == value


def test_a_file_of_places_is_a_distribution_and_bad_ones_are_explained(page, live_of):
    test = page()
    before = live_of(test)
    for content, reason in (
        (b"x,y\n1,two\n", "Line 2 has 'two'"),
        (b"1,nan\n2,3\n", "Line 1 has a missing value"),
        (b"1,2\n1,2\n", "one place"),
        (b"\xff\xfe\x00", "UTF-8"),
    ):
        test.sidebar.file_uploader[0].set_value(("bad.csv", content, "text/csv")).run()
        assert not test.exception and reason in test.sidebar.error[0].value.replace("\\", ""), content
        assert live_of(test) is before
    rows = "".join(f"{i},{(i * i) % 17}\n" for i in range(40))
    test.sidebar.file_uploader[0].set_value(("good.csv", rows.encode(), "text/csv")).run()
    assert not test.exception and live_of(test) is not before and len(live_of(test).setup.rows) == 40
    assert "40 points; x from column 1, y from column 2; no header" in test.sidebar.info[0].value.replace("\\", "")


def test_own_points_that_are_missing_from_a_link_are_named(page, live_of):
    test = page(dataset="own")
    assert not test.exception and "two different" in test.warning[0].value and live_of(test).setup.dataset == "ring8"


def test_a_damaged_painting_in_a_link_is_named_and_left_out(page, live_of):
    for text in ("!!!", "AAAA", "_" * 5000):
        test = page(ink=text)
        assert not test.exception and len(test.warning) == 1 and live_of(test).knobs["ink"] == ()


def test_digits_open_on_a_shipped_snapshot_and_another_start_is_another_run(page, live_of):
    names = [s.name for s in shipped("gan-digits")]
    assert {"digits-conv", "digits-dense"} <= set(names)
    test = page(tab="digits")
    live = live_of(test, "digits")
    step = live.snapshot().result(20).step
    assert step > 1000 and live.setup.net == "conv"
    start = next(s for s in test.sidebar.selectbox if s.label == "Start from")
    start.set_value("scratch").run()
    assert not test.exception and live_of(test, "digits").snapshot().result(20).step == 0
    next(s for s in test.sidebar.selectbox if s.label == "Start from").set_value("digits-dense").run()
    assert not test.exception and live_of(test, "digits").setup.net == "dense"


def test_a_press_counts_though_it_comes_with_the_address_of_a_moment_before(page, live_of):
    test = page(tab="plane", loss="lsgan")
    test.button_group[0].set_value("digits").run()
    assert "loss" not in test.query_params
    test.query_params["tab"] = "plane"
    test.button_group[0].set_value("pair").run()
    assert not test.exception and test.query_params["tab"] in ("pair", ["pair"])
    test.query_params["tab"] = "digits"  # the back button: the address changes and the control does not
    test.run()
    assert live_of(test, "digits") and test.button_group[0].value == "digits"


def test_a_tab_left_before_it_had_a_run_keeps_no_link_of_another_tab(page):
    test = page(tab="plane", loss="lsgan")
    test.session_state["page"] = "gan"  # as the navigation sets it
    test.run()
    test.session_state["gan.last"] = "digits"  # as where the page ends between the choice and the run
    test.query_params.clear()
    test.query_params["tab"] = "digits"
    test.button_group[0].set_value("pair").run()
    test.button_group[0].set_value("digits").run()
    assert not test.exception and "loss" not in test.query_params
