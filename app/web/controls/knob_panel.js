// KnobPanel: all knobs of a Stage, in one box or in the groups that the page declares: data.groups,
// [{title, names}]. Knobs that no group names come last.

import { allowed, explained, makeKnob, range } from "./knob.js";

const ONE_LINE = 48; // pixels that a transport of one line is lower than

export class KnobPanel {
  /** data: of the Stage. change(name, value) is called while a knob is dragged, settle() when a
   * change is complete. help: explains the knobs (help.js). ways: {undo(), redo(), reset(),
   * hold(), seal()}, the last two as a slider is pressed and let go. */
  constructor(data, colours, change, settle, help, ways) {
    const groups = data.groups ?? [];
    const named = new Set(groups.flatMap((g) => g.names));
    const all = Object.keys(data.knobs);
    this.knobs = Object.fromEntries(
      all.map((name) => [name, makeKnob(name, data.knobs[name], data.defaults[name], change, settle)]),
    );
    this.element = document.createElement("div");
    this.element.className = "knob-groups";
    this.element.style.setProperty("--groups", Math.max(1, groups.length));
    for (const { title, names } of [...groups, { title: "", names: all.filter((n) => !named.has(n)) }]) {
      if (!names.length) continue;
      const box = document.createElement("div");
      box.className = "knobs";
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", `${title || "Knobs"}: they act while the run trains`);
      if (title) box.innerHTML = `<h4>${title}</h4>`;
      box.append(...names.map((name) => this.knobs[name].element));
      this.element.append(box);
    }
    for (const knob of Object.values(this.knobs)) {
      if (knob.d.member) knob.element.classList.add("owned");
      help.attach(knob.about, () => explained(knob.name, knob.d, data.defaults[knob.name]));
    }
    this.addWays(ways);
    this.element.addEventListener("pointerdown", (event) => event.target.type === "range" && ways.hold());
    for (const type of ["pointerup", "pointercancel"])
      this.element.addEventListener(type, (event) => event.target.type === "range" && ways.seal());
    this.retheme(colours);
  }

  /** Buttons to undo, to do again, and to bring back all defaults. `house` gives them their place. */
  addWays(ways) {
    const icon = (path) => `<svg viewBox="0 0 20 20" aria-hidden="true" class="stroke"><path d="${path}"/></svg>`;
    this.ways = document.createElement("div");
    this.ways.className = "knob-ways";
    this.ways.setAttribute("role", "group");
    this.ways.setAttribute("aria-label", "Changes");
    this.ways.innerHTML = `
      <button type="button" class="undo" title="Undo the last change (Ctrl+Z)" aria-label="Undo"
        disabled>${icon("M7 4L3 8l4 4M3 8h9a5 5 0 0 1 0 10H8")}</button>
      <button type="button" class="redo" title="Do it again (Ctrl+Shift+Z)" aria-label="Redo"
        disabled>${icon("M13 4l4 4-4 4M17 8H8a5 5 0 0 0 0 10h4")}</button>
      <button type="button" class="reset-knobs" title="All knobs back to their defaults" disabled>reset knobs</button>`;
    const find = (name) => this.ways.querySelector(`.${name}`);
    [this.undo, this.redo, this.reset] = ["undo", "redo", "reset-knobs"].map(find);
    this.undo.addEventListener("click", ways.undo);
    this.redo.addEventListener("click", ways.redo);
    this.reset.addEventListener("click", ways.reset);
  }

  /** Put these buttons into the transport. Where that is one line without them they stand after the
   * last knob, if there is room; and on a phone, where the transport is always in sight. */
  house(transport, phone) {
    const line = transport.element;
    const key = `${phone}/${line.clientWidth}`;
    if (key === this.housed || this.ways.contains(line.getRootNode().activeElement)) return;
    this.housed = key;
    const afterKnobs = () => this.element.lastElementChild?.append(this.ways);
    const besideTimeline = () => transport.timeline.before(this.ways);
    if (phone) return afterKnobs();
    besideTimeline();
    const high = line.parentElement.offsetHeight;
    if (line.offsetHeight < ONE_LINE) return;
    afterKnobs();
    if (line.parentElement.offsetHeight >= high) besideTimeline();
  }

  /** Which of these buttons can do something. */
  allow({ undo, redo, reset }) {
    this.undo.disabled = !undo;
    this.redo.disabled = !redo;
    this.reset.disabled = !reset;
  }

  retheme(colours) {
    for (const knob of Object.values(this.knobs)) knob.element.style.setProperty("--method", colours.of(knob.d.member));
  }

  /** Move knobs to values. */
  set(values) {
    for (const [name, value] of Object.entries(values)) this.knobs[name]?.set(value);
  }

  /** Hide the knobs that have no effect under the present values of knobs and set-up. */
  sift(values, setup = {}) {
    for (const knob of Object.values(this.knobs)) {
      const now = (field) => values[field] ?? setup[field]; // unknown where the page does not show that knob
      const [when, few] = knob.d.when ?? [];
      const [unless, others] = knob.d.unless ?? [];
      knob.element.hidden =
        (now(when) !== undefined && !few.includes(now(when))) ||
        (now(unless) !== undefined && others.includes(now(unless)));
    }
  }

  /** Values of the other knobs whose names begin with `prefix`, changed by the same factor as
   * `name` from `before` to `value`. */
  along(name, before, value, prefix, values) {
    const factor = value / before;
    const others = Object.entries(this.knobs).filter(([other]) => other.startsWith(prefix) && other !== name);
    if (!(factor > 0 && before > 0)) return {};
    return Object.fromEntries(
      others.map(([other, knob]) => [other, Math.min(knob.d.high, Number((values[other] * factor).toPrecision(3)))]),
    );
  }

  /** Throws a RangeError that names what is allowed, where a knob does not exist or cannot have a
   * value. */
  check(name, value) {
    const knob = this.knobs[name];
    if (!knob) throw new RangeError(`There is no knob ${name}; known are ${Object.keys(this.knobs).join(", ")}.`);
    if (allowed(knob.d, value)) return;
    const which = knob.d.step === undefined ? "one of" : "a number from";
    throw new RangeError(`${name} = ${value} is not allowed: give ${which} ${range(knob.d)}.`);
  }
}
