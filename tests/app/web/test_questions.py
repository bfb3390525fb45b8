"""What a panel keeps asking its run."""

ASK = """async (state) => {
  const { LatestOnly, Questions } = web["channel/questions.js"];
  const sent = [], shown = [];
  const questions = new Questions(({ id }) => sent.push(id) > 0);
  const latest = new LatestOnly((values) => questions.put(values), (_, { x }) => shown.push(x));
  const reply = async (state) => {
    questions.settle({ reply: sent.at(-1), state });
    await new Promise((done) => setTimeout(done));
  };
  latest.ask({ x: 1 });
  await reply(state);
  await reply("done");
  latest.ask({ x: 2 });
  latest.ask({ x: 3 });
  await reply(state);
  await reply("done");
  return { sent: sent.length, shown };
}"""


def test_what_was_given_up_is_put_again_unless_something_newer_is(web):
    assert web.evaluate(ASK, "unanswered") == {"sent": 4, "shown": [1, 3]}
    assert web.evaluate(ASK, "dropped") == {"sent": 3, "shown": [3]}, "as a newer question has its place"
