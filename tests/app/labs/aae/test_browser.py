"""The AAE lab in a real browser: codes, own digits, phases, priors, tabs, one screen."""

import pytest
from PIL import Image, ImageDraw

from tests.browser import at_rest, cut_off, fits, stage, until

LAB = "aae"
QUICK = "?from=scratch&hidden=32&adversary=16&batch=32"  # small networks keep the suite quick


def spot(page, panel, x, y):
    """Pixels of a place of code space on a panel."""
    box = page.locator(f"[data-panel={panel}] canvas").bounding_box()
    return box["x"] + box["width"] * (x / 3.5 + 1) / 2, box["y"] + box["height"] * (1 - y / 3.5) / 2


def image(panel, layer="image", member=0):
    return f"Array.from(s.owner.panel('{panel}').answers[{member}].layers.{layer}.data)"


def draw(page, panel="pad"):
    box = page.locator(f"[data-panel={panel}] canvas").bounding_box()
    at = [
        (box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in ((0.55, 0.15), (0.5, 0.5), (0.45, 0.85))
    ]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()


def test_pointing_decodes_at_once_while_it_trains_and_a_click_shows_the_image_beside_its_reconstruction(lab):
    page = lab(QUICK)
    until(page, "s.playing && s.step > 20 && s.owner.panel('pointer').answers && s.owner.shown.layers.decoded")
    for panel, (x, y) in (("codes", (-2, 1)), ("decoded", (1, -2))):
        page.mouse.move(*spot(page, panel, x, y))
        until(
            page,
            f"Math.abs(s.owner.panel('pointer').answers[0].numbers.z[0] - {x}) < .05 && "
            f"Math.abs(s.owner.panel('pointer').answers[0].numbers.z[1] - {y}) < .05",
        )
        assert stage(page, "s.owner.panel('codes').place.map(Math.round)") == [x, y], (
            "both planes show where the pointer is"
        )
    # The answer stays true: it is asked again as the networks learn.
    before = stage(page, image("pointer"))
    until(page, f"JSON.stringify({image('pointer')}) !== '{str(before).replace(' ', '')}'")
    stage(page, "s.pause()")
    until(page, "!s.playing")
    code = stage(page, "Array.from(s.owner.shown.layers.codes.data.slice(3 * 41, 3 * 41 + 2))")
    page.mouse.click(*spot(page, "codes", *code))
    # Another code may lie nearer to the pixel than the one that was meant.
    until(
        page,
        "s.owner.panel('look').answers?.[0].numbers.index === s.owner.panel('codes').chosen && "
        "s.owner.panel('look').subscription.asked.signal === 'chosen'",
    )
    index = stage(page, "s.owner.panel('look').answers[0].numbers.index")
    z = stage(page, f"Array.from(s.owner.shown.layers.codes.data.slice(3 * {index}, 3 * {index} + 2))")
    assert stage(page, "s.owner.panel('look').answers[0].numbers.z") == pytest.approx(z, abs=1e-4)
    assert stage(page, image("look")) != stage(page, image("look", "reconstruction"))


def test_a_digit_drawn_by_mouse_or_given_as_a_picture_has_a_code_a_reconstruction_and_a_class(lab, tmp_path):
    page = lab(QUICK + "&play=0")
    draw(page)
    until(page, "s.owner.panel('codes').own?.length === 2 && s.owner.panel('look').answers[0].numbers.digit === 1")
    assert page.locator("[data-panel=look] .numbers").inner_text().startswith("yours: read as 1")
    page.locator("[data-panel=pad] button").last.click()
    until(page, "s.owner.panel('codes').own === null")
    (tmp_path / "bad.png").write_bytes(b"no picture at all")
    page.locator("[data-panel=pad] input[type=file]").set_input_files(tmp_path / "bad.png")
    page.get_by_text("bad.png is not a picture this browser can read").wait_for()
    assert stage(page, "s.step") == 0 and stage(page, "s.owner.panel('codes').own") is None
    picture = Image.new("RGB", (80, 120), "#f4f0e8")
    ImageDraw.Draw(picture).line([(44, 20), (38, 100)], "#123456", 11)
    picture.save(tmp_path / "one.png")
    page.locator("[data-panel=pad] input[type=file]").set_input_files(tmp_path / "one.png")
    until(page, "s.owner.panel('codes').own && s.owner.panel('look').answers[0].numbers.digit === 1")


def test_a_digit_is_drawn_and_a_code_dragged_by_touch_on_a_narrow_screen(lab):
    page = lab(QUICK + "&play=0", width=412, height=915, has_touch=True, is_mobile=True)
    touch = page.context.new_cdp_session(page)
    at_rest(page)

    def finger(panel, *places):
        page.locator(f"[data-panel={panel}] canvas").scroll_into_view_if_needed()
        box = page.locator(f"[data-panel={panel}] canvas").bounding_box()
        at = [{"x": box["x"] + box["width"] * x, "y": box["y"] + box["height"] * y} for x, y in places]
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at[:1]})
        for place in at[1:]:
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [place]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    finger("codes", (0.5, 0.5), (0.4, 0.4), (0.25, 0.25))
    until(page, "s.owner.panel('pointer').answers[0].numbers.z.every((v, k) => Math.abs(v - [-1.75, 1.75][k]) < .1)")
    finger("pad", (0.55, 0.15), (0.52, 0.4), (0.5, 0.6), (0.47, 0.85))
    until(page, "s.owner.panel('codes').own && s.owner.panel('look').answers[0].numbers.digit === 1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 412


def test_explain_walks_through_the_phases_and_one_phase_alone_can_be_stepped(lab):
    page = lab(QUICK)
    until(page, "s.step > 10")
    page.locator(".explain").click()
    until(page, "!s.playing && s.owner.explaining.known")
    step = stage(page, "s.step")
    for title, layer in (("1 reconstruction", "images"), ("2 discriminator", "real"), ("3 encoder", "batch_pull")):
        assert page.locator("li[data-now]").inner_text() == title
        assert stage(page, f"Boolean(s.owner.seen.layers.{layer}) && s.owner.seen.layers.codes.shape[0]") == 500, (
            "the batch does not stand in for the held-out codes"
        )
        assert "–" not in page.locator(".explain-box .phase output").all_inner_texts()
        assert page.locator(".panel[data-lit]").count() == 1 and page.locator(".flow [data-lit]").count() >= 3
        if title != "3 encoder":
            page.get_by_role("button", name="next ›").click()
    assert stage(page, "s.step") == step
    page.get_by_role("button", name="close").click()
    codes, field = "Array.from(s.owner.shown.layers.codes.data)", "Array.from(s.owner.shown.layers.field.data)"
    page.locator("[data-show=field]").check()
    until(page, "s.owner.shown.layers.field")
    before = stage(page, f"[{codes}, {field}]")
    page.get_by_role("button", name="D", exact=True).click()
    until(page, f"s.step === {step + 1}")
    after = stage(page, f"[{codes}, {field}]")
    assert after[0] == before[0] and after[1] != before[1] and stage(page, "s.knobs.update") == "all"
    page.get_by_role("button", name="Enc", exact=True).click()
    until(page, f"s.step === {step + 2}")
    assert stage(page, codes) != after[0] and stage(page, field) == after[1]


def test_the_prior_is_swapped_and_painted_while_it_trains_and_an_empty_one_is_refused(lab):
    page = lab(QUICK)
    until(page, "s.playing && s.step > 10")
    density = "Array.from(s.owner.scene.prior_density.data)"
    petals, step = stage(page, density), stage(page, "s.step")
    page.locator("[data-knob=prior] select").select_option("painted")
    page.get_by_text("has nothing painted yet").wait_for()
    until(page, f"s.step > {step} && s.knobs.prior === 'petals' && document.querySelector('.saddle-stage') !== 0")
    assert page.locator("[data-knob=prior] select").input_value() == "petals" and "prior=" not in page.url
    page.locator("[data-knob=prior] select").select_option("ring")
    until(
        page,
        f"s.knobs.prior === 'ring' && s.step > {step} && JSON.stringify({density}) !== "
        f"'{str(petals).replace(' ', '')}'",
    )
    assert page.locator("[data-knob=modes]").is_hidden() and page.locator("[data-knob=s]").is_visible()
    page.get_by_role("button", name="Paint", exact=True).click()
    x, y = spot(page, "codes", 2, 2)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 6, y, steps=3)
    page.mouse.up()
    until(page, "s.knobs.prior === 'painted' && s.owner.scene.prior_samples.data.every((v) => v > .5)")
    page.wait_for_function("location.search.includes('ink=') && location.search.includes('prior=painted')")
    page.get_by_role("button", name="Clear", exact=True).click()
    until(page, "s.knobs.prior === 'petals' && s.playing && s.owner.scene.prior_samples.data.some((v) => v < -1)")


