// Digit: what one classifier sees of the digit under attack, and its answer. spec: {index: of the
// classifier in the layers}
//
// Layers: adversarial and delta uint8 (M, N, 28, 28), probabilities float32 (M, N, 10). Scene:
// before float32 (M, N, 10), original. The first digit is shown. With the Stage's toggle "delta"
// the perturbation takes the place of the image.

import { chance } from "../../draw/numbers.js";
import { sprite } from "../../draw/sprite.js";
import { CanvasPanel } from "../panel.js";

const SIDE = 28;
const SIZE = SIDE * SIDE;

/** Where the largest of ten values is. */
const largest = (p) => p.reduce((best, v, k) => (v > p[best] ? k : best), 0);

export class Digit extends CanvasPanel {
  wanted(show) {
    return ["adversarial", "probabilities", ...(show.delta ? ["delta"] : [])];
  }

  mark() {
    if (this.stage.shown) this.paint(this.stage.shown);
  }

  /** Ten probabilities of the first digit. */
  ten(layer) {
    const per = layer.data.length / layer.shape[0];
    return layer.data.subarray(this.spec.index * per, this.spec.index * per + 10);
  }

  paint(frame) {
    const c = this.context;
    const { adversarial, probabilities, delta } = frame.layers;
    const before = this.stage.sceneShown?.before;
    c.fillStyle = this.colours.paper;
    c.fillRect(0, 0, this.w, this.h);
    if (!adversarial || !probabilities || !before) return;
    const shown = this.stage.show.delta && delta ? delta : adversarial;
    const pad = 6 * this.ratio;
    const strip = Math.round(0.3 * this.h);
    const side = Math.min(this.h - strip - pad, 0.66 * this.w);
    this.image(c, shown, shown === delta ? "classes" : "image", side, pad);
    const was = this.ten(before);
    const now = this.ten(probabilities);
    this.answer(c, was, now, pad + side, side, pad);
    this.bars(c, was, now, this.h - strip, strip, pad);
  }

  image(c, layer, table, side, pad) {
    const per = layer.data.length / layer.shape[0];
    c.imageSmoothingEnabled = false;
    c.drawImage(sprite(layer.data, this.colours.table(table), this.spec.index * per), pad, pad, side, side);
  }

  /** The answer, large, in the colour of right or wrong; what it was. */
  answer(c, was, now, left, side, pad) {
    const first = largest(was);
    const answer = largest(now);
    const middle = left + (this.w - left) / 2;
    const r = this.ratio * (innerWidth >= 1800 ? 1.25 : 1);
    const font = (px, weight = 400) => `${weight} ${px * r}px "Source Sans", sans-serif`;
    const held = answer === (this.stage.data.label ?? first);
    const size = Math.min(54, side / r / 2.4);
    this.answered = `${first} ${chance(was[first])} → ${answer} ${chance(now[answer])}`;
    c.textAlign = "center";
    c.fillStyle = this.colours.word(held ? "clean" : "adversarial");
    c.font = font(size, 700);
    c.fillText(answer, middle, pad + size * r * 0.95);
    c.font = font(15, 650);
    c.fillText(`${held ? "✓" : "✗"} ${chance(now[answer])}`, middle, pad + (size + 18) * r);
    c.fillStyle = this.colours.dim;
    c.font = font(13);
    if (side > 90 * r) {
      c.fillText(`${first} ${chance(was[first])}`, middle, pad + (size + 40) * r);
      c.fillText("before", middle, pad + (size + 55) * r);
    }
  }

  /** Ten probabilities as columns, the original's as ticks. */
  bars(c, was, now, top, height, pad) {
    const r = this.ratio * (innerWidth >= 1800 ? 1.25 : 1);
    const wide = (this.w - 2 * pad) / 10;
    const text = 15 * r;
    const high = height - text - 2 * this.ratio;
    const first = this.stage.data.label ?? largest(was);
    const answer = largest(now);
    c.font = `${13 * r}px "Source Sans", sans-serif`;
    c.textAlign = "center";
    for (let k = 0; k < 10; k++) {
      const x = pad + k * wide;
      const ink =
        k === first ? this.colours.of("clean") : k === answer ? this.colours.of("adversarial") : this.colours.dim;
      c.globalAlpha = 0.16;
      c.fillStyle = this.colours.dim;
      c.fillRect(x + 1.5 * this.ratio, top, wide - 3 * this.ratio, high);
      c.globalAlpha = 1;
      c.fillStyle = ink;
      c.fillRect(x + 1.5 * this.ratio, top + high * (1 - now[k]), wide - 3 * this.ratio, high * now[k]);
      c.fillStyle = this.colours.ink;
      if (was[k] > 0.02) c.fillRect(x, top + high * (1 - was[k]) - this.ratio, wide, 2 * this.ratio);
      c.fillStyle = k === first || k === answer ? this.colours.legible(ink) : this.colours.dim;
      c.fillText(k, x + wide / 2, top + high + text - 1 * this.ratio);
    }
  }

  write(known) {
    super.write(known);
    this.front.setAttribute("aria-label", `${this.spec.title}: ${this.answered ?? ""}`);
  }
}

export default Digit;
