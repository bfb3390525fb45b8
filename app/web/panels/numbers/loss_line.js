// LossLine: the loss along the direction of the gradient and along a random one. spec: {models:
// {name: title}, model: the first shown}
//
// Asks the run's question "slice" for the digit under attack, again when a knob has turned.

import { LatestOnly } from "../../channel/questions.js";
import { Chart } from "../../draw/chart.js";
import { fixed } from "../../draw/numbers.js";
import { CanvasPanel } from "../panel.js";

export class LossLine extends CanvasPanel {
  constructor(spec, stage) {
    super(spec, stage);
    this.pick = document.createElement("select");
    this.pick.setAttribute("aria-label", "Model");
    this.pick.append(
      ...Object.entries(spec.models).map(([value, text]) =>
        Object.assign(document.createElement("option"), { value, textContent: text }),
      ),
    );
    this.pick.value = spec.model;
    this.pick.addEventListener("change", () => this.ask());
    this.element.querySelector("figcaption").append(this.pick);
    this.latest = new LatestOnly(
      (values) => stage.question("slice", values),
      ({ numbers }) => ((this.found = numbers), this.draw()),
      (error) => stage.say(error.message, "error", 5000),
    );
  }

  paint(frame) {
    const key = JSON.stringify([
      frame.knobs.epsilon,
      frame.knobs.epsilon_l2,
      frame.knobs.norm,
      frame.knobs.target,
      this.stage.data.token,
    ]);
    if (key !== this.askedFor) {
      this.askedFor = key;
      this.flat = frame.knobs.norm === "linf";
      this.ask();
    }
    if (this.drawnUnder !== this.colours.key) this.draw();
  }

  mark() {
    this.draw();
  }

  ask() {
    this.latest.ask({ model: this.pick.value, index: 0 });
  }

  draw() {
    this.drawnUnder = this.colours.key;
    const f = this.found;
    if (!f) return;
    const by = this.flat ? 255 : 1;
    const x = f.at.map((v) => by * v);
    const most = Math.max(...f.steepest, ...f.random) * 1.08 + 1e-6;
    const chart = new Chart(
      this,
      { low: x[0], high: x.at(-1), title: `distance from the image, ${this.flat ? "grey levels" : "pixel units"}` },
      { low: 0, high: most, title: "loss, nats" },
    );
    chart.line(x, f.random, "random", [6, 5]);
    chart.line(x, f.steepest, "adversarial");
    chart.word("— along sign ∇ₓL", x[0], most, "adversarial", "left", 16);
    chart.word("- - along a random direction", x[0], most, "random", "left", 34);
    this.front.setAttribute(
      "aria-label",
      `${this.spec.title}: from ${fixed(f.steepest[0], 2)} to ${fixed(f.steepest.at(-1), 2)} nats along the gradient`,
    );
  }

  write() {
    this.element.style.setProperty("--method", this.colours.of(this.spec.colour));
  }
}

export default LossLine;
