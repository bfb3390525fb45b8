"""The ARAE lab's page without a browser: tabs, links, presets, starts, own sentences, bad input."""

from html.parser import HTMLParser

import pytest

from app.labs.arae import quality, tabs
from app.page import words
from app.page.words import presets
from engine.core.shipped import shipped
from engine.data.text import own_sentences

LAB = "arae"
TABS = tabs.TABS
SLOTS = {name: f"arae-{name}" for name in TABS}

SMALL = {"sentences": "300", "code": "16", "embedding": "8", "hidden": "16", "s": "8", "width": "16", "batch": "8"}
OWN = "text,label\n" + "\n".join(
    f"the {noun} was {word},{label}"
    for noun in ("tea", "cake", "bread", "rice", "milk", "egg")
    for word, label in (("nice", "good"), ("fine", "good"), ("sour", "bad"), ("cold", "bad"))
)


def small(tab):
    method = TABS[tab].method
    known = method.Setup.declarations()
    return {"tab": tab, **{k: v for k, v in SMALL.items() if k in known}}


@pytest.mark.parametrize("name", TABS)
def test_every_tab_opens_and_its_stage_asks_for_what_its_method_has(page, live_of, name):
    test = page(**small(name))
    assert not test.exception and not test.warning and not test.error
    live, method = live_of(test, name), TABS[name].method
    assert type(live._run.method) is method and live._run.step == 0
    layout = tabs.layout(name, live.setup, live.seed, {})
    for panel in layout["panels"]:
        lines = panel["lines"] if panel["kind"] == "sentences" else []
        layers = [panel.get(k) for k in ("real", "prior", "layer", "marks")] + [line.get("layer") for line in lines]
        assert {layer for layer in layers if layer} <= set(method.frame_layers), panel["name"]
        scene = [panel.get(k) for k in ("kinds", "tokens", "images", "scene")] + [line.get("scene") for line in lines]
        assert {layer for layer in scene if layer} <= set(method.scene_layers), panel["name"]
        questions = {
            "typing": {"compare": ["encode"]}.get(panel.get("ask"), [panel.get("ask"), "encode"]),
            "interpolation": ["interpolate", "walk"],
            "latent_strip": ["interpolate", "walk"],
        }.get(panel["kind"], [])
        assert set(questions) <= set(method.questions), panel["name"]
        assert {m["name"] for m in panel.get("measures", [])} <= set(method.measures)
    assert [p["name"] for p in layout.get("phases", [])] == [
        p for p in method.phases if p in {q["name"] for q in layout.get("phases", [])}
    ]
    assert set(layout["only"]) <= set(method.Knobs.declarations())
    for step in layout["steps"]:
        method.make_knobs(live.setup, step["knobs"])


@pytest.mark.parametrize("name", TABS)
def test_every_chart_and_number_is_one_that_a_frame_brings(page, live_of, name):
    live = live_of(page(**small(name)), name)
    method = live._run.method
    known = set(method.metrics(live._run.knobs, method.quick_metrics + method.slow_metrics)[0])
    layout = tabs.layout(name, live.setup, live.seed, {})
    charted = {trace["metric"] for chart in TABS[name].charts(live) for trace in chart["traces"]}
    shown = {n["metric"] for p in layout["panels"] for n in p.get("numbers", [])}
    assert charted | shown <= known, (charted | shown) - known


RUNS = [(name, {}) for name in TABS] + [
    ("sample", {"prior": p, "transfer": t}) for p in ("none", "gaussian", "learned") for t in ("True", "False")
]


@pytest.mark.parametrize("name, more", RUNS)
def test_the_words_of_a_phase_name_numbers_that_it_brings(page, live_of, name, more):
    live = live_of(page(**small(name), **more), name)
    layout = tabs.layout(name, live.setup, live.seed, {})
    if "phases" not in layout:
        pytest.skip("no phases")
    explained = {p.name: p for p in live._run.method.explain(live._run.knobs, 0)}
    assert list(explained) == [p["name"] for p in layout["phases"]]
    for spec in layout["phases"]:
        asked = {part.split('"')[0] for part in spec["html"].split('data-number="')[1:]}
        assert asked <= explained[spec["name"]].numbers.keys(), (spec["name"], asked)
        assert set(spec.get("layers", {})) <= explained[spec["name"]].layers.keys()


