"""What stands above the fold of every lab and tab on a laptop: what to do, three experiments, and
the whole Stage, which explains itself; and charts that wait until they have a curve.
"""

import pytest

from app.labs.catalogue import LABS
from tests.browser import at_rest, fits, go, stage, start_card, until

pytestmark = pytest.mark.timeout(120)
TABS = [(lab.page, tab) for lab in LABS for tab in lab.methods]
TASK, CARDS = "p.task", ".st-key-saddle-cards [data-testid=stPopover]"
# Charts that can be seen, and the steps of each of their traces.
# Points of each trace of the charts on screen; none of a chart that is not drawn yet.
CURVES = """() => [...document.querySelectorAll(".saddle-curves .chart")].flatMap((e, i) => {
  const drawn = document.querySelector(".saddle-curves").curves.charts[i];
  return e.offsetParent ? [drawn ? drawn.plot.data.slice(1).map((y) => y.filter(Number.isFinite).length) : []] : [];
})"""


# Knobs and numbers that explain nothing, or whose explanation does not open: {name: what misses}.
UNEXPLAINED = """(() => {
  const { owner } = s, help = owner.help, out = {};
  const opens = (button) => {
    button?.click();
    const text = help.element.textContent;
    help.close();
    return text;
  };
  for (const [name, knob] of Object.entries(owner.knobPanel.knobs))
    if (!opens(knob.about).includes(knob.d.help.slice(0, 20))) out[name] = knob.d.help;
  for (const panel of owner.panels) {
    const { name, numbers = [], tiles = [], help = "" } = panel.spec;
    const all = [...numbers, ...tiles].map((n) => n.title ?? `${n.label} has no words`);
    const text = opens(panel.element.querySelector(".about"));
    for (const words of [...all, help]) if (!text.includes(words)) out[name] = words;
    if (!text) out[name] = "nothing opens";
  }
  return out;
})()"""


@pytest.fixture(scope="module", params=TABS, ids=lambda place: "-".join(place))
def page(request, server, tabs):
    """A tab of a lab, paused, on a laptop."""
    lab, tab = request.param
    page = go(tabs.open(), f"{server.url}/{lab}?tab={tab}&play=0", lab)
    yield page
    assert page.problems == []
    tabs.close(page)


def test_what_to_do_three_cards_and_the_stage_are_on_the_first_screen(page):
    page.locator(CARDS).nth(2).wait_for()
    task = page.locator(TASK).bounding_box()
    assert task["height"] < 30, "the task takes one line"
    cards = [card.bounding_box() for card in page.locator(CARDS).all()]
    assert len(cards) >= 3
    assert all(card["height"] < 36 and card["y"] + card["height"] < 180 for card in cards), "titles take one line"
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
    assert fits(page)
    lone = [steps for chart in page.evaluate(CURVES) for steps in chart if steps == 1]
    assert lone == [], "a chart with one dot"


def test_every_knob_panel_and_number_explains_itself(page):
    assert stage(page, UNEXPLAINED) == {}


@pytest.mark.parametrize("lab, query", [("aae", "?tab=aae"), ("arae", "?tab=transfer"), ("gan", "?tab=digits")])
def test_a_trained_run_shows_its_curves_once_it_has_two_points(visit, lab, query):
    page = visit(lab, query)
    empty = page.get_by_text("Curves appear here")
    empty.wait_for()
    assert page.evaluate(CURVES) == []
    assert page.locator("h2").first.bounding_box()["y"] < 1000, "the explanation follows the Stage"
    page.locator(".transport .play").click()
    empty.wait_for(state="hidden", timeout=60_000)
    page.locator(".saddle-curves").scroll_into_view_if_needed()
    page.wait_for_function(f"(({CURVES})()).some((chart) => chart.some((steps) => steps > 1))", timeout=60_000)
    assert all(max(chart) != 1 for chart in page.evaluate(CURVES) if chart)


def test_a_card_is_read_and_started_by_keyboard_and_its_description_stays(visit):
    page = visit()
    before, title = page.locator(TASK).inner_text(), "VAT with ε too large"
    card = page.locator(CARDS).get_by_role("button", name=title)
    card.focus()
    page.keyboard.press("Enter")
    start = page.get_by_role("button", name=f"Start: {title}")
    start.wait_for()
    assert stage(page, "s.knobs.epsilon_vat") != 2, "reading a card starts nothing"
    start.focus()
    page.keyboard.press("Enter")
    until(page, "s.knobs.epsilon_vat === 2", 30)
    page.locator(TASK, has_text=title).wait_for()
    assert page.locator(TASK).inner_text() != before
    assert page.locator(CARDS).get_by_role("button", name=f"✓ {title}").is_visible()
    at_rest(page)
    assert fits(page)


def test_cards_of_a_phone_scroll_sideways_and_open_by_touch(visit):
    page = visit("gan", "?tab=plane&play=0", width=390, height=844, has_touch=True)
    strip, cards = page.locator(".st-key-saddle-cards"), page.locator(CARDS)
    cards.nth(2).wait_for()
    tops = set(cards.evaluate_all("cards => cards.map((card) => Math.round(card.getBoundingClientRect().y))"))
    assert len(tops) == 1 and strip.evaluate("e => e.scrollWidth > e.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert cards.first.bounding_box()["y"] < page.locator(".saddle-stage").bounding_box()["y"] < 420
    start_card(page, "Mode collapse")
    until(page, "s.knobs.k_g === 10", 30)
