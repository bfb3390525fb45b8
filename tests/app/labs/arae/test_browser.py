"""The ARAE lab in a real browser: typing, pointing at codes, interpolation, digits, one screen."""

import pytest

from tests.browser import cut_off, fits, stage, until

LAB = "arae"
SMALL = "&sentences=400&code=16&embedding=16&hidden=32&s=8&width=16&batch=16"  # small networks keep the suite quick
TRANSFER, SAMPLE = f"?tab=transfer&from=scratch{SMALL}", f"?tab=sample&from=scratch{SMALL}"
PLACE = (
    "(() => {{ const p = s.owner.panel('codes'), b = p.front.getBoundingClientRect(), [u, v] = p.place(p.seen, {});"
    " return [b.left + u / p.ratio, b.top + v / p.ratio]; }})()"
)
LINES = "[...s.owner.panel('{}').element.querySelectorAll('.line')].map((e) => e.textContent)"


def lines(page, panel):
    return stage(page, LINES.format(panel))


def words(page, panel="typing"):
    return page.locator(f"[data-panel={panel}]")


def test_a_typed_sentence_is_turned_as_it_is_typed_and_again_while_the_run_trains(lab):
    page = lab(TRANSFER)
    until(page, "s.playing && s.step > 5 && s.owner.panel('typing').view.target === 1", 60)
    # Yours, the run's, and that of the Cross-AE that ships, which is trained.
    until(page, LINES.format("typing") + "[2]?.startsWith('the ')")
    source, _, cross = lines(page, "typing")
    assert source == "the food was awful ." and cross != source
    field = words(page).locator("input.sentence")
    field.fill("")
    field.press_sequentially("we loved the soup and the waiter was friendly .", delay=8)
    until(page, "s.owner.panel('typing').view.target === 0 && document.querySelector('body')")
    until(page, LINES.format("typing") + "[0] === 'we loved the soup and the waiter was friendly .'")
    assert "say=we+loved" in page.url
    # The answer stays true: it is asked again as the networks learn.
    before = lines(page, "typing")[1]
    until(page, f"{LINES.format('typing')}[1] !== {before!r}", 60)
    words(page).get_by_role("button", name="positive").click()
    until(page, "s.owner.panel('typing').view.target === 1")
    assert "to=positive" in page.url
    marked = stage(page, "[...s.owner.panel('typing').element.querySelectorAll('mark.come')].length")
    assert marked > 0, "new words are marked"
    assert stage(page, "s.owner.panel('codes').own.every(Number.isFinite)")


def test_what_cannot_be_turned_is_said_and_nothing_is_lost(lab):
    page = lab(TRANSFER + "&play=0")
    # The Cross-AE that ships is read on the first question and answers after the run's own
    # networks.
    until(
        page, "s.owner.panel('typing').view.target === 1 && " + LINES.format("typing") + "[2]?.startsWith('the ')", 60
    )
    field, message = words(page).locator("input.sentence"), words(page).locator(".message")
    kept = lines(page, "typing")
    for text, reason in (
        ("xyzzy plugh", "none of these words"),
        ("the food was awful . " * 5, "at most 12"),
        ("!!!", "no word"),
    ):
        field.fill(text)
        message.get_by_text(reason).wait_for()
        assert message.get_attribute("data-kind") == "wrong" and lines(page, "typing") == kept
    field.fill("")
    message.get_by_text("Type a sentence").wait_for()
    field.fill("the food was xyzzy .")
    message.get_by_text("not in the vocabulary: xyzzy").wait_for()
    field.fill("<b>the</b> food was awful .")
    until(page, LINES.format("typing") + "[0].includes('the')")
    assert words(page).locator(".version b").count() == 0


