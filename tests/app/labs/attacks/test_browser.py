"""The attack bench in a real browser: a photograph uploaded and attacked, the past, targets by
name, a digit drawn, the linear unit.
"""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from app.labs.attacks.stage import PHOTO_LAYOUT
from tests.browser import cut_off, fits, stage, until

LAB = "attacks"
QUICK = "?model=squeezenet1_1&side=128&steps=12"  # the smaller of the two models, shown little


def photograph():
    at = np.linspace(0, 255, 200)
    image = np.stack([np.add.outer(at, at) / 2, np.subtract.outer(at, at) % 256, np.full((200, 200), 90)], -1)
    out = io.BytesIO()
    Image.fromarray(image.astype(np.uint8)).save(out, "PNG")
    return {"name": "mine.png", "mimeType": "image/png", "buffer": out.getvalue()}


def another(page, act, condition="true"):
    """Do what opens another run, and wait until that one has painted."""
    page.evaluate("window.before = window.saddle.stages.attacks")
    act()
    until(page, f"s !== window.before && s.painted > 0 && s.owner.scene && ({condition})", 60)


def test_an_uploaded_photograph_is_attacked_scrubbed_and_goes_on_from_its_past(lab):
    page = lab(QUICK)
    assert not stage(page, "s.playing"), "it opens resting"
    another(
        page,
        lambda: page.locator("input[type=file]").first.set_input_files(photograph()),
        "/^[0-9a-f]{32}$/.test(s.owner.data.setup.picture)",
    )
    page.keyboard.press("Space")
    until(page, "s.metrics.rests === 1 && !s.playing && s.step === 12", 60)
    far = """s.owner.shown.layers.adversarial.data.reduce(
      (far, v, i) => Math.max(far, Math.abs(v - s.owner.scene.original.data[i])), 0)"""
    assert 1 <= stage(page, far) <= 2, "two grey levels at ε = 2/255"
    assert stage(page, "s.metrics['p.label'] < s.metrics['p.before'] && s.metrics.linf <= 2 / 255 * (1 + 1e-6)")
    page.locator(".timeline").evaluate("e => { e.value = 0; e.dispatchEvent(new Event('input')); }")
    past = stage(page, "s.step")
    assert past < 12 and page.locator(".branch").is_visible()
    page.locator(".branch").click()
    until(page, "s.metrics.rests === 1 && s.step === 12 && !s.owner.past", 60)
    life = stage(page, "s.owner.shown.generation")
    page.keyboard.press("Space")  # at its end it begins again
    until(page, f"s.owner.shown.generation > {life} && s.metrics.rests === 1 && s.step === 12", 60)


def test_a_crop_box_is_drawn_moved_by_keys_typed_and_shown(lab):
    page = lab(QUICK + "&picture=dog")
    page.get_by_text("Crop box").click()
    page.wait_for_selector(".saddle-cropper .box")
    numbers = lambda: [int(e.input_value()) for e in page.locator(".saddle-cropper input").all()]  # noqa: E731
    x0, y0, width, height = numbers()
    assert (x0, y0) == (0, 0)
    page.locator(".saddle-cropper .photo").scroll_into_view_if_needed()
    box = page.locator(".saddle-cropper .photo").bounding_box()
    at = lambda x, y: (box["x"] + x * box["width"], box["y"] + y * box["height"])  # noqa: E731

    def drag(start, end):
        page.mouse.move(*at(*start))
        page.mouse.down()
        page.mouse.move(*at(*end), steps=3)
        page.mouse.up()

    drag((0.2, 0.2), (0.6, 0.7))  # a new one, from corner to corner
    drawn = numbers()
    assert np.abs(
        np.array(drawn) - np.array([0.2 * width, 0.2 * height, 0.6 * width, 0.7 * height])
    ).max() <= 0.02 * max(width, height)
    drag((0.4, 0.4), (0.5, 0.4))  # as a whole
    moved = numbers()
    assert moved[2] - moved[0] == drawn[2] - drawn[0]
    assert abs(moved[0] - 0.3 * width) <= 0.02 * width
    assert moved[1::2] == drawn[1::2]
    drag((0.7, 0.7), (0.8, 0.9))  # by a corner
    wide = numbers()
    assert wide[:2] == moved[:2]
    assert abs(wide[2] - 0.8 * width) <= 0.02 * width
    assert abs(wide[3] - 0.9 * height) <= 0.02 * height
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowUp")
    step = round(max(width, height) / 100)
    keyed = numbers()
    assert keyed == [wide[0] - step, wide[1], wide[2] - step, wide[3] - step] and stage(page, "s.step") == 0
    left, _, right, _ = page.locator(".saddle-cropper input").all()
    left.fill(str(keyed[2] + 5))
    page.locator(".saddle-cropper .crop").click()
    assert "empty" in page.locator(".saddle-cropper p").inner_text() and stage(page, "s.owner.data.setup.crop") == ""
    left.fill("40")
    wanted = f"40,{keyed[1]},{keyed[2]},{keyed[3]}"
    another(page, page.locator(".saddle-cropper .crop").click, f"s.owner.data.setup.crop === '{wanted}'")
    another(page, page.locator(".saddle-cropper .whole").click, f"s.owner.data.setup.crop === '0,0,{width},{height}'")


