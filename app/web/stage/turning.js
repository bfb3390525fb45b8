// Turning: the knobs of a Stage. They are turned on screen, on the server and in the link at once, and
// undone and done again, together with what was placed.

import { Edits } from "../controls/edits.js";
import { KnobPanel } from "../controls/knob_panel.js";
import * as link from "../input/link.js";

const SETTLE = 400; // milliseconds after the last turn of a knob before the link is written

export class Turning {
  constructor(stage) {
    this.stage = stage;
    this.edits = new Edits(
      (side) => this.comeBack(side),
      () => this.allow(),
    );
  }

  /** The knobs of another run. */
  open(data) {
    this.values = { ...data.values };
    this.defaults = data.defaults;
    this.edits.clear();
  }

  /** The panel of the knobs, a new one for the run of `data`. */
  build(data, colours, help) {
    const ways = {
      undo: () => this.undo(),
      redo: () => this.redo(),
      reset: () => this.reset(),
      hold: () => this.edits.hold(),
      seal: () => this.edits.seal(),
    };
    const drag = (name, value) => this.drag(name, value);
    this.panel = new KnobPanel(data, colours, drag, () => this.settle(), help, ways);
    return this.panel.element;
  }

  /** A knob is dragged; where a lock is on, the knobs that it holds together go along. */
  drag(name, value) {
    const { data, locked } = this.stage;
    const lock = (data.side?.locks ?? []).find((l) => locked.has(l.name) && name.startsWith(l.prefix));
    const others = lock ? this.panel.along(name, this.values[name], value, lock.prefix, this.values) : {};
    this.turn({ [name]: value, ...others });
  }

  /** Turn knobs. undoing: they are turned back or again. */
  turn(values, undoing = false) {
    const { stage } = this;
    if (stage.past) stage.playback.latest();
    if (!undoing) {
      values = this.raised(values);
      const before = Object.fromEntries(Object.keys(values).map((name) => [name, this.values[name]]));
      this.edits.record(Object.keys(values).sort().join(), { values: before }, { values });
    }
    const since = performance.now();
    Object.assign(this.values, values);
    this.panel.set(values);
    for (const [name, value] of Object.entries(values)) stage.view.waiting.set(name, { value, since });
    stage.send({ type: "knobs", values });
    if (stage.data.ends) stage.playback.renew(true);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), SETTLE);
  }

  /** `values` with the knobs that the page wants raised along (data.raise: knob → {other: least}),
   * so that a run whose learning rates have decayed can follow. */
  raised(values) {
    const more = {};
    for (const name of Object.keys(values)) {
      if (values[name] === this.values[name]) continue;
      for (const [other, least] of Object.entries(this.stage.data.raise?.[name] ?? {}))
        if (this.values[other] < least) more[other] = least;
    }
    if (Object.keys(more).length) {
      const text = "Learning rates raised, so that the networks can follow; ↺ beside a knob brings back the old one.";
      this.stage.say(text, "info", 6000);
    }
    return { ...more, ...values };
  }

  /** A change is complete: write the knobs into the link. */
  settle() {
    clearTimeout(this.settling);
    this.stage.link(link.knobs(this.values, this.defaults));
  }

  /** Show values that the knobs have. */
  show(values) {
    this.panel.set(values);
    this.panel.sift(this.values, this.stage.data.setup);
    this.allow();
  }

  /** All knobs back to their defaults, as one change that can be undone. */
  reset() {
    const turned = this.turned();
    if (!turned.length) return;
    this.edits.seal();
    this.turn(Object.fromEntries(turned.map((name) => [name, this.defaults[name]])));
    this.edits.seal();
    this.settle();
    this.stage.say("All knobs are at their defaults; undo (Ctrl+Z) brings the old values back.", "info", 4000);
  }

  /** Names of the knobs that are not at their defaults. */
  turned() {
    return Object.keys(this.defaults).filter((name) => this.values[name] !== this.defaults[name]);
  }

  undo() {
    const edit = this.edits.undo();
    this.stage.announce(edit ? `Undone: ${named(edit, "before")}` : "There is nothing to undo.");
  }

  redo() {
    const edit = this.edits.redo();
    this.stage.announce(edit ? `Done again: ${named(edit, "after")}` : "There is nothing to do again.");
  }

  /** Bring back one side of an edit. */
  comeBack({ values, placed }) {
    if (placed) this.stage.placing?.become(placed);
    if (!Object.keys(values ?? {}).length) return;
    this.turn(values, true);
    this.settle();
  }

  /** Show which of undo, redo and reset can do something. */
  allow() {
    const { done, undone } = this.edits ?? {};
    this.panel?.allow({ undo: done?.length, redo: undone?.length, reset: this.turned().length });
  }
}

/** What one side of an edit has, in words. */
function named(edit, side) {
  const values = Object.entries(edit[side].values ?? {});
  if (!values.length) return edit.kind;
  return values.map(([name, value]) => `${name.replaceAll("_", " ")} ${value}`).join(", ");
}
