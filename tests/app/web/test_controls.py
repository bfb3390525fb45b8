"""What a visitor turns, asks and undoes, by mouse, finger and keys, in a real browser."""

from __future__ import annotations

import re

import pytest

from tests.browser import stage, start_card, until


def count_messages(page):
    """Count from now on what goes to the server: window.sent, a list of messages."""
    page.evaluate(
        "(() => { window.sent = []; const send = WebSocket.prototype.send; WebSocket.prototype.send = function (m) "
        "{ if (m[0] === '{') window.sent.push({ at: performance.now(), ...JSON.parse(m) }); "
        "return send.call(this, m); }; })()"
    )


def sent(page, kind):
    return page.evaluate(f"window.sent.filter((m) => m.type === '{kind}')")


def focused(page):
    """The class names and the tag of what has the focus, inside the Stage too."""
    return page.evaluate(
        "(() => { let e = document.activeElement; while (e.shadowRoot?.activeElement) e = e.shadowRoot.activeElement; "
        "return `${e.className} ${e.tagName}`; })()"
    )


def drag(page, box, *places):
    """Draw with the mouse over a box, through places given as shares of its width and height."""
    for i, (u, v) in enumerate(places):
        page.mouse.move(box["x"] + box["width"] * u, box["y"] + box["height"] * v, steps=1 if i == 0 else 5)
        if i == 0:
            page.mouse.down()
    page.mouse.up()


# -- help ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_help_opens_by_mouse_and_keys_one_at_a_time_and_escape_closes_it(visit, scheme):
    page = visit("vat", "?play=0", color_scheme=scheme)
    box = page.locator(".help")
    page.locator("[data-knob=lam] .about").click()
    assert box.is_visible() and "Weight of the perturbed term" in box.inner_text() and "0 to 10" in box.inner_text()
    page.locator("[data-panel=vat] .about").click()  # one press closes the one and opens the other
    assert box.count() == 1 and "share of wrong answers" in box.inner_text()
    place = box.bounding_box()
    assert place["x"] >= 0 and place["y"] >= 0
    assert place["x"] + place["width"] <= 1366 and place["y"] + place["height"] <= 768
    page.keyboard.press("Escape")
    assert not box.is_visible() and "about" in focused(page)
    page.locator("[data-knob=xi] .about").focus()
    page.keyboard.press("Enter")
    assert box.is_visible() and stage(page, "s.owner.help.button.getAttribute('aria-expanded')") == "true"
    page.locator("[data-knob=xi] .about").click()  # pressed again, it closes
    assert not box.is_visible() and not stage(page, "s.playing")
    page.locator(".rates").click()
    assert "pictures" in box.inner_text() and "milliseconds" in box.inner_text()
    page.keyboard.press("Escape")
    assert "fps" not in page.locator(".transport").inner_text()


def test_help_is_a_finger_wide_on_a_phone(visit):
    page = visit("vat", "?play=0", width=390, height=844, has_touch=True, is_mobile=True)

    def is_wide(*names):
        for name in names:
            size = page.locator(name).bounding_box()
            assert size["width"] >= 44 and size["height"] >= 44, name

    is_wide("[data-panel=vat] .about", ".transport .keys")
    page.locator("[data-panel=vat] .about").tap()
    assert "LDS" in page.locator(".help").inner_text()
    page.keyboard.press("Escape")
    page.locator(".open-knobs").tap()
    is_wide("[data-knob=lam] .about", ".undo", ".reset-knobs", ".rates")
    page.locator("[data-knob=lam] .about").tap()
    assert "perturbed term" in page.locator(".help").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_keys_are_listed_and_e_says_where_nothing_is_explained(visit):
    page = visit("vat", "?play=0")
    page.locator("h1").click()
    page.keyboard.press("?")
    keys = page.locator(".key-list")
    assert keys.is_visible() and "Ctrl Z" in keys.inner_text() and "lock all ε" in keys.inner_text()
    page.keyboard.press(" ")  # presses "close" and does not play
    assert not stage(page, "s.playing")
    page.locator(".transport .keys").click()
    assert keys.is_visible()
    page.keyboard.press("Escape")
    assert not keys.is_visible()
    page.keyboard.press("e")
    page.get_by_text("no step to explain").wait_for()


# -- keyboard ------------------------------------------------------------------------------------


