"""The VAT lab in a real browser: what a visitor's hands do, and what they see."""

import pytest

from app.labs.vat.ready_made import first_seed
from tests.browser import Server, cut_off, fits, open_lab, stage, start_card, until

LAB = "vat"


def slider(page, name):
    return page.locator(f"[data-knob={name}] input[type=range]")


def test_it_opens_playing_and_pause_step_and_play_do_what_they_say(lab):
    page = lab()
    until(page, "s.playing && s.step > 50")
    page.locator(".transport .play").click()
    until(page, "!s.playing")
    step = stage(page, "s.step")
    page.locator(".transport .step").click()
    until(page, f"s.step === {step + 1}")
    page.locator(".transport .play").click()
    until(page, f"s.playing && s.step > {step + 20}")
    assert stage(page, "Object.keys(s.metrics).length") >= 28


def test_it_opens_on_its_own_seed_and_an_address_with_parameters_names_the_seed(lab):
    page, seed = lab(), first_seed()
    until(page, f"s.seed === {seed} && s.painted > 0")
    assert seed > 0 and page.evaluate("location.search") == ""
    page.locator("[data-view=focus]").check()
    page.wait_for_function(f"location.search.includes('view=focus') && location.search.includes('seed={seed}')")
    page.reload()
    until(page, f"s.seed === {seed} && s.painted > 0", 60)
    stage(page, "s.reset(0)")
    until(page, "s.seed === 0")
    page.locator("[data-view=focus]").uncheck()
    page.wait_for_function("location.search === '?seed=0'")  # not nothing, which would be the seed that it opens on
    page.reload()
    until(page, "s.seed === 0 && s.painted > 0", 60)


def test_a_dragged_knob_changes_painted_frames_without_a_reset(lab):
    page = lab("?speed=0")
    until(page, "s.step > 30")
    before = stage(page, "s.step")
    box = slider(page, "epsilon_vat").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] / 2)
    page.mouse.down()
    seen = []
    for share in (0.3, 0.5, 0.7):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
        until(page, f"Math.abs(s.knobs.epsilon_vat - {4 * share}) < 0.15")
        seen.append(stage(page, "[s.step, s.knobs.epsilon_vat]"))
    page.mouse.up()  # every value above was painted while the button was still down
    steps, values = zip(*seen)
    assert before < steps[0] < steps[1] < steps[2] and values[0] < values[1] < values[2]
    page.wait_for_function(f"location.search.includes('epsilon_vat={values[2]}')")
    assert stage(page, "s.latencies.length") > 0


def test_numbers_can_be_typed_and_reset_and_nonsense_is_refused(lab):
    page = lab()
    entry = page.locator("[data-knob=xi] .entry")
    entry.fill("1e-6")
    entry.press("Enter")
    until(page, "s.knobs.xi === 1e-6")
    entry.fill("many")
    entry.press("Enter")
    assert entry.input_value() == "1e-6" and stage(page, "s.knobs.xi") == 1e-6
    page.locator("[data-knob=xi] .back").click()
    until(page, "s.knobs.xi === 0.001")


def test_the_lock_turns_all_radii_by_the_same_factor(lab):
    page = lab("?play=0")
    page.get_by_text("lock all ε").click()
    entry = page.locator("[data-knob=epsilon_vat] .entry")
    entry.fill("0.8")
    entry.press("Enter")
    until(
        page,
        "s.knobs.epsilon_vat === 0.8 && s.knobs.epsilon_adv_l2 === 0.8 && s.knobs.epsilon_adv_linf === 0.12 && "
        "s.knobs.epsilon_random === 3.6",
    )


