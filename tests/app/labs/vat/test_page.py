"""Pages without a browser: AppTest runs the real scripts; links restore everything and survive
nonsense.
"""

import pytest
import torch

from app import links
from app.labs.vat.ready_made import first_seed
from app.live.protocol import link
from app.page.words import presets
from engine.methods.vat.vat import VAT
from engine.runs.run import Run
from tests.pages import query_of, session_of

LAB = "vat"
SLOTS = {"": "vat"}


def test_the_lab_opens_with_a_run_of_its_own(page, live_of):
    test = page()
    assert not test.exception and not test.warning
    live = live_of(test)
    assert (
        live.seed == first_seed()
        and live.setup == VAT.make_setup({})
        and live.knobs == VAT.make_knobs(live.setup).to_dict()
    )
    assert live_of(page()) is not live


def test_a_link_that_has_parameters_and_no_seed_means_seed_0(page, live_of):
    """As it did before the page opened on another seed."""
    for query in ({"lam": "2"}, {"dataset": "moons"}, {"view": "focus"}, {"seed": "0"}):
        assert live_of(page(**query)).seed == 0, query
    assert live_of(page(seed="3")).seed == 3


def test_a_rerun_keeps_the_run_and_a_new_set_up_starts_another(page, live_of):
    test = page()
    live = live_of(test)
    test.run()
    assert live_of(test) is live
    test.sidebar.selectbox[0].set_value("circles").run()
    assert not test.exception
    assert live_of(test) is not live
    assert live_of(test).setup.dataset == "circles"
    assert live_of(test).knobs["epsilon_vat"] == 0.3
    assert test.query_params["dataset"] in ("circles", ["circles"])


def test_applying_the_form_restarts_with_its_values_and_the_link_says_so(page, live_of):
    test = page()
    {w.label.split(" ")[0]: w for w in test.sidebar.number_input}["Labelled"].set_value(40)
    {w.label.split(" ")[0]: w for w in test.sidebar.number_input}["Seed"].set_value(9)
    next(b for b in test.sidebar.button if b.label.startswith("Apply")).click().run()
    live = live_of(test)
    assert not test.exception and live.setup.train == 40 and live.seed == 9
    again = page(**query_of(test))
    assert live_of(again).setup == live.setup and live_of(again).seed == 9


def test_a_link_restores_every_control(page, live_of):
    rows = ((0.5, -1.25, 1), (-0.125, 0.75, 0))
    test = page(
        dataset="circles",
        noise="0.2",
        train="20",
        seed="77",
        epsilon_vat="1.25",
        xi="1e-06",
        power_iterations="3",
        points=links.encode_rows(rows),
    )
    live = live_of(test)
    assert (live.setup.noise, live.setup.train, live.seed) == (0.2, 20, 77)
    assert (live.knobs["epsilon_vat"], live.knobs["xi"], live.knobs["power_iterations"], live.knobs["points"]) == (
        1.25,
        1e-6,
        3,
        rows,
    )


@pytest.mark.parametrize(
    "query",
    [
        {"epsilon_vat": "99"},
        {"dataset": "sun"},
        {"seed": "-4"},
        {"points": "!!!"},
        {"rows": "AAAA"},
        {"xi": "nan"},
        {"train": "1e9"},
    ],
)
def test_a_broken_link_says_what_is_wrong_and_opens_all_the_same(page, live_of, query):
    test = page(**query)
    assert not test.exception and len(test.warning) == 1
    assert live_of(test).seed == 0


def test_presets_are_links_that_open(page, live_of):
    for preset in presets("vat"):
        test = page(**preset.query)
        assert not test.exception and not test.warning, preset.title
        live = live_of(test)
        for name, value in preset.query.items():
            if name in live.knobs:
                assert live.knobs[name] == pytest.approx(float(value))


