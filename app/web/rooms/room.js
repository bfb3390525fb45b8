// Room: the page /room. Its entrance, and behind it the presenter's or a member's page. data: {page,
// code}; the trigger "own" opens a run of one's own: its token, and the speed it had in steps a second.

import { Entrance } from "./entrance.js";
import { here } from "./identity.js";
import { roomLine } from "./line.js";
import { make } from "./parts.js";
import { Presenting } from "./presenting.js";
import { Watching } from "./watching.js";

export function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".saddle-room");
  clearTimeout(root.leaving);
  root.took = (token, speed) => setTriggerValue("own", `${token} ${speed ?? ""}`);
  root.page ??= new RoomPage(root, data);
  // A rerun may clean up and mount again at once; only a real departure lasts.
  return () => (root.leaving = setTimeout(() => (root.page.dispose(), delete root.page), 100));
}

class RoomPage {
  constructor(root, { code }) {
    Object.assign(this, { root, code });
    this.line = roomLine();
    this.ends = [
      this.line.on("entered", () => this.inside()),
      this.line.on("note", (text) => this.entrance?.say(text)),
      this.line.on("over", (text) => this.outside(text)),
      this.line.on("forked", ({ token }) => root.took(token, this.shown?.stage?.shown?.speed)),
    ];
    const identity = here();
    if (this.line.open && this.line.me && (!code || this.line.me.code === code)) return this.inside();
    if (identity && (!code || identity.code === code)) {
      root.replaceChildren(make("p", { class: "wait", role: "status" }, "Going back into the room…"));
      return this.line.enter({ type: "back", code: identity.code, secret: identity.secret }, "room");
    }
    this.outside("");
  }

  outside(text) {
    this.shown?.dispose();
    this.shown = null;
    this.entrance = new Entrance((hello) => this.line.enter(hello, "room"), text ? "" : this.code);
    this.root.replaceChildren(this.entrance.element);
    if (text) this.entrance.say(text);
  }

  inside() {
    this.line.page = "room";
    if (this.shown) return; // the connection has come back
    this.entrance = null;
    this.shown = this.line.presents ? new Presenting(this.line, this.line.me.pages) : new Watching(this.line);
    this.root.replaceChildren(this.shown.element);
    if (location.hash !== "#own") return;
    history.replaceState(history.state, "", location.pathname + location.search); // the way back leads here
    this.line.send({ type: "own" });
  }

  dispose() {
    for (const end of this.ends) end();
    this.shown?.dispose();
  }
}
