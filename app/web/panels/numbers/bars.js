// Bars: classes with their probabilities. spec: {layer, from, count, column, other: column,
// target?: knob with a name of the list data.names}
//
// The layer is float32 (N, 3+): class, then probabilities. Rows from … from + count are shown,
// `column` as the bar and `other` as a tick across it. The answer the run started from (row 0) is
// marked ●, the target ◎, beside their colours.

import { chance } from "../../draw/numbers.js";
import { Panel } from "../panel.js";

export class Bars extends Panel {
  constructor(spec, stage) {
    super(spec, stage);
    this.element.classList.add("bars");
    this.plot.innerHTML = Array.from(
      { length: spec.count },
      () =>
        `<div class="row"><span class="name"></span><span class="track"><i></i><u></u></span><output>–</output></div>`,
    ).join("");
    this.plot.setAttribute("role", "img");
    this.rows = [...this.plot.children].map((e) => ({
      e,
      name: e.querySelector(".name"),
      bar: e.querySelector("i"),
      tick: e.querySelector("u"),
      number: e.querySelector("output"),
    }));
  }

  get grows() {
    return true;
  }

  wanted() {
    return [this.spec.layer];
  }

  paint(frame) {
    const layer = frame.layers[this.spec.layer];
    const { from, column, other, target } = this.spec;
    const names = this.stage.data.names;
    if (!layer) return;
    const across = layer.shape[1];
    const label = layer.data[0];
    const wanted = target ? frame.knobs?.[target] : "";
    const words = [];
    this.rows.forEach(({ e, name, bar, tick, number }, i) => {
      const at = (from + i) * across;
      const k = layer.data[at];
      const p = layer.data[at + column];
      const kind = k === label ? "label" : names[k] === wanted || (!wanted && i === 0) ? "target" : "";
      if (e.dataset.kind !== kind) e.dataset.kind = kind;
      const text = `${kind === "label" ? "● " : names[k] === wanted ? "◎ " : ""}${names[k]}`;
      if (name.textContent !== text) name.title = name.textContent = text;
      bar.style.width = `${100 * p}%`;
      tick.style.left = `${100 * layer.data[at + other]}%`;
      number.textContent = chance(p);
      words.push(`${names[k]} ${chance(p)}`);
    });
    this.plot.setAttribute("aria-label", `${this.spec.title}: ${words.join(", ")}`);
  }

  write() {
    super.write({});
    this.element.style.setProperty("--clean", this.colours.of("clean"));
    this.element.style.setProperty("--adversarial", this.colours.of("adversarial"));
  }
}

export default Bars;