def test_what_the_stage_wrote_into_the_address_outlives_a_rerun_and_a_new_set_up(page, live_of):
    test = page(seed="0")
    session = session_of(test, "vat")
    session.query = link({"type": "link", "query": "?lam=2.5&focus=1&seed=0"})
    session.live.set_knobs({"lam": 2.75})  # the pointer is already further than the address
    test.run()
    assert live_of(test) is session.live and session.live.knobs["lam"] == 2.75
    {w.label.split(" ")[0]: w for w in test.sidebar.number_input}["Labelled"].set_value(30)
    next(b for b in test.sidebar.button if b.label.startswith("Apply")).click().run()
    assert live_of(test).setup.train == 30 and live_of(test).knobs["lam"] == 2.5
    assert "focus" in test.query_params


def test_a_preset_button_opens_its_link_as_a_new_run(page, live_of):
    test = page()
    before = live_of(test)
    test.button(key=f"vat.preset.{presets('vat')[0].title}").click().run()
    assert not test.exception and live_of(test) is not before and live_of(test).setup.dataset == "circles"


def test_a_saved_run_opens_where_it_was_and_a_damaged_file_is_refused(page, live_of):
    run = Run(VAT, VAT.make_setup({"dataset": "circles", "train": 20}), 6)
    run.advance(VAT.make_knobs(run.setup, {"lam": 2.0}), 12)
    test = page()
    before = live_of(test)
    uploader = next(u for u in test.sidebar.file_uploader if u.label == "Open a saved run")
    uploader.set_value(("bad.snapshot", b"\x20" * 200, "application/octet-stream")).run()
    assert not test.exception and "damaged" in test.error[0].value and live_of(test) is before
    uploader = next(u for u in test.sidebar.file_uploader if u.label == "Open a saved run")
    uploader.set_value(("run.snapshot", run.snapshot().to_bytes(), "application/octet-stream")).run()
    assert not test.exception and not test.error
    opened = live_of(test).snapshot().result(20)
    assert (opened.step, opened.seeds, opened.setup["train"]) == (12, (6,), 20)
    assert live_of(test).knobs["lam"] == 2 and test.query_params["lam"] in ("2.0", ["2.0"])
    run.advance(run.knobs, 1)
    again = Run.restore(opened)
    again.advance(again.knobs, 1)
    assert all(torch.equal(v, again.method.state()[k]) for k, v in run.method.state().items())


def test_a_file_of_own_points_opens_and_a_bad_one_is_explained_literally(page, live_of):
    test = page(dataset="own")
    before = live_of(test)
    uploader = test.sidebar.file_uploader[0]
    uploader.set_value(("bad.csv", b"x,y,label\n**2**,$3$,b\n", "text/csv")).run()
    assert not test.exception and r"\*\*2\*\*" in test.sidebar.error[0].value and live_of(test) is before
    rows = "id;y;x;kind\n" + "".join(f"{i};{i % 7},5;{i},0;{'dog' if i % 2 else 'cat'}\n" for i in range(60))
    test.sidebar.file_uploader[0].set_value(("good.csv", rows.encode(), "text/csv")).run()
    note = test.sidebar.info[0].value.replace("\\", "")
    assert not test.exception and "60 points, 2 classes (cat → 0: 30, dog → 1: 30)" in note and "● is cat" in note
    assert "x from x, y from y, labels from kind; header read" in note and "left out: id; decimal commas" in note
    live = live_of(test)
    assert len(live.setup.rows) == 60 and live is not before and live.setup.rows[0][:2] == (-1.5, -0.153)
    again = page(**query_of(test))
    assert live_of(again).setup == live.setup


def test_applying_an_untouched_form_begins_again(page, live_of):
    test = page()
    before = live_of(test)
    next(b for b in test.sidebar.button if b.label.startswith("Apply")).click().run()
    assert live_of(test) is not before and live_of(test).setup == before.setup


def test_repeat_shows_progress_then_cancels(page):
    test = page(test="50")
    next(b for b in test.button if b.label.startswith("Repeat with these")).click().run()
    assert not test.exception
    next(b for b in test.button if b.label == "Cancel").click().run()
    assert not test.exception and test.session_state["repeat"].cancelled
    assert any("Cancelled" in i.value for i in test.info)