def test_the_pointer_over_the_codes_reads_sentences_and_a_click_takes_the_one_that_is_read(lab):
    page = lab(TRANSFER + "&play=0")
    # With the answers the panels have their heights, and the codes their places.
    until(
        page,
        "s.owner.panel('codes').seen?.shape[0] === 256 && s.owner.shown.layers.codes_prior && "
        f"s.owner.scene.codes_tokens && {LINES.format('typing')}[2]?.startsWith('the ')",
        60,
    )
    codes, typed = "s.owner.panel('codes')", "s.owner.panel('typing').input.value"
    read = f"{codes}.reading.textContent"
    page.mouse.move(*stage(page, PLACE.format(7)))
    until(page, f"{read}.endsWith('.')")
    near = stage(page, f"[{codes}.pointed, 7].map((i) => {codes}.place({codes}.seen, i))")
    assert near[0] == pytest.approx(near[1], abs=16), "the code at the pointer, or one nearer to its pixel"
    stage(page, f"{codes}.front.addEventListener('pointerdown', () => {{ window.read = {read}; }})")
    # Codes that move on, as they do while the run trains, do not change what is taken.
    stage(page, f"(({codes}.seen = {{ ...{codes}.seen, data: {codes}.seen.data.map((v) => v + 9) }}), 0)")
    page.mouse.down()
    page.mouse.up()
    until(page, f"window.read.endsWith('.') && {typed} === window.read")
    words(page, "probes").locator("button.row").nth(2).click()
    source = stage(page, "s.owner.panel('probes').rows[2].button.dataset.source")
    until(page, f"{typed} === {source!r} && {LINES.format('typing')}[0] === {source!r}")


def test_a_way_between_two_sentences_and_between_two_draws_is_drawn_among_the_codes(lab):
    page = lab(SAMPLE + "&play=0")
    until(
        page,
        "s.owner.panel('film').codes?.length === 7 && s.owner.shown.layers.samples && "
        "s.owner.shown.layers.sample_marks",
        60,
    )
    film = words(page, "film")
    film.locator("input.a").fill("the soup was bland .")
    film.locator("input.b").fill("we loved the patio .")
    film.locator("input[type=number]").fill("5")
    until(page, "s.owner.panel('film').codes.length === 5")
    film.locator("li").nth(3).hover()
    until(page, "s.owner.panel('codes').way.lit === 3 && s.owner.panel('codes').way.codes.length === 5")
    film.locator("li").nth(3).focus()
    page.keyboard.press("ArrowDown")
    until(page, "s.owner.panel('film').lit === 4")
    assert "ends=interpolate" in page.url and "patio" in page.url
    ends = stage(page, "s.owner.panel('film').codes")
    film.locator("select").select_option("walk")
    until(page, f"JSON.stringify(s.owner.panel('film').codes) !== '{str(ends).replace(' ', '')}'")
    film.locator("input.a").fill("x")
    film.get_by_text("Give two seeds").wait_for()
    film.locator("select").select_option("interpolate")
    until(page, "s.owner.panel('film').a.value === 'the soup was bland .'")
    rows = words(page, "samples").locator("button.row")
    assert rows.count() == 12 and set(rows.evaluate_all("rows => rows.map(r => r.dataset.right)")) <= {"yes", "no"}
    words(page, "samples").get_by_role("button", name="others").click()
    until(page, "s.owner.panel('samples').answeredAt !== undefined && !s.owner.panel('samples').latest.busy")
    rows.first.click()
    until(
        page,
        "s.owner.panel('film').b.value === s.owner.panel('samples').rows[0].button.dataset.source && "
        "s.owner.panel('film').a.value === 'we loved the patio .'",
    )


def test_codes_glide_between_frames_and_arrive_where_the_run_says(lab):
    page = lab(
        SAMPLE + "&speed=1", reduced_motion="no-preference"
    )  # so slow that what is painted beyond the steps is the gliding
    until(page, "s.step > 2 && s.owner.view.glide.from", 60)
    away = (
        "s.owner.panel('codes').seen.data.some((v, i) => Math.abs(v - s.owner.shown.layers.codes_real.data[i]) > 1e-6)"
    )
    # Counts the paintings that show codes on their way.
    stage(
        page,
        f"(() => {{ window.way = 0; const {{ glide }} = s.owner.view, {{ draw }} = glide;"
        f" glide.draw = (...given) => {{ draw(...given); if ({away}) window.way++; }}; }})()",
    )
    painted, step = stage(page, "[s.painted, s.step]")
    until(page, f"s.step > {step + 1} && window.way > 3 && s.painted - {painted} > 1.3 * (s.step - {step})", 60)
    stage(page, "s.pause()")
    until(page, f"!s.playing && !({away})")