def test_a_snapshot_of_the_camera_becomes_the_photograph(lab):
    page = lab(QUICK, permissions=["camera"])  # Chromium's own pretended camera
    page.get_by_text("Use the camera").click()
    page.locator("video").scroll_into_view_if_needed()  # Chromium plays no picture that nobody sees
    page.wait_for_function("document.querySelector('video')?.currentTime > 0.2")

    page.evaluate("window.before = window.saddle.stages.attacks")
    for last in (
        False,
        False,
        True,
    ):  # a press that comes before the widget's camera has a picture does nothing: press again, twice at most
        try:
            page.get_by_role("button", name="Take Photo").click(timeout=5000)
            until(
                page,
                "s !== window.before && s.painted > 0 && s.owner.scene && "
                "/^[0-9a-f]{32}$/.test(s.owner.data.setup.picture)",
                30,
            )
            break
        except PlaywrightTimeout:
            if last:
                raise
            if (clear := page.get_by_role("button", name="Clear photo")).count():
                clear.click()
    assert stage(page, "new Set(s.owner.scene.original.data).size") > 3, (
        "neither black nor the plain ground of the pretended picture"
    )


def test_a_target_is_found_by_a_part_of_its_name_and_the_attack_turns_to_it(lab):
    page = lab(QUICK)
    field = page.locator("[data-knob=target] input")
    field.fill("no such thing")
    field.press("Enter")
    assert stage(page, "s.owner.values.target") == ""
    assert field.evaluate("e => e.validationMessage").startswith("Nothing is called")
    field.fill("airl")
    field.press("Enter")
    until(page, "s.knobs.target === 'airliner'")
    assert field.input_value() == "airliner"
    page.wait_for_function("location.search.includes('target=airliner')")
    page.locator(".play").click()
    until(page, "s.metrics.rests === 1", 60)
    assert stage(page, "s.metrics['p.target'] > 0.5")
    assert page.locator("[data-panel=after] [data-kind=target] .name").inner_text() == "◎ airliner"
    until(page, "s.owner.panel('adversarial').numbers.textContent.startsWith('airliner')")
    # A knob turned at rest begins the attack anew.
    stage(page, "s.setKnob('epsilon', 1)")
    until(page, "s.knobs.epsilon === 1 && s.metrics.rests === 1 && s.step === 12 && s.metrics.linf < 1.01 / 255", 60)


