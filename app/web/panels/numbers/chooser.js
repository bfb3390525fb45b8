// Chooser: the digit that is attacked. Draw one, or pick a test digit by its class. spec:
// {examples: {digit: [numbers in the test set]}}
//
// The choice is part of the set-up, so it is written into the link, and the page opens a new run
// from that.

import { INK, encodeInk } from "../../input/painting.js";
import { Drawing } from "../images/drawing.js";

const SIDE = 28;
const ROW = 34; // height in pixels of the row of buttons

export class Chooser extends Drawing {
  constructor(spec, stage) {
    super(spec, stage);
    this.element.classList.add("chooser");
    this.use = Object.assign(document.createElement("button"), {
      type: "button",
      textContent: "attack it",
      hidden: true,
      className: "use",
    });
    this.use.addEventListener("click", () => this.take());
    this.element.querySelector("figcaption").append(this.use);
    const row = document.createElement("div");
    row.className = "digits";
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", "Test digits");
    for (let k = 0; k < 10; k++) {
      const button = Object.assign(document.createElement("button"), {
        type: "button",
        textContent: k,
        title: `Another ${k} from the test set`,
      });
      button.addEventListener("click", () => this.pick(k));
      row.append(button);
    }
    this.plot.append(row);
  }

  begin(at) {
    this.use.hidden = false;
    super.begin(at);
  }

  size(width, height, ratio) {
    super.size(width, height, ratio);
    const side = Math.min(width, height - ROW);
    Object.assign(this.front.style, { width: `${side}px`, height: `${side}px` });
    this.w = this.h = this.front.width = this.front.height = Math.round(side * ratio);
  }

  /** Shows the digit of the run, until one is drawn. */
  mark() {
    const original = this.stage.sceneShown?.original;
    if (original && !this.strokes.length && !this.cleared) this.pixels = original.data.subarray(0, SIDE * SIDE);
    this.draw();
  }

  clear() {
    this.cleared = true;
    this.use.hidden = true;
    super.clear();
  }

  pick(k) {
    const examples = this.spec.examples[k];
    const now = examples.indexOf(this.stage.data.setup.digit);
    this.open({ digit: examples[(now + 1) % examples.length], drawn: null, label: null });
  }

  take() {
    const pixels = this.digit();
    if (!pixels) return;
    const levels = new Array(SIDE * SIDE); // as painted densities are kept: rows from the bottom
    for (let r = 0; r < SIDE; r++)
      for (let c = 0; c < SIDE; c++) levels[(SIDE - 1 - r) * SIDE + c] = Math.round((pixels[r * SIDE + c] * INK) / 255);
    this.open({ drawn: encodeInk(levels) });
  }

  /** A new run from the link with these values, which attacks at once. */
  open(values) {
    this.stage.turning.settle();
    this.stage.link({ ...values, play: 1 });
    this.stage.lost();
  }
}

export default Chooser;
