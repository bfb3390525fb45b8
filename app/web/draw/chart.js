// Chart: a small line chart on a canvas, linear or logarithmic, for panels that answer a slider.

import { haloed } from "./marks.js";
import { significant } from "./numbers.js";

/** Round places for ticks between low and high: powers of ten on a log scale, else 1, 2 or 5 of a
 * decade apart. */
function ticks(low, high, log, most) {
  if (log) {
    const from = Math.ceil(Math.log10(low) - 1e-9);
    const to = Math.floor(Math.log10(high) + 1e-9);
    const by = Math.max(1, Math.ceil((to - from + 1) / most));
    return Array.from({ length: Math.max(0, Math.floor((to - from) / by) + 1) }, (_, i) => 10 ** (from + i * by));
  }
  const raw = (high - low) / most;
  const ten = 10 ** Math.floor(Math.log10(raw));
  const step = ten * [1, 2, 5, 10].find((m) => m * ten >= raw);
  const out = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + 1e-9 * step; v += step)
    out.push(Math.abs(v) < step / 1e6 ? 0 : v);
  return out;
}

const short = (v) => (v >= 1000 && v < 1e6 ? `${significant(v / 1000)}k` : significant(v));

export class Chart {
  /** panel: a CanvasPanel, whose whole canvas the chart takes. x, y: {low, high, log?, title}. */
  constructor({ context: c, w, h, ratio: pixels, colours }, x, y) {
    const ratio = pixels * (innerWidth >= 1800 ? 1.25 : 1); // as stage.css has it for a projector
    Object.assign(this, { c, w, h, ratio, colours, x, y });
    this.left = 54 * ratio;
    this.right = w - 12 * ratio;
    this.top = 8 * ratio;
    this.bottom = h - 38 * ratio;
    c.fillStyle = colours.paper;
    c.fillRect(0, 0, w, h);
    this.axes();
  }

  /** Where a value lies between both ends, 0 to 1. */
  share({ low, high, log }, v) {
    return log ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low);
  }

  at(x, y) {
    return [
      this.left + this.share(this.x, x) * (this.right - this.left),
      this.bottom - this.share(this.y, y) * (this.bottom - this.top),
    ];
  }

  font(px = 13, weight = 400) {
    this.c.font = `${weight} ${px * this.ratio}px "Source Sans", sans-serif`;
  }

  axes() {
    const { c, ratio, colours, left, right, top, bottom } = this;
    this.font();
    c.lineWidth = ratio;
    for (const v of ticks(this.x.low, this.x.high, this.x.log, 6)) {
      const [x] = this.at(v, this.y.low);
      this.rule(x, top, x, bottom);
      c.textAlign = "center";
      c.fillStyle = colours.ink;
      c.fillText(short(v), x, bottom + 15 * ratio);
    }
    for (const v of ticks(this.y.low, this.y.high, this.y.log, 6)) {
      const [, y] = this.at(this.x.low, v);
      this.rule(left, y, right, y);
      c.textAlign = "right";
      c.fillStyle = colours.ink;
      c.fillText(short(v), left - 5 * ratio, y + 4.5 * ratio);
    }
    c.fillStyle = colours.dim;
    c.textAlign = "center";
    c.fillText(this.x.title, (left + right) / 2, this.h - 5 * ratio);
    c.save();
    c.translate(12 * ratio, (top + bottom) / 2);
    c.rotate(-Math.PI / 2);
    c.fillText(this.y.title, 0, 0);
    c.restore();
  }

  rule(x0, y0, x1, y1) {
    const { c } = this;
    c.strokeStyle = this.colours.dim;
    c.globalAlpha = 0.25;
    c.beginPath();
    c.moveTo(x0, y0);
    c.lineTo(x1, y1);
    c.stroke();
    c.globalAlpha = 1;
  }

  inside(draw) {
    this.c.save();
    this.c.beginPath();
    this.c.rect(
      this.left,
      this.top - 4 * this.ratio,
      this.right - this.left + 6 * this.ratio,
      this.bottom - this.top + 8 * this.ratio,
    );
    this.c.clip();
    draw();
    this.c.restore();
  }

  line(xs, ys, colour, dash = []) {
    const { c } = this;
    this.inside(() => {
      c.strokeStyle = this.colours.of(colour);
      c.lineWidth = 2.5 * this.ratio;
      c.setLineDash(dash.map((d) => d * this.ratio));
      c.beginPath();
      xs.forEach((x, i) => c[i ? "lineTo" : "moveTo"](...this.at(x, ys[i])));
      c.stroke();
    });
  }

  /** Marks: discs, or squares on a corner, so that they differ in more than colour. */
  dots(xs, ys, colour, corner = false, size = 4) {
    const { c } = this;
    const r = size * this.ratio;
    this.inside(() => {
      c.fillStyle = this.colours.of(colour);
      xs.forEach((x, i) => {
        const [px, py] = this.at(x, ys[i]);
        c.beginPath();
        if (corner) {
          c.moveTo(px, py - r);
          c.lineTo(px + r, py);
          c.lineTo(px, py + r);
          c.lineTo(px - r, py);
          c.closePath();
        } else c.arc(px, py, r, 0, 7);
        c.fill();
      });
    });
  }

  /** A label at a place of the chart, on a halo. */
  word(text, x, y, colour, align = "left", dy = -6) {
    const { c } = this;
    const [px, py] = this.at(x, y);
    this.font(13, 600);
    c.textAlign = align;
    haloed(c, text, px, py + dy * this.ratio, this.colours.paper, 4 * this.ratio, this.colours.word(colour));
  }
}