@pytest.mark.parametrize(
    "tab, preset", [(tab, p) for tab in TABS for p in presets("arae", tab)], ids=lambda v: getattr(v, "title", v)
)
def test_every_preset_opens_with_its_values(page, live_of, tab, preset):
    assert preset.query["tab"] == tab
    known = [s.name for s in shipped()]
    if preset.query.get("from", "scratch") not in ("scratch", *known):
        pytest.skip("its run does not ship yet")
    test = page(**preset.query)
    assert not test.exception and not test.warning, preset.title
    live = live_of(test, tab)
    values = {**live.setup.to_dict(), **live.knobs}
    declared = {**live._run.method.Setup.declarations(), **live._run.method.Knobs.declarations()}
    for name, value in preset.query.items():
        if name in declared:
            assert values[name] == declared[name].check(name, value)


def test_a_new_run_of_the_transfer_tab_can_transfer_and_the_other_tabs_keep_theirs(page, live_of):
    test = page(**{"tab": "transfer", "from": "scratch", **SMALL})
    assert live_of(test).setup.transfer
    one = live_of(test)
    test.button_group[0].set_value("sample").run()
    assert not test.exception and live_of(test, "sample") is not one
    test.button_group[0].set_value("transfer").run()
    assert not test.exception and live_of(test) is one


@pytest.mark.parametrize(
    "query, reason",
    [
        ({"corpus": "own", "own": "0" * 32}, "uploaded elsewhere"),
        ({"words": "5"}, "words"),
        ({"corpus": "poems"}, "poems"),
        ({"from": "nonesuch"}, "nonesuch"),
        ({"lam1": "nan"}, "lam1"),
        ({"corpus": "own"}, "upload"),
    ],
)
def test_a_bad_link_says_why_and_opens_on_the_usual_values(page, live_of, query, reason):
    test = page(tab="sample", **{**(SMALL if "from" not in query else {}), **query})
    assert not test.exception and len(test.warning) == 1 and reason in test.warning[0].value.replace("\\", "")
    assert live_of(test, "sample").setup.corpus == "grammar"


def test_own_sentences_become_a_run_and_come_back_from_the_link(page, live_of):
    digest = own_sentences.store(OWN.encode())
    test = page(tab="transfer", corpus="own", own=digest, transfer="True", **SMALL)
    assert not test.exception and not test.warning
    live = live_of(test)
    assert live.setup.own == digest and live._run.method.corpus.classes == ("bad", "good")
    layout = tabs.layout("transfer", live.setup, live.seed, {})
    assert [e["label"] for e in layout["side"]["legend"]][:2] == ["bad", "good"]


