"""The digits of the GAN lab in a real browser: picking samples, walking between them, dragging over
a plane of codes, measuring.
"""

from pathlib import Path

from PIL import Image

from tests.browser import stage, until

LAB = "gan"
SMALL = "?tab=digits&from=scratch&net=dense&width=16&z_dim=12&batch=8"  # trains fast enough for a busy machine
NOW = "Array.from(s.owner.panel('now').given?.data ?? [])"


def shows(other):
    """JavaScript: whether the image shown is `other`, but for the rounding of codes on the way."""
    return f"""(() => {{
      const a = {NOW}, b = {other};
      return a.length && Math.max(...a.map((v, i) => Math.abs(v - b[i]))) <= 2;
    }})()"""


def test_picked_samples_become_the_ends_of_a_walk_and_the_slider_decodes_what_lies_between(lab):
    page = lab(SMALL)
    until(page, "s.owner.panel('walk').codes?.length === 17")
    box = page.locator("[data-panel=samples] canvas").bounding_box()
    for column in (0.5, 2.5):
        page.mouse.click(box["x"] + box["width"] * column / 9, box["y"] + box["height"] * 1.5 / 8)
    assert page.locator("[data-panel=walk] .anchors").inner_text().split() == [
        "A",
        "sample",
        "9",
        "×",
        "B",
        "sample",
        "11",
        "×",
    ]
    until(page, shows("s.owner.shown.layers.samples.data.slice(8 * 784, 9 * 784)"))
    slider = page.locator("[data-panel=walk] .way input")
    slider.fill("1000")
    until(page, shows("s.owner.shown.layers.samples.data.slice(10 * 784, 11 * 784)"))
    page.locator("[data-panel=walk] .seed").fill("7")
    page.locator("[data-panel=walk] .seed").press("Enter")
    page.locator("[data-panel=walk] .closed").check()
    until(page, "s.owner.panel('walk').codes?.length === 48")
    page.locator("[data-panel=walk] .seed").fill("seven")
    page.locator("[data-panel=walk] .add").click()
    assert page.get_by_text("Type a whole number").is_visible()
    page.get_by_role("button", name="Play the walk").click()
    at = stage(page, "s.owner.panel('walk').at")
    until(page, f"s.owner.panel('walk').at !== {at}")


def test_the_column_beside_the_samples_is_the_nearest_training_digit_with_its_distance(lab):
    page = lab(SMALL)
    until(page, "s.owner.panel('samples').gaps?.length === 8")
    gaps = stage(page, "s.owner.panel('samples').gaps")
    assert all(2 < gap < 25 for gap in gaps), "noise is far from every digit, and no distance is zero"


def test_dragging_over_the_plane_decodes_the_code_under_the_pointer(lab):
    page = lab(SMALL)
    until(page, "s.owner.panel('plane').given && s.owner.panel('now').given")
    box = page.locator("[data-panel=plane] canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 14, box["y"] + box["height"] / 14)
    until(page, shows("s.owner.panel('plane').given.data.slice(0, 784)"))


def test_a_walk_is_saved_as_a_strip_and_as_an_animation(lab, tmp_path):
    page = lab(SMALL)
    until(page, "s.owner.panel('walk').codes?.length === 17")
    for button, name in (("PNG", "walk.png"), ("GIF", "walk.gif")):
        with page.expect_download() as download:
            page.locator("[data-panel=walk]").get_by_role("button", name=button).click()
        download.value.save_as(tmp_path / name)
    strip = Image.open(Path(tmp_path) / "walk.png")
    assert strip.size == (17 * 28 * 3, 28 * 3)
    moving = Image.open(Path(tmp_path) / "walk.gif")
    assert moving.n_frames > 10 and moving.size == (112, 112)


def test_a_measurement_shows_progress_can_be_cancelled_and_says_what_it_found(lab):
    page = lab(SMALL)
    box = page.locator("[data-measure=parzen]")
    box.locator("button").first.click()
    box.locator(".stop").click()
    box.get_by_text("Cancelled.").wait_for()
    box = page.locator("[data-measure=classes]")
    box.locator("button").first.click()
    box.locator(".counts").wait_for(timeout=90_000)
    assert box.locator(".counts span").count() == 10 and "%" in box.locator("output").first.inner_text()


def test_each_tab_keeps_its_run_and_its_link(lab):
    page = lab("?tab=plane&dataset=ring&loss=lsgan")
    until(page, "s.step > 20 && s.knobs.loss === 'lsgan'")
    page.get_by_role("radio", name="Digits").click()
    until(page, "s.owner.panel('walk')", 60)
    page.wait_for_function("location.search.includes('tab=digits') && !location.search.includes('lsgan')")
    page.get_by_role("radio", name="Plane").click()
    until(page, "s.owner.panel('game') && s.knobs.loss === 'lsgan' && s.owner.data.setup.dataset === 'ring'", 60)


def test_a_tab_that_one_comes_back_to_at_once_is_followed_by_headline_and_curves(lab):
    page = lab("?tab=plane&dataset=ring&loss=lsgan")
    until(page, "s.step > 20")
    for _ in range(6):
        page.get_by_role("radio", name="Digits").click()
        page.wait_for_function("location.search.includes('tab=digits')")
        page.get_by_role("radio", name="Plane").click()
        page.wait_for_function("location.search.includes('tab=plane')")
    page.wait_for_timeout(500)  # a Stage that leaves does so after 100 ms
    until(page, "s.owner.root.isConnected && s.owner.panel('game') && s.setup.dataset === 'ring'", 30)
    page.wait_for_function("document.querySelectorAll('.saddle-skip').length === 1")
