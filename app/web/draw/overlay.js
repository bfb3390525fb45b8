// Overlay: discs and lines over a panel, laid down in an array of pixels and put on its canvas as one
// picture. A browser that draws a canvas without a graphics card, as one that is read back is always
// drawn, takes five to ten times as long for the same discs, and three times as long for the lines.
//
// What is laid down is on the canvas after `flush`, so whoever draws there by other means flushes
// first.

import { parts } from "./theme.js";

const FULL = 255;
const MOST_PENS = 60; // kinds of pens kept

// Work space of all overlays: how near a line passes by each pixel, 0 where none does, and the pixels
// where one does.
let near = new Uint8Array(0);
let touched = new Uint32Array(0);

const STARTS = 1; // a line begins with this piece,
const ENDS = 2; // and one ends with it

/** Straight pieces of a path: the part of Path2D that level lines and arrows use. */
export class Lines {
  constructor() {
    this.places = new Float32Array(4096); // x0, y0, x1, y1 of each piece
    this.open = new Uint8Array(1024); // and which of its ends is one of the line
    this.clear();
  }

  clear() {
    this.count = 0;
    return this;
  }

  moveTo(x, y) {
    this.x = this.startX = x;
    this.y = this.startY = y;
    this.first = this.count;
  }

  lineTo(x, y) {
    const k = this.count++;
    if (k === this.open.length) this.grow();
    this.places[4 * k] = this.x;
    this.places[4 * k + 1] = this.y;
    this.places[4 * k + 2] = this.x = x;
    this.places[4 * k + 3] = this.y = y;
    this.open[k] = k === this.first ? STARTS | ENDS : ENDS;
    if (k > this.first) this.open[k - 1] &= ~ENDS;
  }

  closePath() {
    this.lineTo(this.startX, this.startY);
    this.open[this.first] &= ~STARTS;
    this.open[this.count - 1] &= ~ENDS;
  }

  grow() {
    for (const name of ["places", "open"]) {
      const more = new this[name].constructor(2 * this[name].length);
      more.set(this[name]);
      this[name] = more;
    }
  }
}

const inks = new Map(); // kind of pens → the pixel at each nearness

/** The pixel, as a word of alpha, blue, green and red, where a line passes by that is drawn with one
 * pen over the other, each [width in pixels, colour], at each nearness: 255 less the square of the
 * distance, which is 255 at `reach` pixels. */
function inked(pens, reach, alpha) {
  const key = `${pens}/${alpha}`;
  if (inks.has(key)) return inks.get(key);
  if (inks.size >= MOST_PENS) inks.clear();
  const table = new Uint32Array(FULL + 1);
  for (let q = 1; q <= FULL; q++) {
    const away = reach * Math.sqrt(1 - q / FULL);
    const cover = pens.map(([width]) => Math.max(0, Math.min(1, width / 2 + 0.5 - away)));
    const sum = [0, 0, 0]; // times alpha
    let whole = 0;
    pens.forEach(([, colour], i) => {
      parts(colour).forEach((v, k) => (sum[k] = v * cover[i] + sum[k] * (1 - cover[i])));
      whole = cover[i] + whole * (1 - cover[i]);
    });
    if (whole > 0) table[q] = word(...sum.map((v) => Math.round(v / whole)), Math.round(FULL * alpha * whole));
  }
  inks.set(key, table);
  return table;
}

const word = (r, g, b, a) => ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;

/** Lay one pixel over another; neither is multiplied by its alpha. */
function over(top, below) {
  const a = top >>> 24;
  const d = below >>> 24;
  if (a === FULL || d === 0) return top;
  if (a === 0) return below;
  const kept = (d * (FULL - a)) / FULL;
  const whole = a + kept;
  const s = a / whole;
  const t = kept / whole;
  const red = (top & 255) * s + (below & 255) * t + 0.5;
  const green = ((top >> 8) & 255) * s + ((below >> 8) & 255) * t + 0.5;
  const blue = ((top >> 16) & 255) * s + ((below >> 16) & 255) * t + 0.5;
  return ((whole + 0.5) << 24) | (blue << 16) | (green << 8) | red;
}

export class Overlay {
  constructor() {
    this.layers = []; // a canvas for each picture of one paint, so that none waits for the one before
    this.begin();
  }

  size(w, h) {
    this.w = w;
    this.h = h;
    this.image = new ImageData(Math.max(w, 1), Math.max(h, 1));
    this.words = new Uint32Array(this.image.data.buffer);
    this.layers = [];
    this.clean();
  }

  /** The first picture of a paint comes next. */
  begin() {
    this.count = 0;
  }

  clean() {
    Object.assign(this, { left: Infinity, top: Infinity, right: 0, bottom: 0 });
  }

