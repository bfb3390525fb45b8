"""Nothing is clipped, hidden or covered, on any page; axe-core finds nothing serious.

Here every page and tab is judged on a tablet and on a phone, one theme each; `python -m
tests.looks` judges all sizes in both. SADDLE_LOOKS names a folder for the screenshots.
"""

import os
from pathlib import Path

import pytest

from tests.browser import at_rest, until
from tests.looks import AUDIT, PHONE, PLACES, TABLET, THEMES, audit, looks

pytestmark = pytest.mark.timeout(120)
FOLDER = Path(os.environ["SADDLE_LOOKS"]) if "SADDLE_LOOKS" in os.environ else None


@pytest.mark.parametrize("place", PLACES, ids="-".join)
def test_every_page_shows_all_it_has_on_a_tablet_and_on_a_phone(tabs, server, tmp_path, place):
    """axe-core is run on the tablet. Every other place is seen in the dark."""
    theme, folder = THEMES[PLACES.index(place) % 2], FOLDER or tmp_path
    for look in looks(tabs, server.url, [place], [TABLET, PHONE], [theme], [TABLET], folder, screens=1):
        assert (look.faults, look.violations) == ([], []), look.name
        assert list(folder.glob(f"{look.name}*.png"))


@pytest.mark.parametrize(
    "lab, query", [("gan", "?tab=plane"), ("gan", "?tab=plane&view=large"), ("arae", "?tab=transfer")]
)
def test_explain_leaves_everything_in_place_on_a_laptop(visit, lab, query):
    page = visit(lab, f"{query}&play=0")
    page.locator(".saddle-stage .explain").click()
    page.wait_for_selector(".explain-box [data-now]")
    at_rest(page)
    assert audit(page) == []
    shown = {e for e in page.locator(".saddle-stage output:visible, .saddle-stage td:visible").all_inner_texts() if e}
    if lab == "gan" and "large" not in query:
        assert page.locator(".tile:visible").count() == 4
    if lab == "arae":
        assert page.locator(".version:visible").all_inner_texts()[-1].startswith("Cross-AE")
    assert shown


def test_knobs_open_over_a_phone_beside_the_panels(visit):
    page = visit("vat", "?play=0", width=PHONE[0], height=PHONE[1], has_touch=True)
    knob = page.locator(".knob[data-knob=epsilon_vat]")
    assert not knob.is_visible()
    page.locator(".open-knobs").tap()
    assert knob.is_visible()
    at_rest(page)
    panel, sheet = page.locator("[data-panel=mle] canvas"), page.locator(".dock")
    assert panel.bounding_box()["y"] < sheet.bounding_box()["y"] > 0.3 * PHONE[1]
    assert audit(page) == []
    page.locator(".knob[data-knob=epsilon_vat] .entry").fill("1.5")
    page.locator(".knob[data-knob=epsilon_vat] .entry").press("Enter")
    until(page, "s.knobs.epsilon_vat === 1.5")


def test_the_audit_finds_what_is_cut_or_covered(visit):
    """A side that hides its tools, a cell too narrow for its title, a cover over the transport."""
    page = visit("vat", "?play=0")
    at_rest(page)
    assert audit(page) == []
    spoil = "window.saddle.stages.vat.owner.root"
    for style, where, words in (
        ("max-height: 40px; overflow: auto", ".side", "cut below"),
        ("width: 60px; overflow: hidden", "[data-panel=vat] figcaption", "cut at the right"),
        ("position: absolute; top: 0; width: 100%; height: 900px; z-index: 9; background: #000", ".dock", "covered"),
    ):
        e = f"{spoil}.querySelector({where!r})"
        page.evaluate(f"{e}.style.cssText = {style!r}")
        assert any(words in fault for fault in page.evaluate(AUDIT)), words
        page.evaluate(f"{e}.style.cssText = ''")
    assert audit(page) == []


def test_charts_side_by_side_share_their_steps_and_their_legend(visit):
    page = visit("vat", "?speed=0")
    page.wait_for_selector(".saddle-curves .chart >> visible=true", timeout=30_000)
    page.locator(".saddle-curves").scroll_into_view_if_needed()
    page.wait_for_function(
        "document.querySelectorAll('.saddle-curves .uplot').length === 3 && saddle.stages.vat.step > 60",
        timeout=60_000,
    )
    for _ in range(5):
        page.wait_for_timeout(300)
        ranges = page.evaluate(
            "document.querySelector('.saddle-curves').curves.charts.map(({ plot }) => "
            "`${plot.scales.x.min} ${plot.scales.x.max}`)"
        )
        assert len(set(ranges)) == 1
    assert page.locator(".saddle-curves .key button").count() == 7
    assert page.locator(".saddle-curves .chart .key button").count() == 0
    page.locator(".saddle-curves .key button", has_text="Dropout").click()
    page.wait_for_function(
        "document.querySelector('.saddle-curves').curves.charts.every(({ plot }) => !plot.series[3].show)"
    )


def test_titles_name_the_lab_and_the_focus_is_seen_where_it_serves(visit):
    page = visit("gan", "?play=0")
    assert page.title() == "GAN · Saddle"
    page.mouse.click(700, 4)
    page.keyboard.press("x")
    ring = "[document.activeElement.tagName, getComputedStyle(document.activeElement).outlineStyle]"
    assert page.evaluate(ring) == ["MAIN", "none"]
    page.locator("[data-testid=stSidebarNavLink]").first.focus()
    page.keyboard.press("Tab")
    assert page.evaluate(ring) == ["A", "solid"]
    page.get_by_role("link", name="Home").click()
    page.wait_for_function("document.title === 'Saddle'")
    assert page.problems == []  # the browser asks no other server for the icons of pages
