"""A run that diverges, in a real browser: it pauses, says why as long as that holds, and goes on
once it was put right.
"""

from app.links import encode_rows
from tests.browser import stage, until

LAB = "vat"
# Two points in a corner with both labels; λ₂·η is so large that the weights of L2 explode.
HOT = f"?learning_rate=10&l2=0.1&decay=1&speed=0&points={encode_rows(((10, 10, 1), (10, 10, 0)))}"


def test_a_run_that_diverges_says_so_until_it_is_put_right(lab):
    page = lab(HOT)
    notice = page.locator(".notice", has_text="Diverged")
    notice.wait_for(timeout=60_000)
    words = notice.inner_text()
    assert "Diverged at step" in words and "l2" in words and "the rate (η)" in words and "timeline" in words
    step = stage(page, "s.step")
    assert f"step {step + 1}:" in words
    assert not stage(page, "s.playing")
    page.locator(".transport .play").click()  # refused, with the same words
    page.wait_for_timeout(6000)
    assert notice.is_visible() and notice.inner_text() == words and stage(page, "s.step") == step
    page.locator(".timeline").evaluate("e => { e.value = 0; e.dispatchEvent(new Event('input')) }")  # the first frame
    page.locator(".transport .branch").click()
    until(page, f"s.step < {step}")
    notice.wait_for(state="detached")
    page.locator("[data-knob=l2] input[type=range]").evaluate(
        "e => { e.value = e.min; e.dispatchEvent(new Event('input')) }"
    )
    page.locator(".transport .play").click()
    until(page, f"s.playing && s.step > {step}", 60)
    assert not notice.count()


def test_what_is_not_finite_now_is_not_shown_as_it_was_before(lab):
    page = lab("?play=0")
    # With the slow numbers the run has sent all it has, and no further frame comes by itself.
    until(page, "s.owner.shown?.layers.field && Number.isFinite(s.metrics['lds_train.vat'])")
    stage(
        page,
        "void s.owner.view.take({ ...s.owner.history.frames.at(-1), scene: null, layers: {}, leftOut: ['field'],"
        " metrics: { 'test_error.mle': null }, odd: 'Some numbers are not finite.' })",
    )
    until(page, "!s.owner.shown.layers.field")
    assert page.locator(".notice").inner_text() == "Some numbers are not finite."
    assert stage(page, "s.owner.shown.known['test_error.mle']") is None
    stage(page, "void s.stepOnce()")  # the next frame has it again
    until(page, "s.owner.shown.layers.field && s.step === 1")
    assert not page.locator(".notice").is_visible()