  /** Note that pixels from (x0, y0) to before (x1, y1) may have changed. */
  spread(x0, y0, x1, y1) {
    if (x0 < this.left) this.left = x0;
    if (y0 < this.top) this.top = y0;
    if (x1 > this.right) this.right = x1;
    if (y1 > this.bottom) this.bottom = y1;
  }

  /** Lay down a picture of side × side words with its upper left corner at (left, top). */
  picture(pixels, side, left, top) {
    const { words, w, h } = this;
    const x0 = Math.max(0, left);
    const y0 = Math.max(0, top);
    const x1 = Math.min(w, left + side);
    const y1 = Math.min(h, top + side);
    if (!(x0 < x1 && y0 < y1)) return;
    this.spread(x0, y0, x1, y1);
    for (let y = y0; y < y1; y++) {
      let at = (y - top) * side + x0 - left;
      for (let o = y * w + x0, end = y * w + x1; o < end; o++, at++) {
        const p = pixels[at];
        if (p) words[o] = over(p, words[o]);
      }
    }
  }

  /** Draw Lines with pens of [width in pixels at ratio 1, colour]. Corners are round, ends are cut
   * off square. */
  stroke({ places, open, count }, ratio, pens, alpha = 1) {
    const { w, h, words } = this;
    if (near.length < w * h) {
      near = new Uint8Array(w * h);
      touched = new Uint32Array(w * h);
    }
    const wide = pens.map(([width, colour]) => [width * ratio, colour]);
    const reach = Math.max(...wide.map(([width]) => width)) / 2 + 0.5;
    const scale = FULL / reach ** 2;
    let found = 0;
    for (let i = 0; i < count; i++) {
      const x0 = places[4 * i] - 0.5; // to the middles of pixels
      const y0 = places[4 * i + 1] - 0.5;
      const dx = places[4 * i + 2] - 0.5 - x0;
      const dy = places[4 * i + 3] - 0.5 - y0;
      const starts = open[i] & STARTS;
      const stops = open[i] & ENDS;
      const square = dx * dx + dy * dy;
      const low = Math.max(0, Math.ceil(Math.min(y0, y0 + dy) - reach));
      const high = Math.min(h - 1, Math.floor(Math.max(y0, y0 + dy) + reach));
      const first = Math.max(0, Math.ceil(Math.min(x0, x0 + dx) - reach));
      const last = Math.min(w - 1, Math.floor(Math.max(x0, x0 + dx) + reach));
      if (!(low <= high && first <= last)) continue;
      this.spread(first, low, last + 1, high + 1);
      // In each row only those pixels are looked at that are as near to the whole straight line.
      const flat = Math.abs(dy) < 1e-3;
      const half = flat ? 0 : (reach * Math.sqrt(square)) / Math.abs(dy);
      for (let y = low; y <= high; y++) {
        const v = y - y0;
        const middle = flat ? 0 : x0 + (v * dx) / dy;
        const from = flat ? first : Math.max(first, Math.ceil(middle - half));
        const to = flat ? last : Math.min(last, Math.floor(middle + half));
        for (let x = from, o = y * w + from; x <= to; x++, o++) {
          const u = x - x0;
          const along = u * dx + v * dy;
          if (along < 0 ? starts : along > square && stops) continue;
          const t = along <= 0 ? 0 : along >= square ? 1 : along / square;
          const a = u - t * dx;
          const b = v - t * dy;
          const q = FULL - (((a * a + b * b) * scale) | 0); // negative beyond the line's reach
          if (q > near[o]) {
            if (near[o] === 0) touched[found++] = o;
            near[o] = q;
          }
        }
      }
    }
    const table = inked(wide, reach, alpha);
    for (let i = 0; i < found; i++) {
      const o = touched[i];
      words[o] = over(table[near[o]], words[o]);
      near[o] = 0;
    }
  }

  /** Put what was laid down on a context of the same size, and begin an empty picture. */
  flush(c) {
    const { left, top } = this;
    const width = this.right - left;
    const height = this.bottom - top;
    if (!(width > 0 && height > 0)) return;
    const layer = (this.layers[this.count++] ??= this.layer());
    // The layer still has the picture that it had the last time.
    const x = Math.min(left, layer.left);
    const y = Math.min(top, layer.top);
    layer.context.putImageData(
      this.image, 0, 0, x, y, Math.max(this.right, layer.right) - x, Math.max(this.bottom, layer.bottom) - y,
    ); // prettier-ignore
    c.drawImage(layer.canvas, left, top, width, height, left, top, width, height);
    Object.assign(layer, { left, top, right: this.right, bottom: this.bottom });
    for (let row = top; row < this.bottom; row++) this.words.fill(0, row * this.w + left, row * this.w + this.right);
    this.clean();
  }

  layer() {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: this.w, height: this.h });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    return { canvas, context, left: this.w, top: this.h, right: 0, bottom: 0 };
  }
}
