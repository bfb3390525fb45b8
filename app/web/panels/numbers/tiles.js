// Tiles: numbers with their names, lined up.
//
// spec:
//   tiles: [{metric, label, form?, beside?: {metric, label}, title?, want?: text}]
//   compact?: true, or "column" for one below the other

import { FORMS } from "../../draw/numbers.js";
import { Panel } from "../panel.js";

export class Tiles extends Panel {
  constructor(spec, stage) {
    super(spec, stage);
    this.element.classList.add("tiles");
    if (spec.compact) this.element.classList.add("compact");
    if (spec.compact === "column") this.element.classList.add("column");
    this.plot.innerHTML = spec.tiles
      .map(
        (t) => `<div class="tile" title="${t.title ?? ""}"><span>${t.label}</span><output>–</output>
      <small>${t.beside ? `${t.beside.label} <i>–</i>` : (t.want ?? "")}</small></div>`,
      )
      .join("");
    this.cells = [...this.plot.children].map((e) => ({
      value: e.querySelector("output"),
      beside: e.querySelector("i"),
    }));
  }

  explained(known) {
    return this.spec.tiles
      .filter((t) => t.title)
      .map((t) => ({ name: t.label, value: FORMS[t.form ?? "significant"](known[t.metric]), text: t.title }));
  }

  get grows() {
    return true;
  }

  write(known) {
    super.write(known);
    this.spec.tiles.forEach((t, i) => {
      const form = FORMS[t.form ?? "significant"];
      const { value, beside } = this.cells[i];
      value.textContent = form(known[t.metric]);
      if (beside) beside.textContent = form(known[t.beside.metric]);
    });
  }
}

export default Tiles;
