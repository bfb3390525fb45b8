// LatentStrip: a path between two codes as images: between two draws of s, or between two test
// images that are clicked in the plane. It sends "way" {codes, lit}.
//
// spec: {side, steps, columns, lines}

import { moment } from "../../channel/frames.js";
import { LatestOnly } from "../../channel/questions.js";
import { outdated } from "../../channel/subscription.js";
import { Tour } from "../tour.js";
import { Images } from "./images.js";

const AGAIN = 450; // milliseconds between answers while the run trains
const TICK = 160; // milliseconds between images of the tour

export class LatentStrip extends Images {
  constructor(spec, stage) {
    super({ gap: 0, ...spec, pick: true }, stage);
    this.element.classList.add("latent-strip");
    this.element.querySelector("figcaption").insertAdjacentHTML(
      "beforeend",
      `<span class="buttons"><select aria-label="What lies at the ends">
      <option value="walk">two draws of s</option><option value="interpolate">two test digits</option></select>
      <button type="button" class="dice">others</button>
      <button type="button" class="tour" aria-label="Play along the way">▶</button></span>`,
    );
    this.how = this.element.querySelector("select");
    this.ends = { walk: [1, 2], interpolate: [0, 1] };
    this.lit = -1;
    this.how.addEventListener("change", () => this.ask());
    this.element.querySelector(".dice").addEventListener("click", () => this.other());
    const next = () => this.light((this.lit + 1) % (this.count || 1));
    new Tour(this, this.element.querySelector(".tour"), TICK, next, ["Play along the way", "Pause"]);
    stage.on("code", ({ index }) => {
      this.how.value = "interpolate";
      this.ends.interpolate = [this.ends.interpolate[1], index];
      this.ask();
    });
    const take = (answer, asked) => this.take(answer, asked);
    const fail = (error) => stage.say(error.message, "error", 5000);
    this.latest = new LatestOnly((asked) => stage.question(asked.how, asked.values), take, fail);
  }

  other() {
    const most = this.how.value === "walk" ? 1e5 : 256;
    const draw = () => Math.floor(Math.random() * most);
    this.ends[this.how.value] = [draw(), draw()];
    this.ask();
  }

  ask() {
    const how = this.how.value;
    const [a, b] = this.ends[how];
    const steps = this.spec.columns * this.spec.lines;
    this.asked = { how, values: how === "walk" ? { s_a: a, s_b: b, steps } : { a, b, steps } };
    this.latest.ask(this.asked);
  }

  take({ numbers, layers }, asked) {
    if (asked !== this.asked) return;
    this.seen = moment(this.stage.shown);
    this.answered = performance.now();
    this.codes = numbers.codes;
    this.show(layers.images);
    this.light(this.lit);
  }

  /** A click or a key on one of the images. */
  tell(index) {
    if (index >= 0 && index < (this.count ?? 0)) this.light((this.cursor = index));
  }

  light(i) {
    this.lit = i;
    this.chosen = i < 0 ? [] : [i];
    if (this.codes) this.stage.tell("way", { codes: this.codes, lit: i });
    this.again();
  }

  paint(frame) {
    super.paint(frame);
    if (!this.asked) return this.ask();
    if (outdated(this, frame, AGAIN)) this.latest.ask(this.asked);
  }
}

export default LatentStrip;