@pytest.mark.parametrize("painted", [False, True])
def test_another_prior_raises_the_rates_that_a_trained_run_has_run_down(lab, painted):
    page = lab("?play=0")
    until(page, "s.painted > 0 && s.knobs.rate_reconstruction < 1e-5")
    if painted:
        page.get_by_role("button", name="Paint", exact=True).click()
        page.mouse.click(*spot(page, "codes", 2, 2))
    else:
        page.locator("[data-knob=prior] select").select_option("ring")
    until(
        page,
        "s.knobs.prior !== 'petals' && s.knobs.rate_reconstruction === 3e-4 && s.knobs.rate_d === 1e-3 && "
        "s.knobs.penalty === 0.2",
    )
    page.wait_for_function("location.search.includes('rate_reconstruction=')")
    page.locator("[data-knob=rate_reconstruction] .back").wait_for()  # the slider shows it too


def test_tabs_keep_their_runs_and_a_style_is_dragged_and_taken_from_an_own_digit(lab):
    page = lab(QUICK + "&play=0&lam=3")
    page.get_by_text("Style (supervised)").click()
    until(page, "s.owner.data.values.told === true && s.painted > 0 && s.owner.panel('style').last", 40)
    stage(page, "s.pause()")
    until(page, "!s.playing")
    row = "Array.from(s.owner.panel('style').last)"
    before = stage(page, row)
    page.mouse.move(*spot(page, "codes", 0, 0))
    page.mouse.down()
    page.mouse.move(*spot(page, "codes", -2, 2), steps=4)
    page.mouse.up()
    until(
        page,
        "s.owner.panel('style').base.slice(0, 2).every((v, k) => Math.abs(v - [-2, 2][k]) < .1) && "
        "s.owner.panel('style').subscription.asked.signal === 'point'",
    )
    assert stage(page, row) != before and len(before) == 10 * 784
    draw(page)
    until(page, "s.owner.panel('style').caption.includes('your style, read as 1')")
    page.get_by_text("Few labels").click()
    until(
        page,
        "s.knobs.labels === 100 && s.owner.shown.layers.confusion?.shape.join() === '10,10' && "
        "s.owner.panel('look').answers",
        40,
    )
    page.locator(".stButtonGroup").get_by_text("AAE", exact=True).click()
    until(page, "s.knobs.lam === 3 && s.owner.shown.layers.decoded", 40)


