// Watched: what a Stage has in place of a connection where it shows the run of a room's presenter. It
// takes the frames of the room's line and sends nothing: who watches turns nothing.

import { Questions } from "../channel/questions.js";
import { roomLine } from "../rooms/line.js";

export class Watched {
  constructor(stage) {
    this.stage = stage;
    this.questions = new Questions(() => false);
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
      line.on("link", (open) => stage.say(open ? "" : "Connection to the server lost. Trying again…", "error")),
    ];
  }

  /** Nothing is sent; a question is dropped. */
  send() {
    return true;
  }

  sendLink() {}

  replace() {}

  missing() {
    return "";
  }

  close() {
    for (const end of this.ends) end();
    this.ends = [];
  }
}
