"""The words of the labs: how they are rendered, and that they name only what exists."""

import functools
import os
import re

import pytest

from app import links
from app.labs import catalogue, check
from app.page import words
from app.page.check_words import THEME, colours, problems
from app.page.markdown import FORMS, WordsError
from app.page.presets import FIRST
from engine.core.registry import find
from engine.core.shipped import open_shipped, shipped
from engine.methods.vat.vat import REFERENCE
from engine.runs.run import Run

LABS = {lab.page: lab.methods for lab in catalogue.LABS}
TABS = [(lab, tab, method) for lab, tabs in LABS.items() for tab, method in tabs.items()]
every_tab = pytest.mark.parametrize("lab, tab, method", TABS)


@functools.cache
def small(name):
    """A run of a method, small and a few steps old, and its knobs."""
    method = find(name)
    setup = method.make_setup(method.contract_setup)
    run, knobs = Run(method, setup, 3), method.make_knobs(setup)
    run.advance(knobs, 2)
    return run, knobs


def files(lab, tab, thing):
    """The file of a tab, and the one that the tabs of a lab share, where they exist."""
    names = {words.file_name(tab, thing), thing}
    return [path for name in names if (path := words.LABS / lab / f"{name}.md").exists()]


def presets(lab, tab):
    made = check.MADE.get(lab, {}).get(tab, tuple)()
    there = (words.LABS / lab / f"{words.file_name(tab, 'presets')}.toml").exists()
    return [*made, *(words.presets(lab, tab) if there else ())]


# The texts that ship ------------------------------------------------------------------------------


def test_all_words_can_be_read_and_name_knobs_fields_colours_and_parameters_that_exist():
    assert check.problems() == []


@every_tab
def test_every_metric_is_one_that_a_frame_brings(lab, tab, method):
    run, knobs = small(method)
    published = run.method.metrics(knobs, run.method.quick_metrics + run.method.slow_metrics)[0]
    uses = [
        use
        for thing in ("task", "headline", "explanation")
        for path in files(lab, tab, thing)
        for use in words.read(path).uses
    ]
    assert {use.name for use in uses if use.kind == "metric"} <= published.keys()


def numbers(method):
    """Phase → the numbers that a step's phases bring."""
    run, knobs = small(method)
    return {phase.name: phase.numbers.keys() for phase in run.method.explain(knobs, run.step)}


@every_tab
def test_every_number_of_a_phase_is_one_that_the_step_brings(lab, tab, method):
    if not files(lab, tab, "phases") or not find(method).phases:
        pytest.skip("this tab explains no step")
    told = numbers(method)
    # A section that is no phase of this method is a part of one, or of another tab's.
    others = {
        number
        for other in LABS[lab].values()
        if find(other).phases
        for found in numbers(other).values()
        for number in found
    }
    for name, section in words.phases(lab, tab).items():
        asked = {use.name for use in section.uses if use.kind == "number"}
        assert asked <= told.get(name, others), name


@every_tab
def test_every_preset_is_a_link_without_problems(lab, tab, method):
    kind = find(method)
    names = [s.name for s in shipped(kind.name)]
    for preset in presets(lab, tab):
        start = preset.query.get("from", "scratch")
        assert start in ("scratch", *names), preset.place
        *_, wrong = links.read(kind, preset.query, None if start == "scratch" else open_shipped(start))
        assert wrong == [], preset.place


def test_the_reference_experiment_of_vat_has_the_reference_knobs():
    reference = {"dataset": "moons", **{name: str(value) for name, value in REFERENCE["moons"].items()}}
    assert reference in [preset.query for preset in words.presets("vat")]


def test_the_forms_of_numbers_are_those_of_the_browser():
    source = (THEME.parent / "numbers.js").read_text(encoding="utf-8")
    assert re.search(r"FORMS = \{ (.*?) \}", source)[1].split(", ") == list(FORMS)


def test_the_colours_are_those_of_the_theme():
    assert {"vat", "broken", "real", "ink"} <= colours() and not {"ground", "low", "of", "classes"} & colours()


# How a text is rendered ---------------------------------------------------------------------------


