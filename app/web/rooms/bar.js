// Bar: a slim line above a Stage while this tab is in a room. Whoever presents steers the room by it;
// members find the way back, and the questions that are asked.

import { ChallengeCard } from "./challenge.js";
import { here } from "./identity.js";
import { pageAddress, roomLine } from "./line.js";
import { Dot, follow } from "./overlay.js";
import { button, make, spaced } from "./parts.js";
import { PredictionCard } from "./prediction.js";
import { questionForm } from "./question.js";

const LOOK_EVERY = 300; // milliseconds between two looks at what the Stage shows
const DOT_EVERY = 70; // and between two places of the pointer
const NOTE_FOR = 5000;

let arrived = false; // whether the first Stage of this page has asked

/** Whether this page has just been loaded anew by whoever was on it; true once. */
function reloaded() {
  const first = !arrived;
  arrived = true;
  return first && performance.getEntriesByType("navigation")[0]?.type === "reload";
}

/** The bar of a Stage; null where this tab is in no room. */
export function attend(stage) {
  const identity = here();
  return identity ? new Bar(stage, identity) : null;
}

export class Bar {
  constructor(stage, identity) {
    this.stage = stage;
    this.line = roomLine();
    this.element = make("div", { class: "room-bar", role: "toolbar", "aria-label": "Room" });
    this.note = make("span", { class: "note", role: "status" });
    this.prediction = new PredictionCard(this.line, () => stage);
    this.challenge = new ChallengeCard(this.line);
    this.cards = make("div", { class: "room-cards" }, this.prediction.element, this.challenge.element);
    this.element.append(this.prediction.spoken);
    this.dot = new Dot();
    this.ends = [
      this.line.on("state", () => this.update()),
      this.line.on("entered", () => this.entered()),
      this.line.on("note", (text) => this.say(text)),
      this.line.on("over", (text) => this.over(text)),
      this.line.on("link", (open) => this.say(open ? "" : "Room not connected. Trying again…")),
      this.line.on("forked", (message) => this.forked(message)),
    ];
    this.line.page ??= stage.data.page;
    if (this.line.open) this.entered();
    else if (!this.line.socket) this.line.enter({ type: "back", ...identity }, stage.data.page);
  }

  /** The run of the Stage is another one. */
  entered() {
    const { page, token } = this.stage.data;
    this.line.page = page;
    this.line.send({ type: "at", page, token });
    // A reload opens a new run; the room still has the one from before.
    this.resuming = reloaded() && this.line.send({ type: "own" });
    if (this.resuming) this.ends.push(this.line.on("note", () => this.stay()));
    else if (this.line.presents) this.present(token);
    this.update();
  }

  /** There is a run of one's own: take it up by way of the room's page, but after a reload only on
   * the page that it belongs to. */
  forked({ page, token }) {
    const { data } = this.stage;
    if (this.resuming && (page !== data.page || token === data.token)) return this.stay();
    location.assign(`${pageAddress(data.page, "room")}#own`);
  }

  /** The run of this page stays: nothing from before a reload is taken up. */
  stay() {
    if (this.resuming && this.line.presents) this.present(this.stage.data.token);
    this.resuming = false;
  }

  /** Show this run to the room. */
  present(token) {
    this.line.send({ type: "present", token });
    clearInterval(this.looking);
    this.look = "";
    this.looking = setInterval(() => this.sendLook(), LOOK_EVERY);
  }

  sendLook() {
    if (!this.line.open) return;
    const look = { view: this.stage.focus?.name ?? "", show: this.stage.show };
    const text = JSON.stringify(look);
    if (text === this.look) return;
    this.look = text;
    this.line.send({ type: "look", ...look });
  }

  update() {
    const { room, mine, me } = this.line;
    if (!room || !mine || !me) return;
    if (!this.built) this.build(me);
    this.code.textContent = spaced(room.code);
    if (this.line.presents) {
      this.count.textContent = `${room.present} here`;
      this.pause.textContent = room.paused ? "Let all go on" : "Pause all";
      this.pause.setAttribute("aria-pressed", String(room.paused));
    } else {
      this.count.textContent = `${mine.name} · ${mine.points} points`;
      this.stopped.hidden = !room.paused;
      this.offer(room.pushed);
    }
    this.prediction.update();
    this.challenge.update();
    const size = `${this.element.offsetHeight}/${this.cards.offsetHeight}`;
    if (size !== this.size) this.stage.layout();
    this.size = size;
  }