def test_the_perturbation_is_magnified_exactly(lab):
    page = lab(QUICK + "&m=7&play=1")
    until(page, "s.metrics.rests === 1", 60)
    wrong = """(() => {
      const p = s.owner.panel('delta'), layers = s.owner.shown.layers;
      const d = layers.delta.data, u = layers.linf.data[0];
      const shown = p.sheet.getContext('2d').getImageData(0, 0, p.sheet.width, p.sheet.height).data;
      let worst = 0;
      for (let i = 0; i < d.length; i++) {
        const wanted = 127.5 + 255 * p.m * u * (d[i] - 128) / 127;
        worst = Math.max(worst, Math.abs(shown[4 * Math.floor(i / 3) + i % 3] - wanted));
      }
      return [p.m, worst];
    })()"""
    m, worst = stage(page, wrong)
    assert m == 7 and worst <= 0.5 + 1e-4
    page.locator("[data-panel=delta] input").fill("20")
    page.wait_for_function("location.search.includes('m=20')")
    m, worst = stage(page, wrong)
    assert m == 20 and worst <= 0.5 + 1e-4


def test_a_digit_is_drawn_attacked_by_eight_and_epsilon_acts_at_once(lab):
    page = lab("?tab=digits&steps=10&play=1")
    until(page, "s.metrics.rests === 1")
    page.locator("[data-panel=digit]").get_by_role("button", name="Clear the drawing").click()
    box = page.locator("[data-panel=digit] canvas").bounding_box()
    for a, b in [((0.3, 0.2), (0.7, 0.2)), ((0.7, 0.2), (0.45, 0.85))]:
        page.mouse.move(box["x"] + box["width"] * a[0], box["y"] + box["height"] * a[1])
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * b[0], box["y"] + box["height"] * b[1], steps=6)
        page.mouse.up()
    another(page, page.get_by_role("button", name="attack it").click, "s.metrics.rests === 1 && s.step === 10")
    assert "drawn=" in page.url
    ink = stage(page, "s.owner.scene.original.data.reduce((n, v) => n + (v > 100), 0)")
    assert 25 < ink < 200, "a stroke's worth"
    assert stage(page, "s.owner.shown.layers.probabilities.shape") == [8, 1, 10]
    assert stage(page, "s.metrics['linf.cnn'] <= 0.1 * (1 + 1e-5) && s.metrics['linf.cnn'] > 0.09")
    stage(page, "s.setKnob('epsilon', 51)")
    until(page, "s.knobs.epsilon === 51 && s.metrics.rests === 1 && s.step === 10 && s.metrics['linf.cnn'] > 0.09")
    another(
        page, page.locator(".digits button", has_text="3").click, "s.owner.data.label === 3 && s.metrics.rests === 1"
    )
    assert "drawn=" not in page.url and stage(page, "s.knobs.epsilon") == 51


def test_a_linear_unit_grows_as_predicted_up_to_a_hundred_thousand_dimensions(lab):
    page = lab("?tab=why")
    slider = page.locator("[data-panel=linear] input[type=range]")
    slider.evaluate("e => { e.value = 1000; e.dispatchEvent(new Event('input')); }")
    until(page, "s.owner.panel('linear').now?.n === 100000 && !s.owner.panel('linear').busy")
    now = stage(page, "s.owner.panel('linear').now")
    assert abs(now["measured"] / now["predicted"] - 1) < 0.01 and now["linf"] == pytest.approx(0.1)
    page.locator("[data-panel=linear] select").select_option("linear")
    until(page, "s.owner.panel('linear').now?.n === 784 && !s.owner.panel('linear').busy")
    now = stage(page, "s.owner.panel('linear').now")
    assert now["measured"] == pytest.approx(now["predicted"], rel=1e-6) and now["label"] != now["rival"]


@pytest.mark.parametrize(
    "tab, width, height, scheme",
    [
        ("photographs", 1366, 768, "light"),
        ("photographs", 1920, 1080, "dark"),
        ("digits", 1366, 768, "light"),
        ("digits", 1920, 1080, "dark"),
        ("why", 1366, 768, "light"),
    ],
)
def test_the_stage_fits_one_screen(lab, tab, width, height, scheme):
    page = lab(
        f"?tab={tab}&model=squeezenet1_1" if tab == "photographs" else f"?tab={tab}",
        width=width,
        height=height,
        color_scheme=scheme,
    )
    assert fits(page) and cut_off(page, ".panel:not([hidden]) figcaption") == []
    if tab == "photographs":
        assert page.locator(".panel").count() == len(PHOTO_LAYOUT["panels"])
