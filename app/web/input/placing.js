// Placing: what the visitor puts into the data while the run trains. Labelled points, and ink of a
// painted density.
//
// Both are knobs of the run (`points`, `density`), so they are logged, replayed and linked like any
// other.

import * as link from "./link.js";
import { rows } from "./points.js";

const SETTLE = 400; // milliseconds before the link is written

export class Placing {
  /** most: points that can be placed; byHand: whether the run has points that were placed; side:
   * cells along a painting's side; ink: the knob that holds it; painted: its levels now; along:
   * knobs that turn to these values where there is ink, and back to their defaults where there is
   * none. */
  constructor(stage, { most = 0, byHand = false, side = 0, ink = "density", painted = [], along = {} }) {
    Object.assign(this, { stage, most, side, ink, list: null, received: null, byHand, painted, along });
  }

  // -- points --

  points() {
    return this.list ?? [];
  }

  tool() {
    return this.stage.tool;
  }

  refuse() {
    this.stage.say("The last point stays: add others first, or press Restore points.", "info", 3000);
  }

  /** Take the training points that the visitor placed; none brings back the data set's own. */
  change(points, record = true) {
    const before = this.moment;
    if (!this.list?.length) this.stage.say("");
    this.list = points.length ? points : this.received;
    this.byHand = points.length > 0;
    this.stage.view.marksDue = true;
    if (record) this.stage.turning.edits.record("points", { placed: before }, { placed: this.moment });
    this.send({ points });
  }

  /** Take in the points that came with a scene. */
  receive(scene) {
    if (!scene.points) return;
    this.received = rows(scene.points);
    if (!this.byHand || !this.list) this.list = this.received;
  }

  // -- ink --

  levels() {
    return this.painted;
  }

  paint(levels, record = true) {
    const before = this.moment;
    const inked = levels.some(Boolean);
    const byDefault = (name) => this.stage.turning.defaults[name];
    this.painted = levels;
    const along = Object.fromEntries(
      Object.entries(this.along).map(([name, value]) => [name, inked ? value : byDefault(name)]),
    );
    if (record) this.stage.turning.edits.record("painting", { placed: before }, { placed: this.moment });
    this.send({ [this.ink]: inked ? levels : [], ...(inked ? this.stage.turning.raised(along) : along) });
  }

  /** Back to the data set's own. */
  restore() {
    this.seal();
    if (this.side) this.paint([]);
    else this.change([]);
  }

  // -- both --

  /** A pointer is down: all that it does until `seal` is undone together. */
  hold() {
    this.stage.turning.edits.hold();
  }

  seal() {
    this.stage.turning.edits.seal();
  }

  announce(text) {
    this.stage.announce(text);
  }

  /** What was placed at another moment, as a change of its own: for undo. */
  become({ list, painted }) {
    if (this.side) this.paint(painted, false);
    else this.change(list, false);
  }

  send(values) {
    this.stage.send({ type: "knobs", values });
    this.stage.view.redraw();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.stage.link(link.knobs(values, {})), SETTLE);
  }

  /** What has been placed, to come back to. */
  get moment() {
    return { list: this.byHand ? this.list : [], painted: this.painted };
  }

  /** Back to a `moment`; the run itself goes back by its own log. */
  comeBack({ list, painted }) {
    this.byHand = list.length > 0;
    this.list = this.byHand ? list : this.received;
    this.painted = painted;
    this.stage.link(
      link.knobs(this.side ? { [this.ink]: painted.some(Boolean) ? painted : [] } : { points: list }, {}),
    );
  }

  /** Take over what was `kept` of a lost run; the run itself gets it as knobs. */
  takeOver(kept) {
    if (kept.points) Object.assign(this, { byHand: true, list: kept.points });
    if (kept[this.ink]) this.painted = kept[this.ink];
  }

  /** Knobs that bring a run which replaces a lost one to what was placed here. */
  get kept() {
    return {
      ...(this.byHand ? { points: this.list } : {}),
      ...(this.painted.some(Boolean) ? { [this.ink]: this.painted } : {}),
    };
  }
}