def test_play_is_the_first_stop_of_the_page_and_of_the_stage(visit):
    page = visit("vat", "?play=0")
    page.keyboard.press("Tab")
    assert "saddle-skip" in focused(page)
    page.keyboard.press("Enter")
    assert focused(page).startswith("play ")
    page.keyboard.press("Enter")
    until(page, "s.playing")
    first = stage(page, "s.owner.root.querySelector('button, input, select, [tabindex]').className")
    assert first == "play"


def test_a_held_key_acts_once(visit):
    page = visit("vat", "?play=0")
    count_messages(page)
    page.locator("h1").click()
    for _ in range(6):
        page.keyboard.down("r")  # the first is a press, the others repeat it
    page.keyboard.up("r")
    page.locator(".transport .again").focus()
    for _ in range(6):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    page.wait_for_timeout(200)
    assert len(sent(page, "reset")) == 2


def test_points_are_added_moved_and_erased_by_keys(visit):
    page = visit("vat", "?play=0")
    points = "s.owner.placing.points()"
    spoken = page.locator(".spoken")
    page.get_by_role("button", name="Add ▲").press("Enter")
    canvas = page.locator("[data-panel=mle] canvas.marks")
    canvas.focus()
    for key in ["ArrowRight"] * 3 + ["ArrowUp"] * 4:
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    until(page, f"{points}.length === 17 && s.owner.scene.points.shape[0] === 17")
    x, y, label = stage(page, f"{points}.at(-1)")
    assert (x, y, label) == (pytest.approx(3 / 12 * 2.4, abs=0.01), pytest.approx(4 / 12 * 1.8, abs=0.01), 1)
    assert "17 points" in spoken.inner_text()
    page.get_by_role("button", name="Move").press("Enter")
    canvas.focus()
    page.keyboard.press("Enter")  # takes it
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")  # drops it
    page.keyboard.press("ArrowLeft")
    until(page, f"Math.abs({points}.at(-1)[0]) < 0.01 && s.owner.scene.points.shape[0] === 17")
    page.keyboard.press("Control+z")
    until(page, f"Math.abs({points}.at(-1)[0] - {x}) < 0.01")
    page.keyboard.press("Control+y")
    page.get_by_role("button", name="Erase").press("Enter")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    until(page, f"{points}.length === 16 && s.owner.scene.points.shape[0] === 16")
    outline = canvas.evaluate("e => getComputedStyle(e).outlineStyle + getComputedStyle(e).outlineWidth")
    assert outline == "solid2px"


def test_a_density_is_painted_and_rubbed_out_by_keys(visit):
    page = visit("gan", "?play=0")
    ink = "s.owner.placing.levels().reduce((a, b) => a + b, 0)"
    page.get_by_role("button", name=re.compile("Paint", re.I)).first.press("Enter")
    canvas = page.locator(".paintable canvas.marks").first
    canvas.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    until(page, f"{ink} > 8")
    before = stage(page, ink)
    page.keyboard.press("Control+z")
    until(page, f"{ink} < {before}")
    page.keyboard.press("Control+Shift+z")
    until(page, f"{ink} === {before}")


def test_a_digit_is_drawn_by_keys(visit):
    page = visit("attacks", "?tab=digits")
    canvas = page.locator("[data-panel=digit] canvas")
    page.get_by_role("button", name="Clear the drawing").click()
    canvas.focus()
    for key in ["ArrowUp"] * 6 + ["Enter"] + ["ArrowDown"] * 12 + ["Enter"]:
        page.keyboard.press(key)
    drawn = stage(page, "Array.from(s.owner.panel('digit').digit()).filter((v) => v > 100).length")
    assert drawn > 20
    assert page.get_by_role("button", name="attack it").is_visible()
    page.keyboard.press("Delete")
    assert stage(page, "s.owner.panel('digit').digit()") is None


# -- undo ----------------------------------------------------------------------------------------


