// LatentWalk: a path through the codes z between anchors, as a film strip with a slider over it
// (Goodfellow et al. 2014, figure 3).
//
// Anchors are samples picked in the panel `spec.samples`, seeds typed in, or random ones. The image
// under the slider goes to the panel `spec.now`. Two anchors make a line, more a tour, which may be
// closed and plays as an animation. It sends "anchors", the list.

import { moment } from "../../channel/frames.js";
import { LatestOnly } from "../../channel/questions.js";
import { address } from "../../channel/socket.js";
import { pointerShare } from "../../draw/mapping.js";
import { fixed } from "../../draw/numbers.js";
import { Panel } from "../panel.js";
import { Tour } from "../tour.js";

const STEPS = 16; // images from one anchor to the next
const MOST = 6; // anchors
const AGAIN = 450; // milliseconds between answers while G trains
const TICK = 50; // milliseconds between two places of the tour
const LETTERS = "ABCDEF";

export class LatentWalk extends Panel {
  constructor(spec, stage) {
    super(spec, stage);
    this.element.classList.add("latent-walk");
    this.anchors = [{ seed: 1 }, { seed: 2 }];
    this.at = 0;
    this.plot.innerHTML = `<canvas class="strip" role="img" aria-label="Film strip of the walk"></canvas>
      <div class="way"><button type="button" class="tour" aria-label="Play the walk">▶</button><input type="range"
        min="0" max="1000" value="0" aria-label="Place along the walk"><output></output></div>
      <div class="anchors" role="group" aria-label="Anchors of the walk"></div>
      <div class="ways"><select aria-label="Path between anchors">
          <option value="slerp">slerp</option><option value="lerp">lerp</option></select>
        <label title="From the last anchor back to the first"><input type="checkbox" class="closed">closed</label>
        <input type="text" inputmode="numeric" class="seed" placeholder="seed" aria-label="Seed of a new anchor"
          size="5"><button type="button" class="add">add</button>
        <button type="button" class="dice">random</button><button type="button" class="png">PNG</button><button
          type="button" class="gif">GIF</button></div>`;
    const find = (selector) => this.plot.querySelector(selector);
    Object.assign(this, {
      strip: find(".strip"),
      slider: find("input[type=range]"),
      norm: find("output"),
      chips: find(".anchors"),
      how: find("select"),
      closed: find(".closed"),
      seed: find(".seed"),
    });
    this.slider.addEventListener("input", () => this.go(this.slider.value / 1000));
    this.strip.addEventListener("pointerdown", (event) => this.point(event));
    this.how.addEventListener("change", () => this.walk());
    this.closed.addEventListener("change", () => this.walk());
    find(".add").addEventListener("click", () => this.typed());
    this.seed.addEventListener("keydown", (event) => event.key === "Enter" && this.typed());
    find(".dice").addEventListener("click", () => this.add({ seed: Math.floor(Math.random() * 1e6) }));
    find(".png").addEventListener("click", () => this.png());
    find(".gif").addEventListener("click", () => this.gif());
    const next = () => this.go((this.at + 0.25 / (this.codes?.length ?? STEPS)) % 1);
    this.tour = new Tour(this, find(".tour"), TICK, next, ["Play the walk", "Pause the walk"]);
    stage.on(`pick.${spec.samples}`, ({ index }) => this.add({ sample: index }));
    const fail = (error) => stage.say(error.message, "error", 5000);
    this.walking = new LatestOnly(
      (values) => stage.question("walk", values),
      (answer) => this.show(answer),
      fail,
    );
    this.looking = new LatestOnly(
      (values) => stage.question("decode", values),
      (answer, values) => this.now(answer, values),
      fail,
    );
    this.how.value = spec.how ?? "slerp";
    this.list();
  }

  // -- anchors --

  add(anchor) {
    // Of two anchors, a pick replaces the older one. Once a third was added by "random" or a seed,
    // picks are added too.
    const full = this.anchors.length >= MOST;
    const picked = anchor.sample !== undefined;
    if (picked && this.anchors.length === 2 && !this.grown) this.anchors = [this.anchors[1], anchor];
    else if (full) return this.stage.say(`A walk has at most ${MOST} anchors: remove one first.`, "info", 3000);
    else {
      this.anchors = [...this.anchors, anchor];
      this.grown = true;
    }
    this.list();
    this.walk();
  }

  typed() {
    const text = this.seed.value.trim();
    if (!/^\d{1,9}$/.test(text)) return this.stage.say("Type a whole number as the seed of an anchor.", "info", 3000);
    this.seed.value = "";
    this.add({ seed: Number(text) });
  }

  remove(i) {
    if (this.anchors.length <= 2) return this.stage.say("A walk needs two anchors: add another first.", "info", 3000);
    this.anchors = this.anchors.filter((_, k) => k !== i);
    this.grown = this.anchors.length > 2;
    this.list();
    this.walk();
  }

  list() {
    this.chips.innerHTML = this.anchors
      .map(
        (a, i) => `<span><b>${LETTERS[i]}</b> ${a.seed === undefined ? `sample ${a.sample + 1}` : `seed ${a.seed}`}
      <button type="button" aria-label="Remove anchor ${LETTERS[i]}">×</button></span>`,
      )
      .join("");
    [...this.chips.querySelectorAll("button")].forEach((b, i) => b.addEventListener("click", () => this.remove(i)));
    this.stage.panels
      ?.find((p) => p.spec.name === this.spec.samples)
      ?.choose(this.anchors.filter((a) => a.sample !== undefined).map((a) => a.sample));
    this.stage.tell("anchors", this.anchors);
  }