def test_the_vae_trains_beside_it_on_one_clock(lab):
    page = lab(QUICK + "&tab=vae")
    until(
        page,
        "s.step > 10 && s.metrics['mmd2.vae'] !== undefined && s.owner.shown.layers.vae_decoded && "
        "s.owner.panel('pointer').answers?.length === 2",
        40,
    )
    page.mouse.move(*spot(page, "vae_decoded", 2, 0))
    until(page, "s.owner.panel('pointer').answers.every((a) => Math.abs(a.numbers.z[0] - 2) < .05)")
    assert stage(page, image("pointer")) != stage(page, image("pointer", member=1))
    cells = page.locator("[data-panel=fit] td").all_inner_texts()
    assert "–" not in cells and len([c for c in cells if c]) == 17


@pytest.mark.parametrize(
    "width, height, scheme, tab",
    [
        (1366, 768, "light", "aae"),
        (1366, 768, "dark", "few"),
        (1920, 1080, "light", "style"),
        (1920, 1080, "dark", "vae"),
    ],
)
def test_the_stage_fits_one_screen(lab, width, height, scheme, tab):
    page = lab(f"{QUICK}&play=0&tab={tab}", width=width, height=height, color_scheme=scheme)
    until(page, "s.metrics.reconstruction !== undefined || s.metrics['reconstruction.aae'] !== undefined")
    assert fits(page)
    assert cut_off(page, ".panel figcaption, .numbers-table .plot, .side, .knob label", ".plot, .side") == []
