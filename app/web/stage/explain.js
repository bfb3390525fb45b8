// Explain: one training step shown part by part. The numbers are those that the next step will
// have; the run computes them without taking the step.
//
// data.phases: [{name, title, html, panel?, parts?, layers?}]
//   html: has <output data-number="...">, filled with the phase's numbers
//   panel, parts: the panel and the parts of the diagram that are highlighted meanwhile
//   layers: {the phase's name of a layer: the name by which panels draw it}
// data.flow: the diagram, {nodes: [[id, label, column, row]], edges: [[from, to]]}

import { Dropped } from "../channel/questions.js";
import { FORMS } from "../draw/numbers.js";
import { when } from "../widgets/when.js";

const SLOW = 2600; // milliseconds a phase, when it plays by itself

export class Explain {
  constructor(stage, phases, flow) {
    Object.assign(this, { stage, phases, at: -1, known: null });
    this.element = document.createElement("div");
    this.element.className = "explain-box";
    this.element.hidden = true;
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "One step, part by part");
    this.element.innerHTML = `<ol></ol>${flow ? diagram(flow) : ""}<div class="phase" aria-live="polite"></div>
      <div class="ways"><button type="button" data-way="back">‹ back</button>
      <button type="button" data-way="on">next ›</button>
      <button type="button" data-way="slow" aria-pressed="false">slow motion</button>
      <button type="button" data-way="end">close</button></div>`;
    this.list = this.element.querySelector("ol");
    this.list.innerHTML = phases
      .map((p, i) => `<li><button type="button" data-at="${i}">${p.title}</button></li>`)
      .join("");
    this.text = this.element.querySelector(".phase");
    this.slowButton = this.element.querySelector("[data-way=slow]");
    this.element.addEventListener("click", (event) => {
      const { way, at } = event.target.dataset;
      if (at !== undefined) this.go(this.known?.findIndex((p) => p.spec === this.phases[at]) ?? -1);
      if (way === "back") this.go(Math.max(0, this.at - 1));
      if (way === "on") this.next();
      if (way === "slow") this.slow(!this.timer);
      if (way === "end") this.close();
    });
  }

  get open() {
    return !this.element.hidden;
  }

  /** Ask for the phases of the next step and show the first. */
  async begin() {
    this.element.hidden = false;
    this.stage.transport.explain?.setAttribute("aria-pressed", "true");
    this.text.textContent = "Working out the next step…";
    this.stage.layout();
    try {
      const answer = await this.stage.connection.questions.put({ type: "explain" });
      // A part of the step that is switched off has no phase.
      this.known = answer.numbers.phases.map((p, i) => {
        const spec = this.phases.find((s) => s.name === p.name);
        return { ...p, spec, layers: pickLayers(answer.layers, i, spec.layers) };
      });
      this.go(0);
    } catch (error) {
      if (!(error instanceof Dropped)) this.stage.say(error.message, "error", 5000);
      this.close();
    }
  }

  go(at) {
    if (!this.known?.[at]) return;
    const phase = this.known[at];
    const spec = phase.spec;
    this.at = at;
    [...this.list.children].forEach((li, i) => li.toggleAttribute("data-now", this.phases[i] === spec));
    this.text.innerHTML = spec.html;
    when(this.text, this.stage.shown?.knobs ?? this.stage.values);
    for (const out of this.text.querySelectorAll("[data-number]"))
      out.textContent = FORMS[out.dataset.form ?? "significant"](phase.numbers[out.dataset.number]);
    for (const panel of this.stage.panels) panel.element.toggleAttribute("data-lit", panel.spec.name === spec.panel);
    for (const node of this.element.querySelectorAll("[data-part]"))
      node.toggleAttribute("data-lit", Boolean(spec.parts?.includes(node.dataset.part)));
    // Layers of this phase and of those before it, so that what a sub-step has made stays on
    // screen.
    this.layers = Object.assign({}, ...this.known.slice(0, at + 1).map((p) => p.layers));
    this.stage.view.redraw();
  }

  /** The next phase; after the last, the step is taken and the one after it explained. */
  next() {
    if (!this.known) return;
    if (this.at + 1 < this.known.length) return this.go(this.at + 1);
    this.known = this.layers = null;
    this.stage.send({ type: "step", steps: 1 });
    this.begin();
  }

  slow(on) {
    clearInterval(this.timer);
    this.timer = on ? setInterval(() => this.next(), SLOW) : 0;
    this.slowButton.setAttribute("aria-pressed", String(on));
  }

  close() {
    this.slow(false);
    this.known = this.layers = null;
    if (this.element.hidden) return;
    this.element.hidden = true;
    this.stage.transport.explain?.setAttribute("aria-pressed", "false");
    for (const panel of this.stage.panels) panel.element.removeAttribute("data-lit");
    this.stage.layout();
    this.stage.view.redraw();
  }
}

/** Boxes and arrows as SVG, in columns and rows. */
function diagram({ nodes, edges }) {
  const W = 78;
  const H = 38;
  const w = 56;
  const h = 26;
  const at = Object.fromEntries(nodes.map(([id, , c, r]) => [id, [c * W + w / 2 + 2, r * H + h / 2 + 2]]));
  const right = Math.max(...nodes.map((n) => n[2])) * W + w + 4;
  const bottom = Math.max(...nodes.map((n) => n[3])) * H + h + 4;
  const ends = ([x, y], [u, v]) =>
    x === u
      ? [x, y + (Math.sign(v - y) * h) / 2, u, v - Math.sign(v - y) * (h / 2 + 2)]
      : [x + w / 2, y, u - w / 2 - 3, v];
  const way = ([x, y, u, v]) => `<path d="M${x} ${y} L${u} ${v}" marker-end="url(#tip)"/>`;
  const lines = edges.map(([a, b]) => way(ends(at[a], at[b]))).join("");
  const box = ([id, label]) => {
    const [x, y] = at[id];
    return `<g data-part="${id}"><rect x="${x - w / 2}" y="${y - h / 2}" width="${w}" height="${h}" rx="5"/>
      <text x="${x}" y="${y + 4.5}">${label}</text></g>`;
  };
  const tip = `<marker id="tip" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="7" markerHeight="7" orient="auto"
    ><path d="M0 0L6 3L0 6z"/></marker>`;
  return `<svg class="flow" viewBox="0 0 ${right} ${bottom}" style="width:${right}px;height:${bottom}px" role="img"
    aria-label="Diagram of the step"><defs>${tip}</defs>${lines}${nodes.map(box).join("")}</svg>`;
}

/** "2.arrows" → arrows, for phase 2, or what `names` calls it. */
function pickLayers(layers, i, names = {}) {
  const own = Object.entries(layers)
    .filter(([name]) => name.startsWith(`${i}.`))
    .map(([name, layer]) => [name.slice(`${i}.`.length), layer]);
  return Object.fromEntries(own.map(([name, layer]) => [names[name] ?? name, layer]));
}
