// Measure: numbers that take seconds or minutes, on request, with progress and cancel. A
// measurement runs on a copy of the run as it stands.
//
// spec: {measures: [{name, label, title, html, values?, bars?: {number, labels}}]}. html has
// <output data-number="..." data-form="...">; bars draws a list of counts.

import { Dropped } from "../../channel/questions.js";
import { FORMS, percent, whole } from "../../draw/numbers.js";
import { Panel } from "../panel.js";

/** A measurement's button, progress and result. */
const one = ({ name, title, label }, i) =>
  `<div class="one" data-measure="${name}"><div class="line"><button type="button" data-i="${i}"
      title="${title}">${label}</button>
      <progress max="1" value="0" aria-label="Progress" hidden></progress><button type="button" class="stop"
      data-i="${i}" hidden>cancel</button></div><div class="result" aria-live="polite"></div></div>`;

export class Measure extends Panel {
  constructor(spec, stage) {
    super(spec, stage);
    this.element.classList.add("measure");
    this.plot.innerHTML = spec.measures.map(one).join("");
    this.ones = [...this.plot.children];
    for (const button of this.plot.querySelectorAll(".line > button:not(.stop)"))
      button.addEventListener("click", () => this.begin(Number(button.dataset.i)));
    for (const button of this.plot.querySelectorAll(".stop"))
      button.addEventListener("click", () => stage.cancel(this.ones[button.dataset.i].asked));
  }

  explained() {
    return this.spec.measures.filter((m) => m.title).map((m) => ({ name: m.label, text: m.title }));
  }

  get grows() {
    return true;
  }

  async begin(i) {
    const m = this.spec.measures[i];
    const one = this.ones[i];
    const bar = one.querySelector("progress");
    const stop = one.querySelector(".stop");
    const step = this.stage.handle.step;
    const busy = (on) => ((bar.hidden = stop.hidden = !on), (one.querySelector("button").disabled = on));
    busy(true);
    bar.value = 0;
    one.querySelector(".result").textContent = "";
    try {
      const promise = this.stage.measurement(m.name, m.values ?? {}, (answer) => {
        bar.value = answer.share;
        if (Object.keys(answer.numbers).length) this.tell(m, one, answer.numbers, step);
      });
      one.asked = promise.id;
      this.tell(m, one, (await promise).numbers, step);
    } catch (error) {
      one.querySelector(".result").textContent = error instanceof Dropped ? "Cancelled." : error.message;
    }
    busy(false);
  }

  tell(m, one, numbers, step) {
    const result = one.querySelector(".result");
    result.innerHTML =
      m.html + (m.bars ? bars(numbers[m.bars.number], m.bars.labels) : "") + ` <small>at step ${whole(step)}</small>`;
    for (const out of result.querySelectorAll("[data-number]"))
      out.textContent = FORMS[out.dataset.form ?? "significant"](numbers[out.dataset.number]);
  }
}

/** Counts as upright bars, each with its label and its share. */
function bars(counts, labels) {
  const total = counts.reduce((a, b) => a + b, 0);
  const top = Math.max(...counts);
  const bar = (n, i) =>
    `<span title="${percent((100 * n) / total)}"><i style="height:${(34 * n) / top}px"></i>${labels[i]}</span>`;
  return `<div class="counts">${counts.map(bar).join("")}</div>`;
}

export default Measure;
