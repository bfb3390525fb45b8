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
    page.locator(".timeline").evaluate("e => { e.value = 1; e.dispatchEvent(new Event('input')) }")
    page.locator(".transport .branch").click()
    until(page, f"s.step < {step}")
    notice.wait_for(state="detached")
    page.locator("[data-knob=l2] input[type=range]").evaluate(
        "e => { e.value = e.min; e.dispatchEvent(new Event('input')) }"
    )
    page.locator(".transport .play").click()
    until(page, f"s.playing && s.step > {step}", 60)
    assert not notice.count()