def test_explain_walks_through_the_phases_and_one_phase_alone_can_be_stepped(lab):
    page = lab(TRANSFER)
    until(page, "s.step > 3", 60)
    page.locator(".explain").click()
    until(page, "!s.playing && s.owner.explaining.known")
    step = stage(page, "s.step")
    for title in ("1 reconstruction", "2 critic", "3 classifier", "4 encoder and g"):
        assert page.locator("li[data-now]").inner_text() == title
        assert "–" not in page.locator(".explain-box .phase output").all_inner_texts()
        assert page.locator(".panel[data-lit]").count() == 1 and page.locator(".flow [data-lit]").count() >= 4
        if title == "1 reconstruction":
            assert words(page, "probes").locator("button.row").count() == 4, (
                "the batch stands in for the held-out sentences"
            )
        if title != "4 encoder and g":
            page.get_by_role("button", name="next ›").click()
    assert stage(page, "s.step") == step
    page.get_by_role("button", name="close").click()
    until(page, "s.owner.panel('probes').rows.length === 8")
    page.get_by_role("button", name="enc + g").click()
    until(page, f"s.step === {step + 1}")
    assert stage(page, "s.knobs.update") == "all"


def test_three_train_on_one_clock_and_each_answers_for_itself(lab):
    page = lab(f"?tab=three&from=scratch{SMALL}")
    until(
        page,
        "s.step > 2 && s.metrics['token_accuracy.ae'] !== undefined && s.owner.shown.layers.samples?.shape[0] === 3",
        90,
    )
    stage(page, "s.pause()")
    until(
        page,
        "!s.playing && s.owner.panel('codes_aae').own && s.owner.panel('codes_arae').own && "
        "s.owner.panel('codes_ae').own",
        40,
    )
    assert len({str(stage(page, f"s.owner.panel('codes_{m}').own")) for m in ("ae", "aae", "arae")}) == 3
    assert stage(page, "s.metrics['wasserstein.ae']") is None and len(lines(page, "typing")) == 6


def test_digits_are_sampled_reconstructed_and_walked_between(lab):
    page = lab("?tab=digits&from=scratch&hidden=32&code=16&width=16&batch=16&s=8")
    until(
        page,
        "s.step > 2 && s.owner.panel('way').codes?.length === 24 && s.owner.panel('samples').count === 64 && "
        "s.owner.panel('probes').count === 32",
        90,
    )
    stage(page, "s.pause()")
    until(page, "!s.playing")
    page.mouse.move(*stage(page, PLACE.format(3)))
    until(page, "s.owner.panel('codes').pointed >= 0")
    page.mouse.down()
    page.mouse.up()
    until(
        page,
        "s.owner.panel('way').how.value === 'interpolate' && s.owner.panel('way').ends.interpolate[1] === "
        "s.owner.panel('codes').pointed",
    )
    words(page, "way").locator("canvas").click(position={"x": 20, "y": 20})
    until(page, "s.owner.panel('codes').way.lit === 0")


SCREENS = [
    (1366, 768, "light", "transfer"),
    (1366, 768, "dark", "sample"),
    (1920, 1080, "light", "three"),
    (1366, 768, "light", "digits"),
    (1920, 1080, "dark", "transfer"),
]


