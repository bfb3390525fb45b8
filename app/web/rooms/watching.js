// Watching: a member's page of the room. The presenter's Stage live, the questions over it, and the way
// to a run of one's own.

import { mount as mountStage } from "../stage/stage.js";
import { ChallengeCard } from "./challenge.js";
import { pageAddress } from "./line.js";
import { Dot } from "./overlay.js";
import { button, make, passing, spaced } from "./parts.js";
import { PredictionCard } from "./prediction.js";

export class Watching {
  /** line: of the room. */
  constructor(line) {
    this.line = line;
    this.dot = new Dot();
    this.title = make("h2", { class: "on" });
    this.who = make("span", { class: "who" });
    this.points = make("span", { class: "points" });
    this.fork = button("Try it yourself", () => this.line.send({ type: "fork" }), {
      class: "main",
      title: "A run of your own that goes on from this very step, with the same knobs",
    });
    this.mine = button("Back to my run", () => this.line.send({ type: "own" }), { hidden: true });
    const leave = button("Leave", () => this.line.leave());
    this.sent = make("p", { class: "sent", role: "status", hidden: true });
    this.note = make("p", { class: "wrong", role: "status", hidden: true });
    this.say = passing(this.note);
    this.wait = make("p", { class: "wait" });
    this.prediction = new PredictionCard(line, () => this.stage);
    this.challenge = new ChallengeCard(line);
    this.root = make("div", { class: "saddle-stage" });
    this.host = make("div", {}, this.root);
    this.element = make(
      "div",
      { class: "watching" },
      make("header", {}, this.title, this.who, this.points, this.fork, this.mine, leave),
      this.sent,
      this.note,
      make("div", { class: "room-cards" }, this.prediction.element, this.challenge.element),
      this.prediction.spoken,
      this.wait,
      this.host,
    );
    this.ends = [
      line.on("stage", (message) => this.show(message)),
      line.on("dot", (place) => this.stage && this.dot.place(this.stage, place)),
      line.on("state", () => this.update()),
      line.on("note", (text) => this.say(text)),
    ];
    line.send({ type: "at", page: "room", token: "" });
    line.watch(true);
    this.update();
  }

  get stage() {
    return this.root.stage;
  }

  /** Another run is on show, or none. */
  show({ data, run }) {
    this.unmount?.();
    this.unmount = null;
    this.root.hidden = !data;
    if (!data) return this.update();
    const shown = { ...data, page: "room", token: `watched-${run}`, watched: true };
    this.unmount = mountStage({ data: shown, parentElement: this.host, setTriggerValue() {} });
    this.update();
  }

  update() {
    const { room, mine, staged } = this.line;
    if (!room || !mine) return;
    this.title.textContent = room.place ? room.place.title : `Room ${spaced(room.code)}`;
    this.who.textContent = `${room.presenter.name} presents${room.presenter.present ? "" : " and is away just now"} · ${room.present} here`;
    this.points.textContent = `${mine.name} · ${mine.points} points`;
    this.fork.hidden = !room.place;
    this.mine.hidden = !mine.fork;
    this.wait.hidden = Boolean(room.place && staged?.data);
    this.wait.textContent = room.place
      ? "The run is on its way…"
      : `${room.presenter.name} will open a lab in a moment. It shows here by itself.`;
    const look = JSON.stringify([room.look, staged?.run, Boolean(this.stage?.panels)]);
    if (look !== this.looked) {
      this.looked = look;
      this.follow(room.look);
    }
    const { pushed } = room;
    this.sent.hidden = !pushed || pushed.id === this.seen;
    if (pushed)
      this.sent.replaceChildren(
        `${room.presenter.name} sends: `,
        make("a", { class: "main", href: pageAddress("room", pushed.page, pushed.query) }, pushed.title),
        button("×", () => ((this.seen = pushed.id), this.update()), { class: "away", "aria-label": "Not now" }),
      );
    this.prediction.update();
    this.challenge.update();
    const size = this.element.offsetHeight;
    if (size !== this.size) this.stage?.layout();
    this.size = size;
  }

  /** Show the presenter's view and toggles. */
  follow({ view = "", show = {} }) {
    const { stage } = this;
    if (!stage?.panels) return;
    for (const [name, on] of Object.entries(show))
      if (name in stage.show && stage.show[name] !== on) stage.setShow(name, on, false);
    if ((stage.focus?.name ?? "") !== view) stage.setFocus(view, false);
    stage.view.redraw();
  }

  dispose() {
    for (const end of this.ends) end();
    this.prediction.remove();
    this.unmount?.();
    this.line.watch(false);
  }
}