@pytest.fixture
def write(tmp_path, monkeypatch):
    """A function that writes a file of the lab `toy`, and returns its path; words reads the labs
    from there.
    """
    monkeypatch.setattr(words, "LABS", tmp_path / "app" / "labs")
    (words.LABS / "toy").mkdir(parents=True)

    def put(name, text):
        path = words.LABS / "toy" / name
        path.write_text(text, encoding="utf-8")
        return path

    return put


@pytest.mark.parametrize(
    "text, html",
    [
        (
            "{{metric loss_d}} {{metric js.a signed}}",
            '<output data-metric="loss_d"></output> <output data-metric="js.a" data-form="signed"></output>',
        ),
        ("{{knob lam}}, {{number z}}", '<output data-knob="lam"></output>, <output data-number="z"></output>'),
        ("at {{step}}", 'at <output data-step="1" data-form="whole"></output>'),
        ("[D]{.d}([x]{.real})", '<span data-method="d">D</span>(<span data-method="real">x</span>)'),
        (
            '[a [b]{.g}]{when="loss: ns, wgan"}',
            '<span data-when="loss:ns,wgan">a <span data-method="g">b</span></span>',
        ),
        ('[a]{when="loss: ns" start=hidden}', '<span data-when="loss:ns" hidden="">a</span>'),
        (
            "L~D~ 10^−6^ max~‖δ‖ ≤ ε~ max~[f]{.d}~",
            'L<sub>D</sub> 10<sup>−6</sup> max<sub>‖δ‖ ≤ ε</sub> max<sub><span data-method="d">f</span></sub>',
        ),
        ("∇<sub>θ~D~</sub> D*(x) p_data ~ p_g", "∇<sub>θ<sub>D</sub></sub> D*(x) p_data ~ p_g"),
        ("x ∈ [0, 1]ⁿ, \\{0, 1\\}", "x ∈ [0, 1]ⁿ, {0, 1}"),
        ("one\\\ntwo  \nthree", "onetwo\nthree"),
        ("a\n\\+ b", "a\n+ b"),
    ],
)
def test_a_line_becomes(write, text, html):
    assert words.read(write("a.md", text)).inline == html


@pytest.mark.parametrize(
    "text, html",
    [
        ("### Why\n\n{.formula}\na = b\n", '<h3>Why</h3>\n<p class="formula">a = b</p>\n'),
        ('{.formula}\n{when="loss: ns"}\na\n', '<p class="formula" data-when="loss:ns">a</p>\n'),
        ("a\n\n    b\n", "<p>a</p>\n<p>b</p>\n"),
        (
            "| a | b |\n|---|---|\n| c | d |\n",
            "<table>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n<tr>\n<td>c</td>\n<td>d</td>\n</tr>\n</table>\n",
        ),
    ],
)
def test_a_block_becomes(write, text, html):
    assert words.read(write("a.md", text)).html == html


def test_files_and_fragments_are_put_in_between_paragraphs_and_in_a_sentence(write):
    write("part.md", "**b**")
    write("two.md", "c\n\nd")
    text = words.read(write("explanation.md", "a {{include part}} {{slot s}}\n\n{{include two}}\n\n{{slot t}}\n"))
    assert [path.name for path in text.files] == ["explanation.md", "part.md", "two.md"]
    html = words.explanation("toy", s="x", t="<table></table>")
    assert html == "<p>a <strong>b</strong> x</p>\n<p>c</p>\n<p>d</p>\n<table></table>\n"
    with pytest.raises(WordsError, match=r"app/labs/toy/explanation.md:5: .* slot t: known are s"):
        words.explanation("toy", s="x")


def test_a_mended_file_is_read_again_and_so_is_one_that_includes_it(write):
    part, whole = write("part.md", "old"), write("headline.md", "so {{include part}}")
    assert words.headline("toy") == '<p class="headline">so old</p>'
    assert words.read(whole) is words.read(whole)
    part.write_text("new and longer", encoding="utf-8")
    stat = part.stat()
    os.utime(part, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000))
    assert words.headline("toy") == '<p class="headline">so new and longer</p>'