@pytest.mark.parametrize("width, height, scheme, tab", SCREENS)
def test_the_stage_fits_one_screen(lab, width, height, scheme, tab):
    page = lab(
        f"?tab={tab}&from=scratch&play=0" + (SMALL if tab != "digits" else "&hidden=32&code=16"),
        width=width,
        height=height,
        color_scheme=scheme,
    )
    until(page, "Object.keys(s.metrics).some((m) => m.startsWith('loss_ae'))", 60)
    assert fits(page) and cut_off(page, ".panel figcaption, .side, .knob label", ".side") == []


def test_on_a_phone_a_sentence_is_typed_and_nothing_is_wider_than_the_screen(lab):
    page = lab(TRANSFER + "&play=0", width=390, height=844, has_touch=True, is_mobile=True)
    until(page, "s.owner.panel('typing').view.target === 1", 60)
    words(page).locator("input.sentence").tap()
    words(page).locator("input.sentence").fill("the bill was unfair .")
    until(page, LINES.format("typing") + "[0] === 'the bill was unfair .'")
    words(page).get_by_role("button", name="negative").tap()
    until(page, "s.owner.panel('typing').view.target === 0")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_field_completes_words_marks_unknown_ones_and_emptied_empties_the_answer(lab):
    page = lab("?tab=transfer&play=0")
    until(page, LINES.format("typing") + "[2]?.startsWith('the ')", 60)
    box = words(page)
    field, message, options = box.locator("input.sentence"), box.locator(".message"), box.get_by_role("option")
    message.get_by_text("Knows 73 words of restaurant reviews").wait_for()
    field.fill("")
    until(page, LINES.format("typing") + ".join('') === ''")
    assert box.locator(".chance:visible").count() == 0 and stage(page, "s.owner.panel('codes').own") in (None, [])
    field.press_sequentially("the wai", delay=20)
    options.first.wait_for()
    assert field.get_attribute("aria-expanded") == "true" and options.all_inner_texts() == [
        "waiter",
        "waitress",
        "waiters",
    ]
    assert box.locator(".under u").count() == 0, "half a word is not unknown"
    until(page, LINES.format("typing") + "[0] === 'the .'")
    field.press("ArrowDown")
    field.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant") == options.nth(1).get_attribute("id")
    field.press("Enter")
    assert field.input_value() == "the waitress " and field.get_attribute("aria-expanded") == "false"
    field.press_sequentially("was ru", delay=20)
    options.first.click()
    assert field.input_value() == "the waitress was rude "
    until(page, LINES.format("typing") + "[0] === 'the waitress was rude .'")
    field.press_sequentially("f", delay=20)
    options.first.wait_for()
    field.press("Escape")
    assert options.count() == 0 or not options.first.is_visible()
    field.fill("the movie was awful")
    until(page, LINES.format("typing") + "[0] === 'the movie was awful .'")
    assert box.locator(".under u").all_inner_texts() == ["movie"]
    assert box.locator(".line mark.unknown").all_inner_texts() == ["movie"]
    message.get_by_text("not in the vocabulary: movie").wait_for()
    field.fill("i hate this movie but it is long")
    message.get_by_text("at most a third may be").wait_for()
    assert box.get_attribute("data-old") == "true" and "73 words of restaurant reviews" in message.inner_text()


def test_the_ends_of_a_strip_complete_words_too_and_an_empty_end_empties_the_strip(lab):
    page = lab("?tab=sample&play=0")
    until(page, "s.owner.panel('film').codes?.length === 7", 60)
    film = words(page, "film")
    film.locator("input.a").fill("")
    until(page, "s.owner.panel('film').strip.children.length === 0 && s.owner.panel('codes').way.codes.length === 0")
    film.locator("input.a").press_sequentially("the bil", delay=20)
    film.get_by_role("option", name="bill", exact=True).click()
    assert film.locator("input.a").input_value() == "the bill "
    film.locator("input.a").fill("the movie was awful")
    film.get_by_text("not in the vocabulary: movie").wait_for()
    assert film.locator(".under u").all_inner_texts() == ["movie"]
    until(page, "s.owner.panel('film').codes?.length === 7")
