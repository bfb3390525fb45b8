// Subscription: a question that a panel keeps up to date. It is asked when a panel's signal comes,
// and asked again while the run trains, so that its answer stays true.

import { moment } from "./frames.js";
import { LatestOnly } from "./questions.js";

const AGAIN = 250; // milliseconds between two answers while the run trains
const MOST = 400; // latencies kept

export class Subscription {
  /** on: {take(answers, asked), forget()}. members: names of networks that are asked one after the
   * other. */
  constructor(stage, members, on) {
    Object.assign(this, { stage, members: members ?? [null], on, asked: null });
    this.latencies = []; // milliseconds from the pointer to the picture
    this.latest = new LatestOnly(
      (asked) => this.put(asked),
      (answers, asked) => this.take(answers, asked),
      (error) => this.fail(error),
    );
  }

  /** Ask `question` whenever `signal` comes with a value. A signal without a value ends the
   * question that it began. turn(value) makes the values of the question. */
  listen(signal, question, turn = (value) => value) {
    this.stage.on(signal, (value) => {
      if (!value) return this.asked?.signal === signal ? this.forget() : undefined;
      const { at = performance.now(), ...values } = value instanceof Uint8Array ? { pixels: Array.from(value) } : value;
      this.ask(signal, question, turn(values), at);
    });
  }

  ask(signal, question, values, at = performance.now()) {
    this.asked = { signal, question, values, at };
    this.latest.ask(this.asked);
  }

  forget() {
    this.asked = null;
    this.on.forget();
  }

  /** One network after the other: a newer question of the same name would take the place of one
   * that waits. */
  async put({ question, values }) {
    const answers = [];
    for (const member of this.members)
      answers.push(await this.stage.question(question, member ? { ...values, member } : values));
    return answers;
  }

  take(answers, asked) {
    if (!this.asked) return;
    this.seen = moment(this.stage.shown);
    this.answered = performance.now();
    this.on.take(answers, asked);
    if (asked.at) this.latencies.push(performance.now() - asked.at);
    if (this.latencies.length > MOST) this.latencies.splice(0, MOST / 2);
    asked.at = 0; // asked again while the run trains, it has no latency to note
  }

  fail(error) {
    this.asked = null;
    this.stage.say(error.message, "error", 5000);
    this.on.forget();
  }

  /** A frame was painted: ask again where it has moved on. */
  follow(frame) {
    if (outdated(this, frame, AGAIN)) this.latest.ask(this.asked);
  }
}

/** Whether a question should be asked again under a frame: the run has moved on since the answer,
 * and while it trains that answer is at least `every` milliseconds old. `panel` has stage, latest
 * (a LatestOnly), asked (the question), seen and answered (moment and time of the answer). */
export function outdated({ stage, latest, asked, seen, answered = 0 }, frame, every) {
  if (!asked || stage.past || latest.busy || moment(frame) === seen) return false;
  return !frame.playing || performance.now() - answered > every;
}