  build() {
    this.built = true;
    const to = (page, hash = "") => pageAddress(this.stage.data.page, page) + hash;
    this.code = make("b", { class: "code" });
    this.count = make("span", { class: "count" });
    const name = make("span", { class: "which" }, "Room ", this.code);
    if (this.line.presents) {
      this.pointing = button("Pointer", () => this.point(), {
        "aria-pressed": "false",
        title: "Show all where your pointer is",
      });
      this.pause = button("", () => this.line.send({ type: "pause", on: !this.line.room.paused }));
      const push = button("Send this link", () => this.push(), {
        title: "Everybody is offered this page as it is set up now",
      });
      this.asking = button("Ask…", () => this.ask(), { "aria-expanded": "false" });
      const end = button("End", () => confirm("End the room for everybody?") && this.line.send({ type: "end" }));
      const desk = make("a", { href: to("room") }, "People and answers");
      this.element.append(name, this.count, this.pointing, this.pause, push, this.asking, desk, end, this.note);
    } else {
      this.stopped = make(
        "span",
        { class: "stopped", role: "status", hidden: true },
        "The presenter has paused all runs",
      );
      this.sent = make("span", { class: "sent", role: "status", hidden: true });
      const back = make("a", { href: to("room"), class: "main" }, "Back to the room");
      this.element.append(name, this.count, back, this.sent, this.stopped, this.note);
    }
  }

  /** Show or hide the presenter's pointer to all. */
  point() {
    const on = !this.unfollow;
    this.pointing.setAttribute("aria-pressed", String(on));
    if (!on) {
      this.unfollow();
      this.unfollow = null;
      return;
    }
    let last = 0;
    let away = true;
    this.unfollow = follow(this.stage, (place) => {
      const now = performance.now();
      if (place.panel ? now - last < DOT_EVERY : away) return;
      [last, away] = [now, !place.panel];
      this.line.send({ type: "dot", ...place });
      this.dot.place(this.stage, place);
    });
  }

  /** Send all a link to the page as it is set up now. */
  push() {
    this.stage.turning.settle();
    const title = document.querySelector(".saddle-text")?.shadowRoot?.querySelector(".task b")?.textContent;
    const query = location.search.slice(1);
    this.line.send({ type: "push", page: this.stage.data.page, query, title: title ?? "" });
    this.say("Sent to everybody.");
  }

  ask() {
    const open = !this.form;
    this.asking.setAttribute("aria-expanded", String(open));
    this.form?.remove();
    this.form = null;
    if (!open) return;
    const planes = this.stage.panels.filter((p) => p.marks && !p.element.hidden);
    this.form = questionForm(
      (message) => (this.line.send(message), this.ask()),
      planes.map((p) => ({ name: p.spec.name, title: p.spec.title })),
    );
    this.form.classList.add("dropped");
    this.form.addEventListener("keydown", (event) => event.key === "Escape" && (this.ask(), this.asking.focus()));
    this.asking.after(this.form);
    this.form.querySelector("input").focus();
  }

  /** Offer a link that the presenter has sent. */
  offer(pushed) {
    if (!pushed || pushed.id === this.offered) return;
    this.offered = pushed.id;
    const href = pageAddress(this.stage.data.page, pushed.page, pushed.query);
    const gone = () => ((this.sent.hidden = true), this.stage.layout());
    this.sent.replaceChildren(
      "The presenter sends: ",
      make("a", { href, class: "main" }, pushed.title),
      button("×", gone, { "aria-label": "Not now" }),
    );
    this.sent.hidden = location.href === href;
  }

  say(text) {
    clearTimeout(this.saying);
    this.note.textContent = text;
    if (text) this.saying = setTimeout(() => this.say(""), NOTE_FOR);
  }

  over(text) {
    this.dispose();
    this.element.remove();
    this.cards.remove();
    this.stage.bar = null;
    if (text) this.stage.say(text, "info", 8000);
    this.stage.layout();
  }

  dispose() {
    for (const end of this.ends) end();
    this.unfollow?.();
    this.dot.element.remove();
    this.prediction.remove();
    clearInterval(this.looking);
  }
}