  // -- the path --

  walk() {
    this.asked = performance.now();
    this.walking.ask({ anchors: this.anchors, steps: STEPS, how: this.how.value, closed: this.closed.checked });
  }

  show({ numbers, layers }) {
    this.codes = numbers.codes;
    this.norms = numbers.norms;
    this.images = layers.images;
    this.draw();
    this.go(this.at);
  }

  /** Go to a share of the path: the code there, between two of the strip's, is decoded again. */
  go(share) {
    this.at = share;
    this.slider.value = Math.round(share * 1000);
    if (!this.codes) return;
    const place = share * (this.codes.length - (this.closed.checked ? 0 : 1));
    const i = Math.floor(place) % this.codes.length;
    const t = place - Math.floor(place);
    const a = this.codes[i];
    const b = this.codes[(i + 1) % this.codes.length];
    const code = t ? a.map((v, k) => v + t * (b[k] - v)) : a;
    this.looking.ask({ anchors: [{ code }] });
    this.draw();
  }

  now({ numbers, layers }) {
    this.stage.panel(this.spec.now)?.show(layers.images);
    this.norm.textContent = `‖z‖ ${fixed(numbers.norms[0], 2)}`;
    for (const listener of this.stage.listeners) listener(this.stage.handle);
    this.shownAt = performance.now();
  }

  point(event) {
    const n = this.codes?.length;
    if (!n) return;
    const [u, v] = pointerShare(this.strip, event);
    const column = Math.floor(u * this.across);
    const row = Math.floor(v * this.down);
    this.go(Math.min(1, (row * this.across + column) / (n - (this.closed.checked ? 0 : 1))));
  }

  paint(frame) {
    if (!this.element.isConnected) return this.tour.stop();
    // A reset or a step changes what every code means, so the path is computed again.
    if (moment(frame) === this.moment) return;
    const wait = AGAIN - (performance.now() - (this.asked ?? -AGAIN));
    if (wait > 0)
      return void (this.later ??= setTimeout(() => ((this.later = undefined), this.paint(this.stage.shown)), wait));
    this.moment = moment(frame);
    this.walk();
  }

  get grows() {
    return true;
  }

  size(width, height, ratio) {
    super.size(width, height, ratio);
    this.draw();
  }

  mark() {
    this.draw();
  }

  /** The strip, with the norm of every code as a line below it and the slider's place outlined. */
  draw() {
    if (!this.images || !this.colours) return;
    const n = this.images.shape[0];
    const side = this.images.shape[1];
    const lines = Math.ceil(n / 32);
    const across = (this.across = Math.ceil(n / lines));
    const down = (this.down = lines);
    const cell = this.w / across;
    const c = this.strip.getContext("2d");
    const sheet = sheetOf(this.images, across, this.colours.table("image"));
    this.strip.width = this.w;
    this.strip.height = Math.round(down * (cell + 7 * this.ratio));
    const top = Math.max(...this.norms);
    for (let r = 0; r < down; r++) {
      const y = r * (cell + 7 * this.ratio);
      c.drawImage(sheet, 0, r * side, across * side, side, 0, y, this.w, cell);
      c.fillStyle = this.colours.of("g");
      for (let k = 0; k < across && r * across + k < n; k++)
        c.fillRect(k * cell, y + cell + 1, (cell - 1) * (this.norms[r * across + k] / top), 3 * this.ratio);
    }
    const place = Math.round(this.at * (n - (this.closed.checked ? 0 : 1))) % n;
    c.lineWidth = 2.5 * this.ratio;
    c.strokeStyle = this.colours.of("fake");
    c.strokeRect(
      (place % across) * cell + 1,
      Math.floor(place / across) * (cell + 7 * this.ratio) + 1,
      cell - 2,
      cell - 2,
    );
  }

  // -- export --

  png() {
    if (!this.images) return;
    const scale = 3;
    const sheet = sheetOf(this.images, this.across, this.colours.table("image"));
    const out = document.createElement("canvas");
    Object.assign(out, { width: sheet.width * scale, height: sheet.height * scale });
    const c = out.getContext("2d");
    c.imageSmoothingEnabled = false;
    c.drawImage(sheet, 0, 0, out.width, out.height);
    out.toBlob((blob) => save(blob, "walk.png"));
  }

  async gif() {
    if (!this.images) return;
    const [n, height, width] = this.images.shape;
    try {
      const url = address(
        this.stage.data.page,
        `gif?frames=${n}&height=${height}&width=${width}&dark=${this.colours.dark ? 1 : 0}`,
      );
      const response = await fetch(url, { method: "POST", body: this.images.data.slice() });
      if (!response.ok) throw new Error(await response.text());
      save(await response.blob(), "walk.gif");
    } catch (error) {
      this.stage.say(`The animation could not be made: ${error.message}`, "error", 5000);
    }
  }
}

/** uint8 (N, h, w) as a canvas of `across` columns. */
function sheetOf({ shape: [n, height, width], data }, across, table) {
  const canvas = document.createElement("canvas");
  const rows = Math.ceil(n / across);
  Object.assign(canvas, { width: across * width, height: rows * height });
  const image = canvas.getContext("2d").createImageData(canvas.width, canvas.height);
  const words = new Uint32Array(image.data.buffer);
  words.fill(table[0]);
  for (let i = 0; i < n; i++) {
    const x = (i % across) * width;
    const y = Math.floor(i / across) * height;
    for (let r = 0; r < height; r++)
      for (let k = 0; k < width; k++) words[(y + r) * canvas.width + x + k] = table[data[(i * height + r) * width + k]];
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export default LatentWalk;
