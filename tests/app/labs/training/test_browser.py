"""The adversarial training lab in a real browser."""

import pytest

from tests.browser import at_rest, cut_off, stage, until

LAB = "training"


def test_it_trains_and_numbers_of_every_member_arrive(lab):
    page = lab()
    until(page, "s.playing && s.step > 20", 60)
    until(
        page,
        "Number.isFinite(s.metrics['pgd_error.pgd']) && Number.isFinite(s.metrics['danskin.error']) && "
        "Number.isFinite(s.metrics['margin.vat'])",
        60,
    )
    assert stage(page, "s.metrics['danskin.error']") < 1e-3
    page.locator('.saddle-text output[data-metric="danskin.slope"]').filter(has_text=".").wait_for(state="attached")


def test_alpha_and_epsilon_act_while_they_are_dragged(lab):
    page = lab("?dataset=moons")
    until(page, "s.step > 10", 60)
    before = stage(page, "s.step")
    for name, share, value in (("alpha", 0.2, 0.2), ("epsilon", 0.4, 0.8)):
        box = page.locator(f"[data-knob={name}] input[type=range]").bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2, steps=3)
        until(page, f"Math.abs(s.knobs.{name} - {value}) < 0.1", 60)  # painted while the button is still down
        page.mouse.up()
    assert stage(page, "s.step") > before
    page.wait_for_function("location.search.includes('alpha=') && location.search.includes('epsilon=')")


def test_a_click_on_a_point_shows_the_loss_over_its_ball(lab):
    page = lab("?play=0")
    title = page.locator("[data-panel=surface] figcaption")
    panel = page.locator("[data-panel=standard] canvas").bounding_box()
    page.mouse.click(panel["x"] + panel["width"] * 0.75, panel["y"] + panel["height"] * 0.42)
    title.get_by_text("Loss · Standard").wait_for(timeout=20000)
    title.get_by_text("→").wait_for(timeout=20000)
    page.mouse.click(panel["x"] + panel["width"] * 0.3, panel["y"] + panel["height"] * 0.58)
    title.get_by_text("Loss · Standard").wait_for()


def test_toggles_take_layers_away_and_views_enlarge_two_panels(lab):
    page = lab("?play=0&view=steps")
    assert page.locator("[data-panel=fgsm]").is_visible() and not page.locator("[data-panel=standard]").is_visible()
    page.locator("[data-show=balls]").uncheck()
    page.wait_for_function("location.search.includes('show_balls=0')")
    page.locator("[data-view=steps]").uncheck()
    page.locator("[data-panel=standard]").wait_for()


def test_with_epsilon_0_the_ball_has_no_inside_and_the_panel_says_so(lab):
    page = lab("?play=0&epsilon=0")
    until(page, "s.knobs.epsilon === 0")
    page.wait_for_timeout(1500)
    stage(page, "s.setKnob('epsilon', 0.4)")
    until(page, "s.knobs.epsilon === 0.4")
    page.locator("[data-panel=surface] figcaption").get_by_text("→").wait_for(timeout=20000)


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_stage_and_knobs_fit_one_screen(lab, size, scheme):
    page = lab("?play=0", width=size[0], height=size[1], color_scheme=scheme)
    at_rest(page)
    knobs = page.locator(".saddle-stage .knobs").bounding_box()
    assert knobs["y"] + knobs["height"] <= size[1]
    for panel in ("standard", "smoothing", "fgsm", "surface"):
        assert cut_off(page, f"[data-panel={panel}] figcaption") == []


def test_a_phone_can_use_it(lab):
    page = lab("?play=0", width=390, height=844, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_digits_are_attacked_while_they_are_learned(lab):
    page = lab("?tab=digits")
    until(page, "s.step > 3", 90)
    until(
        page, "Number.isFinite(s.metrics['fgsm_error.robust']) && Number.isFinite(s.metrics['pgd_error.standard'])", 90
    )
    for name in ("adversarial-robust", "gradients-standard", "filters-robust", "confusion-standard"):
        assert page.locator(f"[data-panel={name}] canvas").is_visible()
    page.locator("[data-knob=attack] select").select_option("pgd")
    until(page, "s.knobs.attack === 'pgd'", 60)
    page.locator("[data-knob=steps] input[type=range]").wait_for()


def test_the_digits_fit_one_screen(lab):
    page = lab("?tab=digits&play=0")
    at_rest(page)
    knobs = page.locator(".saddle-stage .knobs").bounding_box()
    assert knobs["y"] + knobs["height"] <= 768
    tiles = page.locator("[data-panel=tiles] .plot")
    assert tiles.evaluate("e => e.scrollHeight <= e.clientHeight + 1")