def test_knobs_are_undone_done_again_and_all_reset(visit):
    page = visit("vat", "?play=0&xi=0.1")
    assert page.locator(".undo").is_disabled() and page.locator(".reset-knobs").is_enabled()
    box = page.locator("[data-knob=epsilon_vat] input[type=range]").bounding_box()
    drag(page, box, (0.1, 0.5), (0.4, 0.5), (0.7, 0.5))
    until(page, "Math.abs(s.knobs.epsilon_vat - 2.8) < 0.15")
    page.locator("[data-knob=lam] .entry").fill("3")
    page.locator("[data-knob=lam] .entry").press("Enter")
    until(page, "s.knobs.lam === 3")
    page.locator("h1").click()
    page.keyboard.press("Control+z")
    until(page, "s.knobs.lam === 1 && s.knobs.epsilon_vat > 2")
    page.keyboard.press("Control+z")  # a whole drag is one change
    until(page, "s.knobs.epsilon_vat === 0.4")
    page.keyboard.press("Control+Shift+z")
    until(page, "Math.abs(s.knobs.epsilon_vat - 2.8) < 0.15")
    page.locator(".redo").click()
    until(page, "s.knobs.lam === 3")
    page.locator(".reset-knobs").click()
    until(page, "s.knobs.lam === 1 && s.knobs.epsilon_vat === 0.4 && s.knobs.xi === 0.001")
    page.wait_for_function("!/lam|xi|epsilon/.test(location.search)")
    assert page.locator(".reset-knobs").is_disabled()
    page.locator(".undo").click()  # brings all of them back
    until(page, "s.knobs.lam === 3 && s.knobs.xi === 0.1 && s.knobs.epsilon_vat > 2")


def test_points_are_undone_by_gesture(visit):
    page = visit("vat", "?play=0")
    panel = page.locator("[data-panel=vat] canvas.marks")
    box = panel.bounding_box()
    page.get_by_role("button", name="Add ●").click()
    drag(page, box, (0.9, 0.1), (0.7, 0.3), (0.5, 0.5))  # adds one and drags it to its place
    until(page, "s.owner.scene.points.shape[0] === 17")
    panel.click(position={"x": box["width"] * 0.2, "y": box["height"] * 0.9})
    until(page, "s.owner.scene.points.shape[0] === 18")
    page.keyboard.press("Control+z")
    until(page, "s.owner.scene.points.shape[0] === 17")
    page.keyboard.press("Control+z")
    until(page, "s.owner.scene.points.shape[0] === 16 && !s.owner.placing.byHand")
    page.wait_for_function("!location.search.includes('points=')")


def test_strokes_are_undone_one_by_one(visit):
    page = visit("gan", "?play=0")
    ink = "s.owner.placing.levels().reduce((a, b) => a + b, 0)"
    box = page.locator(".paintable canvas.marks").first.bounding_box()
    page.get_by_role("button", name=re.compile("Paint", re.I)).first.click()
    drag(page, box, (0.2, 0.2), (0.4, 0.2))
    one = stage(page, ink)
    drag(page, box, (0.2, 0.8), (0.8, 0.8))
    assert stage(page, ink) > one > 0
    page.keyboard.press("Control+z")
    assert stage(page, ink) == one
    page.keyboard.press("Control+z")
    until(page, f"{ink} === 0")


# -- what plays ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, query, plays, speed",
    [
        ("vat", "", True, 10),
        ("gan", "", True, 10),
        ("training", "", True, 10),
        ("aae", "?from=scratch", True, 10),
        ("aae", "", False, 0),
        ("gan", "?tab=digits", False, 0),
        ("attacks", "", False, 0),
        ("attacks", "?tab=digits", False, 0),
        ("vat", "?play=0", False, 10),
        ("vat", "?speed=0", True, 0),
        ("aae", "?play=1&speed=50", True, 50),
    ],
)
def test_what_learns_from_scratch_plays_so_that_one_sees_it_and_the_rest_waits(visit, name, query, plays, speed):
    page = visit(name, query)
    step = stage(page, "s.step")
    assert stage(page, "s.owner.playback.speed") == speed
    if plays:
        until(page, f"s.playing && s.step > {step}", 40)
    else:
        page.wait_for_timeout(400)
        assert stage(page, "!s.playing && s.step") == step


def test_a_hundred_steps_take_about_ten_seconds_and_the_speed_is_kept_in_the_link(visit):
    page = visit("vat")
    until(page, "s.step > 5")
    first, start = stage(page, "[s.step, performance.now()]")
    page.wait_for_timeout(3000)
    last, end = stage(page, "[s.step, performance.now()]")
    assert 0 < (last - first) / (end - start) * 1000 < 11.5  # never faster; a busy machine is slower
    page.keyboard.press("5")
    page.wait_for_function("location.search.includes('speed=0')")
    page.keyboard.press("2")
    page.wait_for_function("!location.search.includes('speed')")


