"""The 50 data sets that ship: what the page shows of them, and the seed that it opens on."""

import json
import statistics

import pytest

from app.labs.vat import ready_made
from app.labs.vat.reference import MEASURED, at_reference
from engine.data.plane import SHAPES
from engine.methods.vat.vat import VAT
from engine.runs.run import Run
from tests.pages import open_page


@pytest.mark.parametrize("dataset", SHAPES)
def test_what_ships_is_of_the_default_set_up_and_knobs_of_today(dataset):
    setup = VAT.make_setup({"dataset": dataset})
    table = ready_made.find(setup, VAT.make_knobs(setup))
    assert table is not None, f"compute it anew: {ready_made.COMMAND}"
    assert (table.steps, table.seeds) == (1000, list(range(50)))
    assert all(len(errors) == 50 for errors in table.test_error.values()) and len(table.test_error) == 7
    assert (ready_made.read()[0] is table) == (dataset == VAT.make_setup({}).dataset)
    assert dataset not in MEASURED or ready_made.find(setup, at_reference(setup)) is not None
    assert ready_made.find(setup, VAT.make_knobs(setup, {"lam": 2.0})) is None


def test_the_page_opens_on_the_seed_that_is_nearest_to_the_median():
    errors = json.loads(ready_made.ASSET.read_text(encoding="utf-8"))["tables"][0]["test_error"]
    differences = [random - vat for random, vat in zip(errors["random"], errors["vat"])]
    median = statistics.median(differences)
    seed = ready_made.first_seed()
    assert abs(differences[seed] - median) == min(abs(d - median) for d in differences)


def test_that_seed_shows_what_the_average_shows():
    """VAT below Random, and Random below MLE, and within two points of what ships."""
    setup = VAT.make_setup({})
    knobs, seed = VAT.make_knobs(setup), ready_made.first_seed()
    run = Run(VAT, setup, seed)
    run.advance(knobs, 1000)
    (now,) = run.method.metrics(knobs, ("test_error",))
    assert now["test_error.vat"] < now["test_error.random"] < now["test_error.mle"]
    for kind, errors in ready_made.read()[0].test_error.items():
        assert now[f"test_error.{kind}"] == pytest.approx(errors[seed], abs=2), kind


def test_the_page_shows_the_table_before_anything_is_computed():
    test = open_page("vat")
    shown = [m.value for m in test.markdown]
    (table,) = [text for text in shown if text.startswith("| method | mean ± sd") and "reference" not in text]
    rows = table.splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == [
        "| MLE",
        "| L2",
        "| Dropout",
        "| Random",
        "| Adv. L∞",
        "| Adv. L2",
        "| VAT",
    ]
    vat = ready_made.read()[0].test_error["vat"]
    assert f"{statistics.fmean(vat):.1f} ± {statistics.stdev(vat):.1f}" in rows[-1]
    (words,) = [text for text in shown if "Ready made" in text]
    assert ready_made.COMMAND in words and "default set-up and knobs" in words and "This page has others" not in words
    assert f"seed {ready_made.first_seed()}" in words


def test_the_page_says_where_its_knobs_are_not_those_of_the_table():
    for query in ({"lam": "2"}, {"train": "20"}):
        (words,) = [m.value for m in open_page("vat", query).markdown if "Ready made" in m.value]
        assert "This page has others now" in words
    (words,) = [m.value for m in open_page("vat", {"dataset": "circles"}).markdown if "Ready made" in m.value]
    assert "Circles" in words and "This page has others now" not in words
    assert not [m for m in open_page("vat", {"dataset": "own"}).markdown if "Ready made" in m.value]
