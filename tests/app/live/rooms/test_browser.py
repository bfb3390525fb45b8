"""A presenter and a member in two browsers."""

import pytest

from tests.browser import QUIET_MOTION, listen

STEP = "(window.saddle?.stages.vat?.step ?? -1)"


@pytest.fixture(scope="module")
def room(browser, server):
    """The presenter's page, the member's, and the server's address."""

    def page(**size):
        found = browser.new_context(viewport=size, **QUIET_MOTION).new_page()
        listen(found)
        return found

    presenter, member = page(width=1366, height=768), page(width=900, height=700)
    presenter.goto(f"{server.url}/room")
    form = presenter.get_by_role("form", name="Open a room")
    form.get_by_label("Your name").fill("Ada")
    form.get_by_role("button", name="Open").click()
    presenter.locator(".qr svg").wait_for()
    member.goto(f"{server.url}/room")
    form = member.get_by_role("form", name="Join a room")
    form.get_by_label("Code").fill(presenter.evaluate("saddle.room.me.code").lower())
    form.get_by_label("Your name").fill("<i>Bob</i>")
    form.get_by_role("button", name="Join").click()
    member.locator(".watching").wait_for()
    presenter.get_by_role("link", name="VAT").last.click()
    presenter.wait_for_function(f"{STEP} > 3")
    yield presenter, member, server.url
    assert presenter.problems == [] and member.problems == []
    for found in (presenter, member):
        found.context.close()


def test_a_member_sees_run_knobs_views_and_pointer_of_the_presenter(room):
    presenter, member, _ = room
    member.wait_for_function(f"{STEP} > 5")
    presenter.evaluate("saddle.stages.vat.setKnob('epsilon_vat', 0.8)")
    member.wait_for_function("saddle.stages.vat.knobs.epsilon_vat === 0.8")
    assert member.locator("[data-knob=epsilon_vat] input[type=range]").is_disabled()
    assert member.locator(".transport .play").is_hidden() and "/room" in member.url
    member.keyboard.press(" ")
    presenter.get_by_label("VAT beside MLE").check()
    member.locator(".panels.focus").wait_for()
    presenter.get_by_label("VAT beside MLE").uncheck()
    member.locator(".panels:not(.focus)").wait_for()
    presenter.get_by_role("button", name="Pointer").click()
    box = presenter.locator("[data-panel=vat] .plot").bounding_box()
    for share in (0.2, 0.25):
        presenter.mouse.move(box["x"] + share * box["width"], box["y"] + 0.5 * box["height"])
        presenter.wait_for_timeout(120)
    dot = member.locator("[data-panel=vat] .room-dot")
    dot.wait_for()
    own, theirs = dot.bounding_box(), member.locator("[data-panel=vat] .plot").bounding_box()
    assert (own["x"] + own["width"] / 2 - theirs["x"]) / theirs["width"] == pytest.approx(0.25, abs=0.02)
    presenter.get_by_role("button", name="Pointer").click()
    assert presenter.evaluate("saddle.stages.vat.playing"), "the member's space bar pauses nothing"


def test_a_cut_connection_comes_back(room):
    presenter, member, _ = room
    for page in (member, presenter):
        page.evaluate("saddle.room.me.cut = true; saddle.room.socket.close()")
        page.wait_for_function("saddle.room.me && !saddle.room.me.cut && saddle.room.room")
    step = presenter.evaluate(STEP)
    member.wait_for_function(f"{STEP} > {step + 3}")


def test_a_question_is_answered_and_shown_to_all(room):
    presenter, member, _ = room
    presenter.get_by_role("button", name="Ask…").click()
    presenter.get_by_label("Question").fill("Which <b>wins</b>?")
    presenter.get_by_label("Options").fill("VAT\nMLE")
    presenter.get_by_role("button", name="Ask everybody").click()
    member.locator(".options").get_by_role("button", name="MLE").click()
    member.get_by_text("Your answer: MLE").wait_for()
    assert member.locator(".prediction h3").inner_text() == "Which <b>wins</b>?"
    presenter.get_by_label("The right answer").select_option(label="right: MLE")
    presenter.get_by_role("button", name="Show all answers").click()
    member.get_by_text("You have 10 points.").wait_for()
    presenter.get_by_role("button", name="Take the question away").click()
    member.locator(".prediction").wait_for(state="hidden")


def test_a_question_disturbs_nobody_while_others_answer(room):
    presenter, member, _ = room
    plot = presenter.locator("[data-panel=vat] .plot")
    before = plot.bounding_box()["width"]
    presenter.get_by_role("button", name="Ask…").click()
    presenter.get_by_label("Question").fill("Which one?")
    presenter.get_by_label("Options").fill("this\nthat")
    presenter.get_by_role("button", name="Ask everybody").click()
    presenter.get_by_label("The right answer").select_option(label="right: that")
    member.locator(".options").get_by_role("button", name="this").press("Enter")
    presenter.get_by_text("1 person answered").wait_for()
    assert presenter.get_by_label("The right answer").input_value() == "1", "what was chosen stays"
    assert plot.bounding_box()["width"] == pytest.approx(before, abs=3), "and panels keep their size"
    member.get_by_role("button", name="Change it").wait_for()
    assert member.get_by_role("button", name="Change it").evaluate("e => e === e.getRootNode().activeElement")
    presenter.get_by_role("button", name="Take the question away").click()


