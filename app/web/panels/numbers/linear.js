// Linear: why tiny changes add up. A unit wᵀx in n dimensions, η = ε·sign(w): predicted ε·m·n
// against the measured difference of two dot products.
//
// spec: {epsilon: knob in grey levels}. Asks the run's question "linear". The slider n and the
// weights (random, or those of a softmax regression on digits) are the panel's own.

import { Dropped } from "../../channel/questions.js";
import { Chart } from "../../draw/chart.js";
import { fixed, significant, whole } from "../../draw/numbers.js";
import { CanvasPanel } from "../panel.js";

const MOST = { random: 100_000, linear: 784, "linear-robust": 784 };
const M = 0.01;
const TRAVEL = 1000;
const SWEEP = [1, 2, 3, 5, 8, 13, 20, 36, 64, 100, 200, 392, 784, 1500, 3000, 6000, 12_000, 25_000, 50_000, 100_000];

export class Linear extends CanvasPanel {
  constructor(spec, stage) {
    super(spec, stage);
    this.element.classList.add("linear");
    const head = document.createElement("div");
    head.className = "head";
    head.innerHTML = `<label>weights <select><option value="random">random, mean |w| = m = ${M}</option>
      <option value="linear">softmax regression on digits</option>
      <option value="linear-robust">softmax regression, robust</option></select></label>
      <label class="n">n = <output></output> dimensions <input type="range" min="0" max="${TRAVEL}" value="700"
        aria-label="n, number of dimensions"></label><div class="message" role="status"></div>`;
    this.plot.prepend(head);
    this.head = head;
    [this.weights, this.slider, this.count, this.message] = ["select", "input", "output", ".message"].map((s) =>
      head.querySelector(s),
    );
    this.weights.addEventListener("change", () => this.begin());
    this.slider.addEventListener("input", () => this.want());
  }

  get grows() {
    return true;
  }

  size(width, height, ratio) {
    super.size(width, height, ratio);
    const high = Math.max(120, height - (this.head.offsetHeight || 96));
    this.front.style.height = `${high}px`;
    this.h = this.front.height = Math.round(high * ratio);
  }

  get n() {
    return Math.round(Math.exp((this.slider.value / TRAVEL) * Math.log(MOST[this.weights.value])));
  }

  paint(frame) {
    const epsilon = frame.knobs[this.spec.epsilon] / 255;
    if (epsilon !== this.epsilon) {
      this.epsilon = epsilon;
      this.begin();
    }
    if (this.drawnUnder !== this.colours.key) this.draw();
  }

  mark() {
    this.draw();
  }

  /** Measure again from the smallest n to the largest. */
  begin() {
    if (this.epsilon === undefined) return;
    this.found = [];
    this.waiting = SWEEP.filter((n) => n <= MOST[this.weights.value]);
    this.want();
  }

  want() {
    this.wanted_n = this.n;
    this.count.textContent = whole(this.n);
    this.pump();
  }

  /** One question at a time; the slider's before the sweep's. */
  async pump() {
    if (this.busy) return;
    this.busy = true;
    while (this.wanted_n || this.waiting?.length) {
      const own = Boolean(this.wanted_n);
      const n = own ? this.wanted_n : this.waiting[0];
      const asked = `${this.epsilon}/${this.weights.value}`;
      try {
        const { numbers } = await this.stage.question("linear", {
          n,
          epsilon: this.epsilon,
          m: M,
          weights: this.weights.value,
        });
        if (asked !== `${this.epsilon}/${this.weights.value}`) continue;
        if (own) {
          this.now = numbers;
          this.wanted_n === n && (this.wanted_n = 0);
        } else {
          this.waiting.shift();
          this.found.push(numbers);
        }
      } catch (error) {
        if (!(error instanceof Dropped)) this.message.textContent = error.message;
        break;
      }
      this.draw();
    }
    this.busy = false;
  }

  draw() {
    this.drawnUnder = this.colours.key;
    const most = MOST[this.weights.value];
    const e = this.epsilon ?? 0.1;
    const { found = [], now } = this;
    const m = found.at(-1)?.m ?? M;
    const low = Math.max(1e-9, (e * m) / 20);
    const chart = new Chart(
      this,
      { low: 0.9, high: most * 1.15, log: true, title: "n, dimensions that may change by ±ε" },
      { low, high: Math.max(2 * e, e * m * most * 2.5, low * 10), log: true, title: "change of the activation wᵀx" },
    );
    if (e === 0) return void (this.message.textContent = "ε = 0: nothing may change. Turn ε up.");
    const n = found.map((f) => f.n);
    chart.line([0.9, most * 1.15], [e, e], "clean", [2, 5]);
    chart.line(
      n,
      found.map((f) => f.predicted),
      "adversarial",
    );
    chart.dots(
      n,
      found.map((f) => f.measured),
      "adversarial",
    );
    chart.dots(
      n,
      found.map((f) => Math.max(low, Math.abs(f.random))),
      "random",
      true,
    );
    chart.line(
      n,
      found.map((f) => Math.max(low, f.typical)),
      "random",
      [6, 4],
    );
    chart.word("largest change of one value: ε", 1.1, e, "clean");
    if (found.length > 8) {
      const a = found[Math.floor(0.72 * found.length)];
      chart.word("ε·m·n  ", a.n, a.predicted, "adversarial", "right", -8);
      chart.word("random ±ε: ε‖w‖₂, about √n", found.at(-1).n, found.at(-1).typical, "random", "right", 56);
    }
    if (!now || now.n !== this.n) return;
    chart.dots([now.n], [now.measured], "ink", false, 7);
    const off = (100 * (now.measured - now.predicted)) / now.predicted;
    const measured = `<strong data-n="measured">${significant(now.measured)}</strong>`;
    this.message.innerHTML = `predicted ε·m·n = <strong>${significant(now.predicted)}</strong>
      · measured ${measured} (${off >= 0 ? "+" : ""}${fixed(off, 2)} %)
      · random ±ε <strong>${significant(now.random)}</strong>
      · no value moved by more than ${significant(now.linf)}`;
    this.front.setAttribute("aria-label", `Change of the activation against n. ${this.message.textContent}`);
  }

  write() {
    super.write({});
  }
}

export default Linear;
