"""The GAN lab in a real browser: the game, painting, one step part by part."""

import pytest

from tests.browser import cut_off, fits, stage, until

LAB = "gan"


def paint(page, box, places):
    for x, y in places:
        page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * (x + 0.05), box["y"] + box["height"] * y, steps=4)
        page.mouse.up()


def test_a_density_painted_by_mouse_becomes_the_real_distribution_while_it_trains(lab):
    page = lab()
    until(page, "s.playing && s.step > 30")
    page.get_by_role("button", name="Paint", exact=True).click()
    step = stage(page, "s.step")
    paint(page, page.locator("[data-panel=game] canvas").bounding_box(), [(0.8, 0.2)])
    # Every real point now lies where the brush was: right of the middle and above it.
    until(page, "Array.from(s.owner.scene.real.data).every((v, i) => i % 2 ? v > 0.3 : v > 0.7)")
    assert stage(page, "s.step") >= step
    page.wait_for_function("location.search.includes('ink=')")
    page.reload()
    until(page, "s.painted > 0 && Array.from(s.owner.scene.real.data).every((v, i) => i % 2 ? v > 0.3 : v > 0.7)", 60)
    page.get_by_role("button", name="Restore data").click()
    until(page, "Array.from(s.owner.scene.real.data).some((v, i) => i % 2 === 0 && v < -1)")
    page.wait_for_function("!location.search.includes('ink=')")


def test_a_density_is_painted_by_touch_on_a_narrow_screen(lab):
    page = lab("?play=0", width=412, height=915, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="Paint", exact=True).tap()
    box = page.locator("[data-panel=game] canvas").bounding_box()
    page.locator("[data-panel=game] canvas").tap(position={"x": box["width"] * 0.2, "y": box["height"] * 0.8})
    until(page, "Array.from(s.owner.scene.real.data).every((v, i) => i % 2 ? v < -0.3 : v < -0.7)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 412


def test_explain_walks_through_the_step_that_then_comes(lab):
    page = lab()
    until(page, "s.step > 20")
    page.locator(".explain").click()
    until(page, "!s.playing && s.owner.explaining.known")
    step, shown = stage(page, "[s.step, Array.from(s.owner.explaining.known.at(-1).layers.mesh.data)]")
    assert page.locator("[data-panel=game][data-lit]").count() == 1
    for title in ("2 G(z)", "3 D judges", "4 losses", "5 D's gradient", "6 D moves", "7 G's gradient", "8 G moves"):
        page.get_by_role("button", name="next ›").click()
        assert page.locator("li[data-now]").inner_text() == title
        assert "–" not in page.locator(".explain-box .phase output").all_inner_texts()
    assert page.locator(".flow [data-lit]").count() == 2
    assert stage(page, "s.step") == step, "explaining takes no step"
    page.get_by_role("button", name="next ›").click()
    until(page, f"s.step === {step + 1} && s.owner.explaining.known && s.owner.explaining.at === 0")
    until(page, f"s.owner.shown.step === {step + 1}")
    assert stage(page, "Array.from(s.owner.history.frames.at(-1).layers.mesh.data)") == shown, (
        "the step was the one explained"
    )
    page.keyboard.press("e")
    page.wait_for_function(
        "document.querySelector('[data-testid=stMain]') && !window.saddle.stages.gan.owner.explaining.open"
    )


def test_one_player_alone_moves(lab):
    page = lab("?play=0")
    until(page, "s.owner.shown.layers.fake")
    fake, field = "Array.from(s.owner.shown.layers.fake.data)", "Array.from(s.owner.shown.layers.field.data)"
    before_fake, before_field = stage(page, fake), stage(page, field)
    page.get_by_role("button", name="D only").click()
    until(page, "s.step === 1")
    assert stage(page, fake) == before_fake and stage(page, field) != before_field
    before_field = stage(page, field)
    page.get_by_role("button", name="G only").click()
    until(page, "s.step === 2")
    assert stage(page, fake) != before_fake and stage(page, field) == before_field
    assert stage(page, "s.knobs.update") == "both"


def test_the_loss_changes_while_it_trains_and_brings_its_own_knobs(lab):
    page = lab()
    until(page, "s.step > 20")
    assert page.locator("[data-knob=clip]").is_hidden()
    page.locator("[data-knob=loss] select").select_option("wgan")
    until(page, "s.knobs.loss === 'wgan' && s.playing")
    assert page.locator("[data-knob=clip]").is_visible() and page.locator("[data-knob=penalty]").is_hidden()
    page.wait_for_function("location.search.includes('loss=wgan')")


@pytest.mark.parametrize("width, height, scheme", [(1366, 768, "light"), (1920, 1080, "dark")])
def test_the_stage_fits_one_screen(lab, width, height, scheme):
    page = lab(width=width, height=height, color_scheme=scheme)
    assert fits(page) and cut_off(page, ".panel figcaption") == []
