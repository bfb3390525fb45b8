// Connection: the Stage's line to its run. It opens the channel, carries messages and questions,
// and asks for another run where the server has lost this one.

import { Outbox } from "../channel/outbox.js";
import { Questions } from "../channel/questions.js";
import { Channel, about, address } from "../channel/socket.js";
import { whole } from "../draw/numbers.js";

const RETRY = 1500; // milliseconds between two requests for a new run at first
const LAST_RETRY = 24_000; // and at most; each request ends the one before, which may need seconds

export class Connection {
  constructor(stage) {
    this.stage = stage;
    this.outbox = new Outbox(
      (message) => this.channel?.send(message) ?? false,
      () => stage.view.prompt(),
    );
    this.questions = new Questions((message) => this.send(message));
    this.kept = null; // what a run that replaces a lost one starts from: {values, placed, seed, playing, step}
    this.lost = null; // the step that the lost run had, until the first frame of the one that replaces it
    this.reason = ""; // why the run goes on from an earlier step, until its first frame
  }

  /** Open the channel to the run that `token` names, and close the one before it. */
  open({ page, token }) {
    this.channel?.close();
    this.outbox.drop();
    this.channel = new Channel(address(page, "live").replace(/^http/, "ws"), token, {
      frame: (frame) => this.stage.view.take(frame),
      reply: (message) => this.questions.settle(message),
      state: (state) => this.changed(state),
      stopping: (text) => this.stage.say(text),
      error: (text) => this.refused(text),
      resumed: (reason) => this.resumed(reason),
      rests: (text) => this.ended("rests", text),
      end: (state, text) => this.ended(state, text),
    });
  }

  /** Send a message; false where there is no connection. Knobs go with the next painted frame. */
  send(message) {
    return this.outbox.send(message);
  }

  changed(state) {
    const { stage } = this;
    stage.root.dataset.connection = state;
    if (state === "open") {
      stage.starting = true;
      this.restoreRun();
      stage.sendLayers();
      stage.playback.begin();
      stage.view.ask();
    } else if (state === "lost") {
      this.questions.drop();
      if (!this.channel.stopping) stage.say("Connection to the server lost. Trying again…", "error");
      stage.transport.show(false);
    } else if (state === "gone") {
      const text = "The server was restarted or this run expired. Starting again from the same settings and seed…";
      stage.say(text, "error");
      this.requestRun();
    } else if (state === "full") {
      stage.say("All places of this server are taken. Looking for your place in line…");
      this.requestRun();
    }
  }

  /** Nothing more will come: the server does not take this page, has closed its run for good, or lets
   * it rest until somebody is here. To try again would change nothing, so the reason stays. */
  ended(state, text) {
    const { stage } = this;
    stage.root.dataset.connection = state;
    this.questions.drop();
    stage.transport.show(false);
    stage.say(text, "error");
  }

  /** The run refused a message: show why, and put the knobs back to the values the run has. */
  refused(text) {
    const { stage } = this;
    stage.say(text, "error", 5000);
    stage.view.waiting.clear();
    if (!stage.shown || stage.past) return;
    stage.view.sync(stage.shown.knobs);
    stage.turning.settle();
  }

  /** A new run replaces this one. Where the old one was lost, keep what the visitor had set in it. */
  replace(lost) {
    const { values, placing, seed, playing, view } = this.stage;
    const step = view.history.frames.at(-1)?.step ?? 0;
    // Streamlit may replace it twice before it has shown a frame.
    if (!lost) this.kept = null;
    else this.kept ??= { values: { ...values }, placed: placing?.kept ?? {}, seed, playing, step };
    clearTimeout(this.requesting);
  }

  /** Bring a run that replaces a lost one to the knobs, points and seed that one had. A reset is sent
   * where the seed differs alone: it would leave a trained run behind. */
  restoreRun() {
    if (!this.kept) return;
    const { values, placed, seed, playing, step } = this.kept;
    this.kept = null;
    this.lost = step;
    this.stage.playback.autoplay = playing;
    if (seed !== undefined && seed !== this.stage.data.seed) this.send({ type: "reset", seed });
    this.send({ type: "knobs", values: { ...values, ...placed } });
    this.stage.placing?.takeOver(placed);
    this.sendLink();
  }

  /** The run goes on from what the server has kept of it. */
  resumed(reason) {
    this.questions.fail(`${reason}, and this with it: begin it again.`);
    this.reason = reason;
    this.stage.view.next = null; // it may be of the run that was lost
    this.lost = this.stage.view.history.frames.at(-1)?.step ?? null;
    this.stage.starting = true;
  }

  /** What a run that replaces a lost one, and begins at `step`, has not brought back, in words that
   * stay; "" where all is as it was. */
  missing(step) {
    const { lost, reason } = this;
    this.lost = null;
    this.reason = "";
    if (reason) {
      const before = lost > step ? `, ${whole(lost - step)} ${lost - step === 1 ? "step" : "steps"} before` : "";
      return `${reason}; it goes on from step ${whole(step)}${before}.`;
    }
    if (lost === null || step >= lost) return "";
    return `The server was restarted or this run expired. Set-up, knobs and seed are as before, but its ${whole(lost)}
      steps of training are gone: it begins again at step ${whole(step)}.`;
  }

  /** Streamlit does not see changes of the address, so the server is sent them. */
  sendLink() {
    this.send({ type: "link", query: location.search });
  }

  /** Ask Streamlit for a new run until it comes: its own connection may return later than this one. */
  requestRun(delay = RETRY) {
    clearTimeout(this.requesting);
    this.requesting = setTimeout(() => this.requestRun(Math.min(2 * delay, LAST_RETRY)), about(delay));
    this.stage.lost();
  }

  close() {
    this.channel?.close();
    clearTimeout(this.requesting);
  }
}