def test_the_timeline_scrubs_and_branches(lab):
    page = lab("?speed=0")
    until(page, "s.step > 300")
    latest = "s.owner.history.frames.at(-1).step"

    def scrub():
        """To two fifths of the frames that there are then. Returns the step there."""
        line = page.locator(".timeline")
        box = line.bounding_box()
        line.click(position={"x": box["width"] * 0.4, "y": box["height"] / 2})
        until(page, f"!s.playing && s.owner.past && s.step < {latest}")
        index, last = stage(page, "[s.owner.view.index, s.owner.history.frames.length - 1]")
        assert index == pytest.approx(0.4 * last, abs=max(2, 0.07 * last))
        return stage(page, "s.step")

    past = scrub()
    page.locator(".end").click()
    until(page, f"s.step > {past} && s.step === {latest}")
    past = scrub()
    page.locator(".branch").click()
    until(page, f"s.playing && !s.owner.past && s.step > {past}")
    assert stage(page, "Math.max(...s.series('test_error.vat').x.slice(0, -1)) <= s.step")


def test_a_reload_restores_the_state_from_the_link(lab):
    page = lab("?dataset=circles&seed=5&play=0")
    stage(page, "(s.setKnob('epsilon_vat', 1.5), s.setKnob('power_iterations', 3))")
    until(page, "s.knobs.epsilon_vat === 1.5 && s.knobs.power_iterations === 3")
    page.locator("[data-show=test]").check()
    page.locator("[data-view=focus]").check()
    page.wait_for_function(
        "['epsilon_vat=1.5', 'power_iterations=3', 'show_test=1', 'view=focus'].every((t) => "
        "location.search.includes(t))"
    )
    page.reload()
    until(page, "s.painted > 0 && s.knobs.epsilon_vat === 1.5 && s.knobs.power_iterations === 3 && s.seed === 5", 60)
    assert page.locator("[data-show=test]").is_checked() and page.locator("[data-view=focus]").is_checked()
    assert page.locator(".panel:visible").count() == 2
    assert not stage(page, "s.playing")


def test_keys(lab):
    page = lab()
    until(page, "s.step > 20")
    page.locator("h1").click()
    page.keyboard.press("Space")
    until(page, "!s.playing")
    step = stage(page, "s.step")
    page.keyboard.press("ArrowRight")
    until(page, f"s.step === {step + 1}")
    page.keyboard.press("r")
    until(page, "s.step === 0")
    page.keyboard.press("2")
    page.keyboard.press("Space")
    until(page, "s.playing && s.step > 0 && s.stepsPerSecond > 0 && s.stepsPerSecond < 20")
    page.locator("[data-knob=lam] input[type=range]").focus()
    value = stage(page, "s.knobs.lam")
    page.keyboard.press("ArrowRight")  # on a slider the arrow turns the knob
    until(page, f"s.knobs.lam > {value}")


def test_points_are_placed_moved_and_erased_by_mouse(lab):
    page = lab("?play=0")
    count = "s.owner.scene.points.shape[0]"
    panel = page.locator("[data-panel=vat] canvas.marks")
    page.get_by_role("button", name="Add ▲").click()
    box = panel.bounding_box()
    panel.click(position={"x": box["width"] * 0.9, "y": box["height"] * 0.1})
    until(page, f"{count} === 17")
    last = stage(page, "Array.from(s.owner.scene.points.data.slice(-3))")
    assert last[0] == pytest.approx(0.8 * 2.4, abs=0.1)
    assert last[1] == pytest.approx(0.8 * 1.8, abs=0.1)
    assert last[2] == 1
    page.get_by_role("button", name="Move").click()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.1)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5, steps=5)
    page.mouse.up()
    until(page, "Math.abs(s.owner.scene.points.data.at(-3)) < 0.1")
    page.wait_for_function("location.search.includes('points=')")
    page.get_by_role("button", name="Erase").click()
    panel.click(position={"x": box["width"] * 0.5, "y": box["height"] * 0.5})
    until(page, f"{count} === 16")
    page.get_by_role("button", name="Restore points").click()
    page.wait_for_function("!location.search.includes('points=')")


def test_an_empty_board_says_how_to_begin_and_the_last_point_stays(lab):
    page = lab("?dataset=own")
    assert page.get_by_text("No points yet").is_visible()
    page.locator("[data-panel=mle] canvas.marks").click(position={"x": 60, "y": 60})  # Add is picked already
    until(page, "s.owner.scene.points.shape[0] === 1")
    page.get_by_role("button", name="Erase").click()
    page.locator("[data-panel=mle] canvas.marks").click(position={"x": 60, "y": 60})
    page.get_by_text("The last point stays").wait_for()
    assert stage(page, "s.owner.placing.list.length") == 1


