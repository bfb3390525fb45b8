// Watched: what a Stage has in place of a connection where it shows the run of a room's presenter. It
// takes the frames of the room's line. Who watches turns nothing, but may ask what only looks.

import { Questions } from "../channel/questions.js";
import { roomLine } from "../rooms/line.js";

const PATIENCE = 4000; // milliseconds until a question is given up

export class Watched {
  constructor(stage) {
    this.stage = stage;
    this.questions = new Questions((message) => this.put(message));
    this.ends = [];
  }

  open() {
    const { stage } = this;
    const line = roomLine();
    this.close();
    stage.starting = true;
    stage.root.dataset.connection = "open";
    this.ends = [
      line.on("frame", (frame) => stage.view.take(frame)),
      line.on("reply", (message) => this.questions.settle(message)),
      line.on("link", (open) => stage.say(open ? "" : "Connection to the server lost. Trying again…", "error")),
    ];
    for (const frame of line.missed()) stage.view.take(frame);
  }

  /** Ask the run on show; an explanation and a measurement are the presenter's. */
  put({ type, id, name, values }) {
    if (type !== "ask") return false;
    const { open } = this.questions;
    // The run may be asked too much by all together: what has no answer is put again, or a newer one is.
    setTimeout(() => open.has(id) && this.questions.settle({ reply: id, state: "unanswered" }), PATIENCE);
    return roomLine().send({ type: "question", id, name, values });
  }

  /** Nothing else is sent. */
  send() {
    return true;
  }

  sendLink() {}

  /** Frames of another run wait until its panels are there. */
  replace() {
    const { stage } = this;
    this.close();
    stage.view.glide.stop();
    Object.assign(stage.view, { next: null, shown: null });
    stage.panels = null; // they are of the run before, and what the page declares is of this one
  }

  missing() {
    return "";
  }

  close() {
    this.questions.drop();
    for (const end of this.ends) end();
    this.ends = [];
  }
}
