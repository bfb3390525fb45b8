"""The live channel's socket in the browser: how it takes the end of a server."""

LOSE = """(said) => {
  const { Channel } = web["channel/socket.js"];
  const [kept, timer] = [window.WebSocket, window.setTimeout];
  const delays = [], told = [];
  window.WebSocket = class { send() {} close() {} };
  window.setTimeout = (work, delay) => void delays.push(delay);
  try {
    for (let k = 0; k < 30; k++) {
      const channel = new Channel("ws://x", "token", {
        frame() {}, reply() {}, end: (kind) => told.push(kind), error: () => told.push("error"),
        state: (state) => told.push(state), stopping: (text) => told.push(text),
      });
      const { socket } = channel;
      socket.onmessage({ data: JSON.stringify({ type: "ready" }) });
      if (said) socket.onmessage({ data: JSON.stringify({ type: "stopping", message: said }) });
      socket.onclose();
    }
  } finally {
    [window.WebSocket, window.setTimeout] = [kept, timer];
  }
  return { delays, told: told.slice(0, told.length / 30) };
}"""


def test_thirty_browsers_come_back_one_after_the_other(web):
    lost = web.evaluate(LOSE, "")
    assert lost["told"] == ["connecting", "open", "lost"]
    assert all(150 <= delay <= 450 for delay in lost["delays"]) and len(lost["delays"]) == 30
    stopped = web.evaluate(LOSE, "The server is being restarted.")
    assert stopped["told"] == ["connecting", "open", "The server is being restarted.", "lost"]
    delays = sorted(stopped["delays"])
    assert 750 <= delays[0] and delays[-1] <= 2250 and delays[-1] - delays[0] > 700 and len(set(delays)) == 30
