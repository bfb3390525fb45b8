// Confusion: a matrix of digits, the true ones down, the predicted ones across.
//
// spec: {layer, index?}. The layer is float32 (10, 10) in per cent of the row, or uint8 (M, 100)
// with `index` one of M, where 255 is all of a row.

import { CanvasPanel } from "../panel.js";

const HEAD = 20;
const DIGITS = 10;

export class Confusion extends CanvasPanel {
  wanted() {
    return [this.spec.layer];
  }

  size(width, height, ratio) {
    const side = Math.min(width, height);
    super.size(side, side, ratio);
    this.drawn = null;
  }

  mark() {
    this.drawn = null;
  }

  paint(frame) {
    const layer = frame.layers[this.spec.layer];
    if (layer === this.drawn) return;
    this.drawn = layer;
    const c = this.context;
    const { colours, ratio } = this;
    const head = HEAD * ratio;
    c.fillStyle = colours.paper;
    c.fillRect(0, 0, this.w, this.h);
    if (!layer) return;
    const n = DIGITS;
    const bytes = layer.data instanceof Uint8Array;
    const from = (this.spec.index ?? 0) * n * n;
    const cell = (this.w - head) / n;
    const size = Math.min(15 * ratio, cell * 0.5);
    const table = colours.table("loss");
    const right = colours.table("density");
    c.textAlign = "center";
    c.textBaseline = "middle";
    for (let r = 0; r < n; r++) {
      this.name(c, r, head / 2, head + (r + 0.5) * cell);
      this.name(c, r, head + (r + 0.5) * cell, head / 2);
      for (let k = 0; k < n; k++) {
        const v = layer.data[from + r * n + k] * (bytes ? 100 / 255 : 1);
        const x = head + k * cell;
        const y = head + r * cell;
        c.fillStyle = css(
          (r === k ? right : table)[Math.round(255 * Math.min(1, r === k ? v / 100 : Math.sqrt(v / 40)))],
        );
        c.fillRect(x + 0.5, y + 0.5, cell - 1, cell - 1);
        if (v < 0.5 || size < 9 * ratio) continue;
        c.font = `${size}px "Source Sans", sans-serif`;
        c.fillStyle = r === k && v > 55 ? (colours.dark ? "#0c0f11" : "#ffffff") : colours.ink;
        c.fillText(Math.round(v), x + cell / 2, y + cell / 2);
      }
    }
    c.textBaseline = "alphabetic";
  }

  name(c, digit, x, y) {
    c.font = `650 ${14 * this.ratio}px "Source Sans", sans-serif`;
    c.fillStyle = this.colours.legible(this.colours.digit(digit));
    c.fillText(digit, x, y);
  }
}

/** A word of a colour table as CSS. */
const css = (word) => `rgb(${word & 255},${(word >> 8) & 255},${(word >> 16) & 255})`;

export default Confusion;
