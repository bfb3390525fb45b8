"""The AAE lab's page without a browser: four tabs, links, presets, starts, bad input."""

import pytest

from app import links
from app.labs.aae.tabs import TABS
from app.page.run import SCRATCH
from app.page.words import presets
from engine.core.shipped import shipped
from engine.data.priors import SIDE

LAB = "aae"
SLOTS = {name: tab.method.name for name, tab in TABS.items()}


def names(method):
    return [s.name for s in shipped(method.name)]


@pytest.mark.parametrize("name", TABS)
def test_every_tab_opens_on_its_usual_start_with_layers_that_its_method_has(page, live_of, name):
    test = page(tab=name)
    tab = TABS[name]
    assert not test.exception and not test.warning and not test.error
    live = live_of(test, name)
    assert type(live._run.method) is tab.method
    start = tab.default_start in names(tab.method)
    assert (live._run.step > 0) == start
    for panel in tab.layout["panels"]:
        layers = [layer for layer in panel.get("layers", [panel]) if "layer" in layer and not layer.get("phase")]
        scene = [layer["layer"] for layer in layers if layer.get("scene") or layer.get("still")]
        assert set(scene) <= set(tab.method.scene_layers)
        assert {layer["layer"] for layer in layers} - set(scene) <= set(tab.method.frame_layers)
        assert set(panel.get("asks", {}).values()) <= set(tab.method.questions)
        assert {m["name"] for m in panel.get("measures", [])} <= set(tab.method.measures)
    assert [p["name"] for p in tab.layout["phases"]] == list(tab.method.phases)
    for step in tab.layout["steps"]:
        tab.method.make_knobs(live.setup, step["knobs"])


@pytest.mark.parametrize("name", TABS)
def test_every_chart_and_table_names_metrics_that_a_frame_brings(page, live_of, name):
    tab = TABS[name]
    live = live_of(page(tab=name, **{"from": SCRATCH, "hidden": "32"}), name)
    known = set(live._run.method.metrics(live._run.knobs, tab.method.quick_metrics + tab.method.slow_metrics)[0])
    charted = {trace["metric"] for chart in tab.charts for trace in chart["traces"]}
    tables = [p for p in tab.layout["panels"] if p["kind"] == "table"]
    tabled = {
        row["metric"] + column["end"]
        for t in tables
        for row in t["rows"]
        for column in t["columns"]
        if column["end"] != "_null"
    }
    shown = {n["metric"] for p in tab.layout["panels"] for n in p.get("numbers", [])}
    assert charted | tabled | shown <= known, (charted | tabled | shown) - known


@pytest.mark.parametrize(
    "tab, preset", [(tab, p) for tab in TABS for p in presets("aae", tab)], ids=lambda v: getattr(v, "title", v)
)
def test_every_preset_opens_with_its_values(page, live_of, tab, preset):
    assert preset.query["tab"] == tab
    test = page(**preset.query)
    assert not test.exception and not test.warning, preset.title
    live = live_of(test, tab)
    declared = type(live._run.knobs).declarations()
    known = {**live.knobs, **live.setup.to_dict()}
    for name, value in preset.query.items():
        if name in declared:
            assert known[name] == declared[name].check(name, value)


def test_a_preset_button_begins_anew(page, live_of):
    test = page(tab="aae")
    before = live_of(test)
    next(b for b in test.button if presets("aae", "aae")[1].title in b.label).click().run()
    assert not test.exception and live_of(test) is not before
    assert live_of(test).knobs["lam"] == 0 and live_of(test)._run.step == 0


def test_a_tab_is_chosen_in_the_page_and_each_keeps_its_run(page, live_of):
    test = page()
    aae = live_of(test)
    test.button_group[0].set_value("few").run()
    assert not test.exception and test.query_params["tab"] in ("few", ["few"])
    assert live_of(test, "few").knobs["labels"] == 100
    test.button_group[0].set_value("aae").run()
    assert not test.exception and live_of(test) is aae


def test_a_painted_prior_comes_back_from_its_link(page, live_of):
    ink = tuple(15 if i == 5 * SIDE + 7 else 0 for i in range(SIDE * SIDE))
    live = live_of(page(tab="aae", prior="painted", ink=links.encode_ink(ink)))
    assert live.knobs["prior"] == "painted" and live.knobs["ink"] == ink


@pytest.mark.parametrize(
    "query, reason",
    [
        ({"prior": "painted"}, "painted"),
        ({"labels": "60001"}, "60000"),
        ({"ink": "!!!"}, "painting"),
        ({"prior": "moon"}, "moon"),
        ({"s": "nan"}, "s ="),
        ({"from": "nonesuch"}, "nonesuch"),
        ({"tab": "few", "labels": "70000"}, "60000"),
    ],
)
def test_a_bad_link_says_why_and_opens_on_the_usual_values(page, live_of, query, reason):
    test = page(**query)
    assert not test.exception and len(test.warning) == 1 and reason in test.warning[0].value.replace("\\", "")
    live = live_of(test, query.get("tab", "aae"))
    assert live.knobs["prior"] == "petals" if "prior" in live.knobs else live.knobs["labels"] == 100


@pytest.mark.parametrize("name", TABS)
def test_each_snapshot_of_a_tab_is_offered_and_opens(page, live_of, name):
    method = TABS[name].method
    for start in names(method):
        test = page(tab=name, **{"from": start})
        assert not test.exception and not test.warning
        assert live_of(test, name)._run.step > 0
        assert start in [
            o.split(":")[0] for o in next(s for s in test.sidebar.selectbox if s.label == "Start from").options
        ]
