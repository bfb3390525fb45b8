"""Coming back: to a lab by the menu or the back button, and to all of them after a restart of the
server.
"""

import pytest

from tests.browser import stage, until
from tests.faults.restart import FEW, restart

pytestmark = pytest.mark.timeout(240)


def go(page, title):
    """Open a lab by the menu, and wait until its Stage has painted."""
    page.get_by_test_id("stSidebarNavLink").filter(has_text=title).click()
    page.lab = title.lower()
    until(page, "s.painted > 0 && s.connection === 'open'", 60)


def token(page):
    return stage(page, "s.owner.data.token")


def test_a_lab_opened_by_a_link_is_as_it_was_when_one_comes_back(visit):
    page = visit("vat", "?dataset=circles&lam=2&speed=50&play=0")
    stage(page, "s.setKnob('epsilon_vat', 1.25)")
    page.wait_for_function("location.search.includes('epsilon_vat=1.25')")
    for _ in range(3):
        stage(page, "s.stepOnce()")
    until(page, "s.step === 3")
    first, address = token(page), page.url
    go(page, "GAN")
    gan, entries = token(page), page.evaluate("history.length")
    go(page, "VAT")
    page.wait_for_function("location.search.includes('epsilon_vat')")
    assert page.evaluate("history.length") == entries + 1  # not the menu's bare address besides
    assert stage(page, "[s.step, s.setup.dataset, s.knobs.lam, s.knobs.epsilon_vat]") == [3, "circles", 2, 1.25]
    assert token(page) == first and sorted(page.url.split("?")[1].split("&")) == sorted(
        address.split("?")[1].split("&")
    )
    page.go_back()
    page.lab = "gan"
    until(page, "s.painted > 0", 60)
    assert token(page) == gan


def test_the_back_button_leads_to_the_run_before_a_preset_and_forward_to_the_preset(visit):
    page = visit("vat", "?dataset=circles&seed=4&play=0")
    stage(page, "s.stepOnce()")
    until(page, "s.step === 1")
    first = token(page)
    page.get_by_role("button", name="2 labels, 1000 unlabelled").click()
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Start").click()
    until(page, "s.owner.scene?.unlabelled.shape[0] === 1000 && s.step > 2", 30)
    preset = token(page)
    stage(page, "s.pause()")
    page.go_back()
    until(page, f"s.owner.data.token === {first!r} && s.step === 1 && s.seed === 4", 30)
    assert stage(page, "s.setup.dataset") == "circles"
    page.go_forward()
    until(page, f"s.owner.data.token === {preset!r} && s.seed === 0 && s.step > 2", 30)
    go(page, "GAN")
    go(page, "VAT")
    assert token(page) == preset and stage(page, "s.step") > 2


def test_a_tab_that_one_comes_back_to_keeps_what_was_turned_in_it(visit):
    page = visit("gan", "?tab=plane&play=0")
    stage(page, "s.setKnob('lr_d', 0.004)")
    page.wait_for_function("location.search.includes('lr_d=0.004')")
    stage(page, "s.stepOnce()")
    until(page, "s.step === 1")
    first = token(page)
    page.get_by_role("radio", name="Two games").or_(page.get_by_text("Two games", exact=True)).first.click()
    until(page, f"s.owner.data.token !== {first!r} && s.painted > 0", 30)
    page.get_by_role("radio", name="Plane").or_(page.get_by_text("Plane", exact=True)).first.click()
    until(page, f"s.owner.data.token === {first!r} && s.step === 1 && s.knobs.lr_d === 0.004", 30)


def test_after_a_restart_of_the_server_pages_go_on_with_the_same_runs(browser):
    """The sharpest cases; `python -m tests.faults.restart` restarts under every page and tab.

    Points and knobs that were turned, a shipped run that waits at its step, and a run that plays.
    """
    assert restart(browser, FEW) == []
