// Photo: one photograph, square.
//
// spec:
//   layer: uint8 (H, W, 3)
//   scene?: the layer is one of the scene
//   prediction?: {row, column} of the layer "bars", whose answer is written in the title; or noise:
//     true
//   magnify?: unit layer
//
// With `magnify` the layer is a perturbation δ = (value − 128)/127·u, u the only number of the
// layer `magnify`, and ½ + m·δ is shown; m is written in the title and stands in the link. The
// toggle "pixels" of the Stage shows pixels as squares.

import { chance, levels } from "../../draw/numbers.js";
import { CanvasPanel } from "../panel.js";

const DEFAULT = 50; // m, as in the survey's figures
const MOST = 1000; // the largest m

/** Whether the pointer is a finger, so that there may be no keyboard. */
const touched = () => matchMedia("(pointer: coarse)").matches;

export class Photo extends CanvasPanel {
  constructor(spec, stage) {
    super(spec, stage);
    this.element.classList.add("photo");
    this.sheet = document.createElement("canvas");
    if (spec.magnify) this.magnifier();
  }

  magnifier() {
    const given = Number(new URLSearchParams(location.search).get("m"));
    this.m = given >= 1 && given <= MOST ? given : DEFAULT;
    this.title.innerHTML = `${this.spec.title} × <input type="number" class="entry" min="1" max="${MOST}" step="1"
      aria-label="m, how many times the perturbation is magnified">`;
    const entry = (this.entry = this.title.querySelector("input"));
    entry.value = this.m;
    entry.title = `m, 1 to ${MOST}: grey is no change, and a change of one grey level is shown as m levels`;
    entry.addEventListener("input", () => {
      const m = Number(entry.value);
      if (!(m >= 1 && m <= MOST)) return;
      this.m = m;
      this.stage.link({ m: m === DEFAULT ? null : m });
      if (this.stage.shown) this.paint(this.stage.shown);
    });
    entry.addEventListener("change", () => (entry.value = this.m));
  }

  wanted() {
    return this.spec.scene ? [] : [this.spec.layer, ...(this.spec.magnify ? [this.spec.magnify] : [])];
  }

  mark() {
    this.drawn = null;
    if (this.spec.scene && this.stage.shown) this.paint(this.stage.shown);
  }

  paint(frame) {
    const layer = (this.spec.scene ? this.stage.sceneShown : frame.layers)?.[this.spec.layer];
    const c = this.context;
    const smooth = !this.stage.show.pixels;
    if (!layer) return this.blank(c);
    const unit = this.spec.magnify ? (frame.layers[this.spec.magnify]?.data[0] ?? 0) : null;
    const key = `${smooth}/${this.m}/${unit}/${this.w}`;
    if (this.drawn === layer.data && this.drawnAs === key) return;
    this.drawn = layer.data;
    this.drawnAs = key;
    this.fill(layer, unit);
    c.fillStyle = this.colours.paper;
    c.fillRect(0, 0, this.w, this.h);
    c.imageSmoothingEnabled = smooth;
    c.imageSmoothingQuality = "high";
    const side = Math.min(this.w, this.h);
    const left = Math.floor((this.w - side) / 2);
    const top = Math.floor((this.h - side) / 2);
    c.drawImage(this.sheet, left, top, side, side);
    if (this.spec.magnify && unit === 0) this.hint(c);
  }

  /** The pixels at their own size; a perturbation with unit u as ½ + m·δ, in grey levels 127.5 +
   * 255·m·u·(v − 128)/127. */
  fill({ shape: [height, width], data }, unit) {
    if (this.sheet.width !== width || this.sheet.height !== height) Object.assign(this.sheet, { width, height });
    const context = this.sheet.getContext("2d", { willReadFrequently: true });
    const image = context.createImageData(width, height);
    const out = image.data;
    const factor = unit === null ? 1 : (255 * this.m * unit) / 127;
    const shift = unit === null ? 0 : 127.5 - 128 * factor;
    for (let i = 0, k = 0; i < data.length; i += 3, k += 4) {
      out[k] = data[i] * factor + shift; // a clamped array: rounds, and cuts to 0 … 255
      out[k + 1] = data[i + 1] * factor + shift;
      out[k + 2] = data[i + 2] * factor + shift;
      out[k + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }

  hint(c) {
    c.fillStyle = "#161b1f";
    c.font = `${15 * this.ratio}px "Source Sans", sans-serif`;
    c.textAlign = "center";
    c.fillText("no perturbation yet", this.w / 2, this.h / 2 - 12 * this.ratio);
    c.fillText(`${touched() ? "▶" : "space"}: attack`, this.w / 2, this.h / 2 + 12 * this.ratio);
  }

  blank(c) {
    c.fillStyle = this.colours.paper;
    c.fillRect(0, 0, this.w, this.h);
  }

  /** The model's answer on the image, or the size of the perturbation. */
  write(known) {
    const { prediction, noise, magnify } = this.spec;
    const bars = this.stage.shown?.layers.bars;
    let text = "";
    let wrong = false;
    if (prediction && bars) {
      const row = 3 * prediction.row;
      const label = bars.data[0];
      wrong = bars.data[row] !== label;
      text = `${this.stage.data.names[bars.data[row]]} ${chance(bars.data[row + prediction.column])}`;
    } else if (noise && bars && known["noise.top"] !== undefined) {
      text = `${this.stage.data.names[known["noise.top"]]} ${chance(known["noise.p"])}`;
      wrong = known["noise.top"] !== bars.data[0];
    } else if (magnify) text = `L∞ ${levels(known.linf)}`;
    this.element.style.setProperty("--method", this.colours.of(this.spec.colour ?? this.spec.name));
    const html = text ? `<span class="answer" data-wrong="${wrong}">${text}</span>` : "";
    if (html !== this.written) this.numbers.innerHTML = this.written = html;
    this.front.setAttribute("aria-label", `${this.spec.title}${text ? `: ${text}` : ""}`);
  }
}

export default Photo;