def upload(test, data):
    return test.file_uploader[0].set_value(("mine.csv", data, "text/csv")).run()


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"\xff\xfe\x00ba", "UTF-8"),
        (b"", "empty"),
        (b"one line\n" * 3, "at least 20"),
        (b"text,label\n" + b"a b,c,d\n" + b"a b,x\n" * 30, "Line 2 has 3 columns"),
        (b"text,label\n" + b"".join(b"dog %d,a\n" % k for k in range(30)) + b"cat,b\n", "class 'b' has 1 different"),
        (b"word " * 1_100_000, "MB"),
        (b"word " * 40 * 30 + b"\n" * 30, "at least"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason_and_the_run_stays(page, live_of, data, reason):
    test = page(**small("sample"))
    before = live_of(test, "sample")
    test = upload(test, data)
    assert not test.exception
    if reason:
        assert reason in test.error[0].value.replace("\\", "") and live_of(test, "sample") is before


def test_an_uploaded_file_starts_a_run_of_its_sentences_with_transfer_where_it_has_labels(page, live_of):
    test = upload(page(**small("transfer")), OWN.encode())
    assert not test.exception and not test.error
    assert live_of(test).setup.corpus == "own" and live_of(test).setup.transfer
    note = test.info[0].value.replace("\\", "")
    assert "24 sentences, 2 classes (bad 12, good 12), column text, labels from label; header read" in note
    assert "UTF-8" in note
    bare = "\n".join(line.split(",")[0] for line in OWN.splitlines()[1:])
    test = upload(page(**small("transfer")), bare.encode())
    assert not test.exception
    assert not test.error
    assert not live_of(test).setup.transfer
    assert "No labels" in test.info[0].value


def test_a_link_holds_the_sentence_the_class_asked_for_and_the_ends_of_the_strip(page, live_of):
    live = live_of(page(**small("sample")), "sample")
    query = {"say": "we hated the bill .", "to": "negative", "ends": "walk:3|41"}
    panels = {p["name"]: p for p in tabs.layout("sample", live.setup, live.seed, query)["panels"]}
    assert panels["film"]["how"] == "walk"
    assert panels["film"]["first"] == ["3", "41"]
    assert panels["typing"]["first"] == query["say"]
    panels = {
        p["name"]: p
        for p in tabs.layout("sample", live.setup, live.seed, {"ends": "sing:a|b", "say": "x" * 999})["panels"]
    }
    assert panels["film"]["how"] == "interpolate" and len(panels["typing"]["first"]) == tabs.MOST


def test_labels_of_a_visitor_reach_the_page_as_text_alone(page, live_of):
    rows = OWN.replace("good", "<img src=x onerror=alert(1)>")
    digest = own_sentences.store(rows.encode())
    live = live_of(page(tab="transfer", corpus="own", own=digest, transfer="True", **SMALL))
    labels = [e["label"] for e in tabs.layout("transfer", live.setup, live.seed, {})["side"]["legend"]]
    assert not any("<" in label for label in labels)


def test_the_papers_table_is_labelled_as_other_data():
    html = quality.table({"grammar-transfer": {"token_accuracy": 99.94, "bleu": None}}, quality.TITLES)
    assert "different data" in html and "37.28" in html and "99.9" in html and "Do not compare" in html


def test_an_order_is_only_named_where_the_paired_difference_carries_it():
    sentences = 400
    run = lambda n, **more: {"transfer_accuracy": n / 4, "turned": "1" * n + "0" * (sentences - n), **more}  # noqa: E731
    close = quality.table({"reviews-ae-styles": run(220), "reviews-transfer": run(221)}, quality.TITLES)
    alone = "no clear difference over sentences alone; training seed 0 against 0"
    assert f"0.2 ± 0.2<br><small>{alone}</small>" in close and "(training seed 0)" in close
    far = quality.table({"reviews-ae-styles": run(220), "reviews-transfer": run(300)}, quality.TITLES)
    assert "20.0 ± 2.0" in far and "95 % interval 16.1 to 23.9: clear over sentences alone" in far
    # The seeds differ by more than the sentences do.
    seeds = {str(k): run(n, seed=k) for k, n in ((1, 200), (2, 390))}
    luck = quality.table(
        {
            "reviews-ae-styles": run(220, seeds={"1": run(220, seed=1)}),
            "reviews-transfer": run(300, seeds=seeds),
        },
        quality.TITLES,
    )
    assert "no clear difference over sentences and training; training seeds 0, 1, 2 against 0, 1" in luck
    assert "who turns more, who keeps more" not in close


def test_every_corpus_has_the_caveats_of_its_own_numbers():
    html = quality.table(quality.shipped_quality(), quality.TITLES)
    for corpus in ("reviews", "domains"):
        assert f"changes more of the {corpus}." in html and f"worth on the {corpus}." in html
    assert "a standard error of 2.2 points: with 95 % it is good to ± 4.3 points" in html  # 61.8 % of 489
    assert "a standard error of 1.9 points: with 95 % it is good to ± 3.8 points" in html  # 68.2 % of 592


@pytest.mark.parametrize(
    "query, there, absent",
    [
        ({"from": "domains-transfer"}, "⅓", "1 − y"),
        ({"from": "reviews-transfer"}, "1 − y", "⅓"),
        ({"from": "reviews-ae-styles"}, "minφ,ψ Lrec", "λ"),
        ({"from": "scratch", "lam2": "0"}, "enc(x)", "1 − y"),
        ({"from": "scratch", "transfer": "False"}, "enc(x)", "1 − y"),
    ],
)
def test_the_headline_has_the_terms_of_the_run(page, live_of, query, there, absent):
    live = live_of(page(tab="transfer", **query))
    values = {**live.setup.to_dict(), **live.knobs}
    shown = headline_under(values)
    assert there in shown and absent not in shown


def headline_under(values):
    """The headline of the transfer tab as web/widgets/when.js leaves it under these values."""

    class Reader(HTMLParser):
        def __init__(self):
            super().__init__()
            self.stack, self.text = [], ""

        def handle_starttag(self, tag, attributes):
            name, _, wanted = dict(attributes).get("data-when", "").partition(":")
            given = f"{values[name]:g}" if name and isinstance(values[name], float) else str(values.get(name)).lower()
            self.stack.append(not name or (given in wanted.lstrip("!").split(",")) != wanted.startswith("!"))

        def handle_endtag(self, tag):
            self.stack.pop()

        def handle_data(self, data):
            self.text += data if all(self.stack) else ""

    reader = Reader()
    reader.feed(words.headline("arae", "transfer"))
    return reader.text
