// Outbox: what goes to the run, in the order in which it was set. Knobs coalesce: one message a
// painted frame carries the latest value of each, so a screen of 240 Hz or a mouse of 1,000 Hz sends
// no more than one of 60 Hz, and stays below what the server takes (app/live/websocket.py).

const GAP = 15; // milliseconds between two messages of knobs: every refresh of a screen of 60 Hz

export class Outbox {
  /** post(message) returns false where there is no connection. sent() is called after each message
   * of knobs. */
  constructor(post, sent = () => {}) {
    Object.assign(this, { post, sent, knobs: null, due: 0, last: -GAP });
    this.refresh = this.refresh.bind(this);
  }

  /** Send a message; knobs that wait go before it, but for a `want`, which they may follow. */
  send(message) {
    if (message.type === "knobs") return this.turn(message.values);
    if (message.type !== "want") this.flush();
    return this.post(message);
  }

  turn(values) {
    this.knobs = { ...this.knobs, ...values };
    // No refresh comes in a hidden tab, where nothing is dragged either.
    if (document.hidden || performance.now() - this.last >= GAP) return this.flush();
    this.due ||= requestAnimationFrame(this.refresh);
    return true;
  }

  refresh() {
    this.due = 0;
    if (!this.knobs) return;
    if (performance.now() - this.last >= GAP) this.flush();
    else this.due = requestAnimationFrame(this.refresh);
  }

  /** Send the knobs that wait. */
  flush() {
    if (!this.knobs) return true;
    const values = this.knobs;
    this.knobs = null;
    this.last = performance.now();
    const open = this.post({ type: "knobs", values });
    this.sent();
    return open;
  }

  /** Forget the knobs that wait: the run they were meant for is gone. */
  drop() {
    this.knobs = null;
  }
}
