// Edits: what the visitor turned and placed, to be undone and done again. An edit has the values of
// the knobs and what was placed, before and after: {values?: {knob: value}, placed?: moment}.

const MOST = 200; // edits kept
const TOGETHER = 700; // milliseconds in which changes of the same kind are one edit

export class Edits {
  /** apply(side) brings back one side of an edit; changed() is called when there is more or less to
   * undo. */
  constructor(apply, changed) {
    Object.assign(this, { apply, changed });
    this.clear();
  }

  clear() {
    this.done = [];
    this.undone = [];
    this.sealed = true;
    this.changed();
  }

  /** Something was changed. Changes of the same `kind` that follow each other are one edit, until
   * `seal` ends it or some time has passed. */
  record(kind, before, after) {
    const now = performance.now();
    const last = this.done.at(-1);
    this.undone = [];
    if (last && !this.sealed && last.kind === kind && now - this.at < (this.held ? Infinity : TOGETHER)) {
      last.before = merged(before, last.before);
      last.after = merged(last.after, after);
    } else {
      this.done.push({ kind, before, after });
      if (this.done.length > MOST) this.done.shift();
    }
    this.sealed = false;
    this.at = now;
    this.changed();
  }

  /** What comes next is another edit. */
  seal() {
    this.sealed = true;
    this.held = false;
  }

  /** A pointer is down: all that it does until `seal` is one edit. */
  hold() {
    this.seal();
    this.held = true;
  }

  /** Take back the last edit; returns it, or undefined where there is none. */
  undo() {
    return this.move(this.done, this.undone, "before");
  }

  redo() {
    return this.move(this.undone, this.done, "after");
  }

  move(from, to, side) {
    const edit = from.pop();
    if (!edit) return undefined;
    to.push(edit);
    this.seal();
    this.apply(edit[side]);
    this.changed();
    return edit;
  }
}

/** Two sides of edits as one; `over` has the last word. */
const merged = (under, over) => ({ ...under, ...over, values: { ...under.values, ...over.values } });
