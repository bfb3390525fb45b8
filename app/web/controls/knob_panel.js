// KnobPanel: all knobs of a Stage, in one box or in the groups that the page declares: data.groups,
// [{title, names}]. Knobs that no group names come last.

import { allowed, makeKnob, range } from "./knob.js";

export class KnobPanel {
  /** data: of the Stage. change(name, value) is called while a knob is dragged, settle() when a
   * change is complete. */
  constructor(data, colours, change, settle) {
    const groups = data.groups ?? [];
    const named = new Set(groups.flatMap((g) => g.names));
    const all = Object.keys(data.knobs);
    this.knobs = Object.fromEntries(
      all.map((name) => [name, makeKnob(name, data.knobs[name], data.defaults[name], change, settle)]),
    );
    this.element = document.createElement("div");
    this.element.className = "knob-groups";
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
    for (const knob of Object.values(this.knobs)) if (knob.d.member) knob.element.classList.add("owned");
    this.retheme(colours);
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