def test_points_are_placed_by_touch_on_a_narrow_screen(lab):
    page = lab("?play=0", width=412, height=915, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="Add ●").tap()
    page.locator("[data-panel=mle] canvas.marks").tap(position={"x": 20, "y": 20})
    until(page, "s.owner.scene.points.shape[0] === 17")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 412, "the page must not scroll sideways"


def test_a_hidden_tab_rests(lab):
    page = lab()
    hide = """(hidden) => {
      Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
      document.dispatchEvent(new Event('visibilitychange'));
    }"""
    page.evaluate(hide, True)
    # Frames on their way still arrive; then for half a second none does.
    page.wait_for_function(
        """() => {
          const step = window.saddle.stages.vat.step;
          if (window.last?.step !== step) window.last = { step, since: performance.now() };
          return performance.now() - window.last.since > 500;
        }""",
        polling=50,
    )
    step = stage(page, "s.step")
    page.evaluate(hide, False)
    until(page, f"s.step > {step + 10}")


@pytest.mark.parametrize("width, height", [(1366, 768), (1920, 1080)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_stage_fits_one_screen(lab, width, height, scheme):
    page = lab(width=width, height=height, color_scheme=scheme)
    assert fits(page) and cut_off(page, ".panel figcaption") == []
    assert page.evaluate("document.querySelector('.saddle-stage, [class*=stBidi]') !== null")
    assert stage(page, "s.colours.dark") == (scheme == "dark")


def test_the_handle_refuses_what_the_engine_would(lab):
    page = lab("?play=0")
    for call in (
        "s.setKnob('nonesuch', 1)",
        "s.setKnob('epsilon_vat', 9)",
        "s.setKnob('power_iterations', 1.5)",
        "s.setKnob('lam', NaN)",
    ):
        message = page.evaluate(
            f"(() => {{ const s = window.saddle.stages.vat; try {{ {call}; return ''; }} catch (e) {{ return "
            f"e.message; }} }})()"
        )
        assert len(message) > 10, call


def test_curves_follow_the_run_and_are_never_mounted_anew(lab):
    page = lab()
    page.wait_for_selector(".saddle-curves .chart >> visible=true", timeout=30_000)
    page.locator(".saddle-curves").scroll_into_view_if_needed()
    page.wait_for_selector(".saddle-curves .uplot", timeout=30_000)
    last = "document.querySelector('.saddle-curves').curves.charts[0].plot.data[0].at(-1)"
    page.evaluate("window.first = document.querySelector('.saddle-curves .uplot')")
    seen = page.evaluate(last)
    page.wait_for_function(f"{last} > {seen + 50}")
    assert page.evaluate("window.first.isConnected && document.querySelectorAll('.saddle-curves .uplot').length === 3")


def test_a_set_up_change_and_a_preset_bring_a_new_run(lab):
    page = lab("?speed=0")
    until(page, "s.step > 100")
    start_card(page, "2 labels, 1000 unlabelled")
    until(page, "s.owner.scene?.unlabelled.shape[0] === 1000 && s.owner.scene.points.shape[0] === 2", 30)
    assert "unlabelled=1000" in page.url
    until(page, "s.playing && s.step > 5 && s.knobs.learning_rate === 3")


def test_two_visitors_do_not_notice_each_other(lab):
    one, two = lab("?seed=1"), lab("?seed=2")
    stage(one, "s.setKnob('lam', 5)")
    until(one, "s.knobs.lam === 5")
    until(two, "s.step > 30 && s.knobs.lam === 1 && s.seed === 2")
    one.close()
    step = stage(two, "s.step")
    until(two, f"s.step > {step + 30}")


def test_it_works_below_a_base_path(browser):
    server = Server(base="room/1")
    try:
        page = open_lab(browser, f"{server.url}/vat")
        until(page, "s.step > 10")
        asked = page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
        assert {a for a in asked if a.endswith("_stcore/health")} == {f"{server.url}/_stcore/health"}, "at once"
        page.context.close()
    finally:
        server.kill()