def test_a_branch_stays_paused_where_the_run_was(visit):
    page = visit("vat", "?speed=0")
    until(page, "s.step > 200")
    page.locator(".transport .play").click()
    until(page, "!s.playing")
    timeline = page.locator(".timeline").bounding_box()
    page.mouse.click(timeline["x"] + timeline["width"] * 0.4, timeline["y"] + timeline["height"] / 2)
    until(page, "s.owner.past")
    past, life = stage(page, "[s.step, s.owner.history.generation]")
    page.locator(".branch").click()
    until(page, f"s.step === {past} && !s.owner.past && s.owner.history.generation !== {life}")
    page.wait_for_timeout(400)
    assert stage(page, "!s.playing && s.step") == past


# -- messages ------------------------------------------------------------------------------------


def test_a_knob_turned_hundreds_of_times_a_second_stays_below_the_servers_limit(visit):
    page = visit("vat", "?speed=0")
    until(page, "s.step > 20")
    count_messages(page)
    turns = stage(
        page,
        """new Promise((resolve) => {
          const slider = s.owner.root.querySelector("[data-knob=lam] input[type=range]");
          const end = performance.now() + 2500;
          let turns = 0;
          const turn = () => {
            for (let i = 0; i < 16; i++, turns++) {
              slider.value = 1 + (turns % 80) / 10;
              slider.dispatchEvent(new Event("input"));
            }
            if (performance.now() < end) return setTimeout(turn, 4);
            slider.value = 7.3;
            slider.dispatchEvent(new Event("input"));
            resolve(turns);
          };
          turn();
        })""",
    )
    until(page, "s.knobs.lam === 7.3")
    assert turns > 1000
    times = page.evaluate("window.sent.map((m) => m.at)")
    busiest = max(sum(at <= other < at + 1000 for other in times) for at in times)
    assert busiest < 130, f"{busiest} messages in a second"
    assert sent(page, "knobs")[-1]["values"] == {"lam": 7.3}  # the last value is never lost
    assert page.get_by_text("slow down").count() == 0


# -- saved runs, set-up, presets -----------------------------------------------------------------


def test_a_saved_run_is_named_after_its_step_and_opening_it_says_what_was_opened(visit, tmp_path):
    page = visit("vat", "?play=0&seed=4")
    for step in (1, 2, 3):
        page.locator(".transport .step").click()
        until(page, f"s.step === {step}")
    page.get_by_text("Save and open").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this run").click()
    assert download.value.suggested_filename == "vat-step-3.snapshot"
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    page.get_by_text("Saved as vat-step-3.snapshot").wait_for()
    other = visit("vat", "?seed=9")
    other.get_by_text("Save and open").click()
    other.locator("input[type=file]").set_input_files(file)
    other.get_by_text("Opened: a run of vat at step 3, seed 4").first.wait_for()
    until(other, "s.step === 3 && s.seed === 4 && !s.playing", 30)
    other.wait_for_timeout(600)
    assert stage(other, "!s.playing && s.step") == 3
    assert other.get_by_text("Opened: a run of vat at step 3, seed 4").first.is_visible()


def test_a_changed_set_up_is_marked_until_it_is_applied(visit):
    page = visit("vat", "?play=0")
    noise = page.get_by_role("spinbutton", name="Noise")
    noise.fill("0.3")
    noise.press("Enter")
    page.get_by_text("Not applied yet: Noise").wait_for()
    assert stage(page, "s.setup.noise") == 0.1
    page.get_by_role("button", name="Apply and restart").click()
    until(page, "s.setup.noise === 0.3", 30)
    page.get_by_text("Not applied yet").wait_for(state="detached")


def test_the_preset_that_runs_is_marked_and_keeps_the_speed_chosen(visit):
    page = visit("vat", "?speed=50")
    title = "2 labels, 1000 unlabelled"
    start_card(page, title)
    until(page, "s.owner.scene?.unlabelled.shape[0] === 1000", 30)
    marked = page.locator(".st-key-saddle-cards").get_by_role("button", name="✓")
    marked.wait_for()
    assert marked.count() == 1 and title in marked.inner_text()
    assert stage(page, "s.owner.playback.speed") == 50
    stage(page, "s.setKnob('lam', 2)")
    until(page, "s.knobs.lam === 2")
    assert marked.count() == 1
