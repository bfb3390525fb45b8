// Questions: what the Stage asks its run, and the promises of the replies (app/live/replies.py).

export class Dropped extends Error {} // a newer question took its place, or the connection was lost
export class Unanswered extends Dropped {} // it was given up, and may be put again

export class Questions {
  /** send(message) returns false where there is no connection. */
  constructor(send) {
    this.send = send;
    this.open = new Map(); // id → {resolve, reject, progress}
    this.last = 0;
  }

  /** Put a question; the promise has {numbers, layers}. progress({share, numbers, layers}) is
   * called for a measurement under way. */
  put(message, progress) {
    const id = ++this.last;
    const promise = new Promise((resolve, reject) => {
      if (!this.send({ ...message, id })) return reject(new Dropped("not connected"));
      this.open.set(id, { resolve, reject, progress });
    });
    promise.id = id;
    return promise;
  }

  /** Take a reply, decoded from its binary message. */
  settle(header) {
    const waiting = this.open.get(header.reply);
    if (!waiting) return;
    if (header.state === "under way") return waiting.progress?.(header);
    this.open.delete(header.reply);
    if (header.state === "done") waiting.resolve(header);
    else waiting.reject(this.error(header));
  }

  error({ state, message }) {
    if (state === "unanswered") return new Unanswered("no answer came");
    return state === "dropped" ? new Dropped("dropped") : new Error(message);
  }

  /** The run was lost with what it was asked: measurements have failed, and the rest was dropped. */
  fail(text) {
    for (const { reject, progress } of this.open.values()) reject(progress ? new Error(text) : new Dropped(text));
    this.open.clear();
  }

  /** The connection was lost: nothing will come any more. */
  drop() {
    for (const { reject } of this.open.values()) reject(new Dropped("connection lost"));
    this.open.clear();
  }
}

/** Questions of which only the latest matters, such as those that follow a pointer: one is on its
 * way at most, and of those that come meanwhile only the latest is put after it. */
export class LatestOnly {
  /** put(values) returns a promise; show(answer, values) draws it; fail(error) is called for a
   * question without an answer. */
  constructor(put, show, fail = () => {}) {
    Object.assign(this, { put, show, fail, busy: false, next: null });
  }

  async ask(values) {
    if (this.busy) return void (this.next = values);
    this.busy = true;
    try {
      this.show(await this.put(values), values);
    } catch (error) {
      if (error instanceof Unanswered) this.next ??= values;
      else if (!(error instanceof Dropped)) this.fail(error);
    }
    this.busy = false;
    if (this.next) {
      const values = this.next;
      this.next = null;
      this.ask(values);
    }
  }
}