def test_a_member_sees_the_knobs_on_a_phone(room):
    _, member, _ = room
    member.set_viewport_size({"width": 390, "height": 844})
    member.get_by_role("button", name="knobs").click()
    assert member.locator("[data-knob=epsilon_vat]").is_visible()
    member.get_by_role("button", name="knobs").click()
    member.set_viewport_size({"width": 900, "height": 700})


def test_a_boundary_can_be_drawn_by_keys(room):
    presenter, member, _ = room
    presenter.get_by_role("button", name="Ask…").click()
    presenter.get_by_label("Question").fill("Where?")
    presenter.get_by_label("Answered by").select_option("boundary")
    presenter.get_by_label("Drawn on").select_option("vat")
    presenter.get_by_role("button", name="Ask everybody").click()
    sheet = member.locator("[data-panel=vat] canvas.drawing")
    member.get_by_role("button", name="Use the keys").press("Enter")
    assert sheet.evaluate("e => e === e.getRootNode().activeElement")
    for key in ("Enter", "ArrowRight", "ArrowUp", "Enter", "ArrowUp", "Enter", "Delete", "Escape", "Enter"):
        member.keyboard.press(key)
    presenter.get_by_text("1 person answered").wait_for()
    presenter.get_by_role("button", name="Show all answers").click()
    presenter.locator("[data-panel=vat] canvas.room-sheet").wait_for()
    member.wait_for_function("saddle.room.room.prediction?.answers?.length === 1")
    answers = member.evaluate("saddle.room.room.prediction.answers")
    assert answers == [[[0, 0], [pytest.approx(1 / 12, abs=0.01), pytest.approx(1 / 12, abs=0.01)]]]
    presenter.get_by_role("button", name="Take the question away").click()


def test_a_member_goes_on_alone_and_comes_back(room):
    presenter, member, _ = room
    presenter.evaluate("saddle.stages.vat.setKnob('lam', 1.5)")
    member.wait_for_function("saddle.stages.vat.knobs.lam === 1.5")
    step = member.evaluate(STEP)
    member.get_by_role("button", name="Try it yourself").click()
    member.wait_for_url("**/vat?*")
    member.wait_for_function("document.querySelector('h1')?.textContent.startsWith('VAT')")
    member.wait_for_function(f"!window.saddle?.stages.vat?.owner.data.watched && {STEP} > {step}")
    assert member.evaluate("saddle.stages.vat.knobs.lam") == 1.5
    own = member.evaluate("saddle.stages.vat.owner.data.token")
    member.reload()
    member.wait_for_function(f"window.saddle?.stages.vat?.owner.data.token === '{own}' && {STEP} > {step}")
    member.get_by_role("link", name="Back to the room").click()
    member.get_by_text("10 points").wait_for()
    member.wait_for_function(f"window.saddle?.stages.vat?.owner.data.watched && {STEP} > 0")


def test_the_presenters_run_outlasts_a_reload(room):
    presenter, member, _ = room
    token, step = presenter.evaluate("saddle.stages.vat.owner.data.token"), presenter.evaluate(STEP)
    presenter.reload()
    presenter.wait_for_function(f"window.saddle?.stages.vat?.owner.data.token === '{token}' && {STEP} >= {step}")
    presenter.get_by_role("link", name="People and answers").click()
    presenter.get_by_role("cell", name="<i>Bob</i>", exact=True).wait_for()
    member.wait_for_function(f"{STEP} > {step}")


def test_a_projector_shows_code_and_address_whole(room):
    presenter, _, _ = room
    wide = presenter.get_by_role("button", name="Large for a projector")
    for width, height in ((1366, 768), (1024, 768), (1920, 1080)):
        presenter.set_viewport_size({"width": width, "height": height})
        wide.click()
        for part in (".invite .qr", ".invite .address", ".invite .large"):
            box = presenter.locator(part).bounding_box()
            assert box["y"] + box["height"] <= height and box["x"] + box["width"] <= width
        wide.click()
    presenter.set_viewport_size({"width": 1366, "height": 768})


def test_the_end_is_told(room):
    presenter, member, _ = room
    presenter.on("dialog", lambda dialog: dialog.accept())
    presenter.get_by_role("button", name="End the room").click()
    member.get_by_text("Ada has ended this room.").wait_for()
    assert member.evaluate("localStorage.getItem('saddle.rooms')") == "{}"