def test_sections_are_a_name_a_title_and_a_paragraph(write):
    write("phases.md", "## d: 1 D's gradient\n\nNorm {{number norm}}.\n\n## part\n\n*Next*\n")
    found = words.phases("toy")
    assert [(s.name, s.title, s.html) for s in found.values()] == [
        ("d", "1 D's gradient", 'Norm <output data-number="norm"></output>.'),
        ("part", "", "<em>Next</em>"),
    ]
    assert [use.name for use in found["d"].uses] == ["norm"]


def test_presets_are_records_whose_texts_are_one_line(write):
    write("presets.toml", '[[preset]]\ntitle = "A"\nlink = "?a=1&b=x+y"\ndescription = """\none\ntwo\n"""\nsteps = 3\n')
    (preset,) = words.presets("toy")
    assert (preset.title, preset.query, preset.description, preset.steps) == ("A", {"a": "1", "b": "x y"}, "one two", 3)
    assert preset.place == "app/labs/toy/presets.toml:1"


# What is wrong is named ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, line, reason",
    [
        ("a\n\n{{metrik x}}", 3, "no macro 'metrik': known are include, knob"),
        ("{{}}", 1, "no macro ''"),
        ("a\n{{metric}}", 2, "not how metric is written"),
        ("{{metric a signed more}}", 1, "not how metric"),
        ("{{step 1}}", 1, "not how step"),
        ("{{knob lam signd}}", 1, "no form 'signd'"),
        ("{{metric x", 1, "this brace belongs to no macro"),
        ("a [b] {.d}", 1, "this brace belongs to no macro"),
        ("[b]{d}", 1, "this brace"),
        ("one\ntwo [b]{.d .g}", 2, "takes {.colour}"),
        ("[b]{colour=d}", 1, "takes {.colour}"),
        ("[b]{#d}", 1, "takes {.colour}"),
        ('[b]{when="loss"}', 1, "a condition is"),
        ('[b]{when="loss ns"}', 1, "a condition is"),
        ("[b]{.d start=hidden}", 1, "start=hidden goes with a when"),
        ('[b]{when="loss: ns" start=shown}', 1, "start=hidden"),
        ("a\n\n{.formla}\nb", 4, "a paragraph takes {.formula}"),
        ("{.formula}\n### b", 2, "a paragraph takes"),
        ("<table><tr><td>{{step}}</td></tr></table>", 1, "inside a block of HTML"),
        ('a <b title="{{step}}">c</b>', 1, "inside a tag of HTML"),
        ("{{include nothing}}", 1, "no file nothing.md"),
        ("a\n{{include a}}", 1, "includes itself"),
        ("a {{include two}}", 1, "only a file of one paragraph"),
        ("a\nb\n+ c", 3, "a line begins with +: break it elsewhere"),
        ("a\n> c", 2, "a line begins with >"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused_with_file_and_line(write, text, line, reason):
    write("two.md", "c\n\nd")
    with pytest.raises(WordsError, match=rf"^app/labs/toy/a.md:{line}: .*{re.escape(reason)}"):
        words.read(write("a.md", text))


def test_a_fault_in_an_included_file_is_placed_there(write):
    write("part.md", "x\n\n{{no}}")
    with pytest.raises(WordsError, match=r"^app/labs/toy/part.md:3: "):
        words.read(write("a.md", "{{include part}}"))


@pytest.mark.parametrize(
    "text, reason",
    [
        ("Norm.", ":1: the file must begin with a section"),
        ("## a: A\n\nx\n\n## a: B\n\ny", ":5: .*every name its own"),
        ("# a: A\n\nx", ":1: a section is"),
        ("## a: A\n\nx\n\ny", ":1: .*one paragraph"),
        ("## a: A\n", ":1: .*one paragraph"),
        ("## a b: A\n\nx", ":1: a section is"),
    ],
)
def test_sections_that_are_none_are_refused(write, text, reason):
    with pytest.raises(WordsError, match=reason):
        words.read_sections(write("phases.md", text))


NAMED = 'title = "Toy"\nheading = "Toy"\ndescription = "a"\npicture = "b"\n'
GOOD = '[[preset]]\ntitle = "A"\nlink = "?a=1"\ndescription = "b"\n'


@pytest.mark.parametrize(
    "text, reason",
    [
        ("title = ", r":1: not TOML"),
        (GOOD + "x = [", r":5: not TOML"),
        (GOOD + '[[presets]]\ntitle = "B"', r"'presets' has no meaning here"),
        ('[preset]\ntitle = "A"', r"under a line \[\[preset\]\]"),
        (GOOD + '\n[[preset]]\ntitle = "B"', r":6: link is missing"),
        (GOOD + "says = 'x'", r":1: there is no field 'says'"),
        (GOOD + "steps = 'x'", r":1: steps must be"),
        (GOOD.replace('"A"', "3"), r":1: title must be text"),
        (GOOD.replace("?", ""), r":1: link must begin with \?"),
    ],
)
def test_presets_that_cannot_be_read_are_refused_with_file_and_line(write, text, reason):
    write("presets.toml", text)
    with pytest.raises(WordsError, match="app/labs/toy/presets.toml" + reason if reason[0] == ":" else reason):
        words.presets("toy")


def test_a_file_that_is_missing_or_not_text_is_named(write):
    with pytest.raises(WordsError, match=r"app/labs/toy/headline.md:1: there is no such file"):
        words.headline("toy")
    write("headline.md", "").write_bytes(b"\xff")
    with pytest.raises(WordsError, match="not UTF-8"):
        words.headline("toy")
    write("headline.md", "a\n\nb")
    with pytest.raises(WordsError, match="a headline is one paragraph"):
        words.headline("toy")
    write("task.md", "a\n\nb")
    with pytest.raises(WordsError, match="a task is one paragraph"):
        words.task("toy")


def test_home_has_a_place_for_its_labs(tmp_path, monkeypatch):
    monkeypatch.setattr(words, "HOME", tmp_path / "home.md")
    words.HOME.write_text("a *b*\n\n{{slot labs}}\n\nc\n", encoding="utf-8")
    assert words.home() == ("a *b*", "c")
    words.HOME.write_text("a", encoding="utf-8")
    with pytest.raises(WordsError, match="home.md:1: {{slot labs}} is missing"):
        words.home()


@every_tab
def test_every_tab_has_a_task_and_three_cards_or_more(lab, tab, method):
    assert words.task(lab, tab)
    assert len(presets(lab, tab)) >= FIRST


# Names that do not exist are named ----------------------------------------------------------------


@pytest.fixture
def toy(write):
    """A function that gives the problems of a lab `toy` of the method gan.

    Its words are sound but for the files given.
    """

    def found(method="gan", **texts):
        sound = {
            "task.md": "Press play.",
            "headline.md": "a",
            "explanation.md": "b",
            "phases.md": "## sample: 1\n\nc",
            "presets.toml": GOOD.replace("?a=1", "?k_g=2&show_fake=1"),
            "lab.toml": NAMED,
        }
        for name, text in {**sound, **{n.replace("_", "."): t for n, t in texts.items()}}.items():
            write(name, text)
        return problems({"toy": {"": method}})

    return found


def test_sound_words_have_no_problems(toy):
    sound = (
        '{{knob lr_d}} [x]{.d} [y]{when="loss: ns, wgan"} [z]{when="dataset: ring8"} {{metric js}} {{step}} {{slot s}}'
    )
    assert toy(headline_md=sound, phases_md='## losses: 4\n\n[y]{when="loss: ns"} {{number loss_d}}') == []


@pytest.mark.parametrize(
    "texts, reason",
    [
        ({"explanation_md": "a\n\n{{knob lam}}"}, "explanation.md:3: gan has no knob 'lam': known are"),
        ({"explanation_md": "{{knob dataset}}"}, "explanation.md:1: gan has no knob 'dataset'"),
        ({"headline_md": "[x]{.purple}"}, "headline.md:1: there is no colour 'purple'"),
        ({"explanation_md": '[x]{when="los: ns"}'}, "explanation.md:1: gan has no field 'los' for a condition"),
        ({"explanation_md": '[x]{when="loss: ns, hinge"}'}, "explanation.md:1: loss is never 'hinge': known are"),
        ({"explanation_md": "{{number loss_d}}"}, "explanation.md:1: number loss_d is not filled in here"),
        ({"phases_md": "## a: A\n\n{{metric js}}"}, "phases.md:3: metric js is not filled in here"),
        ({"phases_md": '## a: A\n\n[x]{when="dataset: ring8"}'}, "phases.md:3: gan has no field 'dataset'"),
        ({"presets_toml": GOOD}, "presets.toml:1: gan has no knob or set-up field 'a'"),
        ({"presets_toml": GOOD.replace("a=1", "k_g=1000")}, "presets.toml:1: k_g = '1000' is not allowed"),
        ({"presets_toml": GOOD.replace("a=1", "loss=hinge")}, "presets.toml:1: loss = 'hinge' is not allowed"),
        ({"presets_toml": GOOD.replace("a=1", "ink=!!!")}, "presets.toml:1: the painting in the link is damaged"),
        ({"presets_toml": GOOD.replace("a=1", "k_g")}, "presets.toml:1: the link ?k_g is not"),
        (
            {"presets_toml": GOOD.replace("a=1", "k_g=1&k_g=2")},
            "presets.toml:1: the link ?k_g=1&k_g=2 names something twice",
        ),
        ({"presets_toml": GOOD.replace("a=1", "tab=other")}, "presets.toml:1: the link must open this tab"),
        ({"presets_toml": GOOD.replace("a=1", "say=hello")}, "presets.toml:1: gan has no knob or set-up field 'say'"),
        ({"presets_toml": GOOD.replace("title", "titel")}, "presets.toml:1: there is no field 'titel'"),
        ({"task_md": "a " * 80}, "task.md:1: a task fits one line: 150 characters, and this has 159"),
        ({"lab_toml": NAMED.replace("heading", "headline")}, "lab.toml:1: there is no field 'headline': known are"),
        ({"lab_toml": NAMED.replace('"Toy"', '""', 1)}, "lab.toml:1: title is missing"),
        ({"old_md": "left over"}, "old.md:1: no tab shows this file"),
        ({"old_toml": ""}, "old.toml:1: no tab shows this file"),
        ({"headline_md": "{{no}}"}, "headline.md:1: there is no macro 'no'"),
        ({"method": "gun"}, "toy: the tab '' shows 'gun', which is no method"),
    ],
)
def test_a_name_that_does_not_exist_is_a_problem_with_file_and_line(toy, texts, reason):
    (problem,) = toy(**texts)
    assert problem.removeprefix("app/labs/toy/").startswith(reason)


def test_the_server_does_not_start_with_problems(toy, monkeypatch):
    monkeypatch.setattr(check, "LABS", [catalogue.Lab("toy", "", {"": "gan"})])
    monkeypatch.setattr(check, "MADE", {})
    toy()
    check.check()
    toy(headline_md="[x]{.purple}", explanation_md="{{knob lam}}")
    with pytest.raises(WordsError, match="(?s)purple.*lam"):
        check.check()


def test_presets_that_a_lab_makes_itself_are_checked_too(write, monkeypatch):
    experiment = (
        '[[experiment]]\nname = "a"\ntitle = "A"\ndescription = "b"\nsteps = 1\nsetup = { dataset = "ring8" }\n'
    )
    pair = '[[pair]]\nexperiment = "a"\ntitle = "A"\ndescription = "b"\n'
    (words.LABS / "gan").mkdir()
    path = words.LABS / "gan" / "experiments.toml"
    monkeypatch.setattr(check, "LABS", [])
    for text, reason in (
        (experiment + pair, ""),
        (experiment + pair.replace('"a"', '"c"'), ":7: there is no experiment 'c': known are a"),
        (experiment.replace("setup =", "set-up ="), ":1: there is no field 'set-up'"),
    ):
        path.write_text(text, encoding="utf-8")
        found = check.problems()
        assert len(found) == bool(reason) and all(p.startswith(f"app/labs/gan/experiments.toml{reason}") for p in found)


def test_a_lab_names_the_field_that_its_own_preset_gets_wrong(write):
    made = [words.Preset("A", "?tab=pair&k_gb=2", "b", place="app/labs/toy/experiments.toml:4")]
    for thing in ("task", "headline", "explanation"):
        write(f"pair_{thing}.md", "a")
    write("experiments.toml", "")
    write("lab.toml", NAMED)
    (problem,) = problems({"toy": {"pair": "gan-pair"}}, {"toy": {"pair": made}})
    assert problem.startswith("app/labs/toy/experiments.toml:4: gan-pair has no knob or set-up field 'k_gb'")
