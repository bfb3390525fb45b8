"""How a Stage asks for frames, in a real browser."""

ASKS = """async (turned) => {
  const { View } = web["stage/view.js"];
  const times = [];
  const view = new View({ send: ({ type }) => type === "want" && times.push(performance.now()), gone: true });
  view.ask();
  if (turned) view.prompt();
  const before = times.length;
  view.take({ generation: 1, step: 1, layers: {}, metrics: {}, knobs: {}, leftOut: [] });
  await new Promise((then) => setTimeout(then, 200));
  return [before, times.slice(before).map((t) => t - times[before - 1])];
}"""


def test_a_turned_knob_asks_though_a_frame_is_on_its_way_and_the_next_request_waits_for_the_next_turn(web):
    """The frame on its way may have been computed before the turn."""
    asked, (gap,) = web.evaluate(ASKS, False)
    assert asked == 1 and gap > 13
    asked, (gap,) = web.evaluate(ASKS, True)
    assert asked == 2 and gap > 19
