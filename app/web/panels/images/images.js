// Images: a grid of small grey images.
//
// spec:
//   layer: uint8 (N, height·width) or (N, height, width), or (M, N, ...) with index
//   columns
//   lines?: that many, and images keep their shape
//   side: 28 or [height, width]
//   pick?: a click or Enter sends "pick.NAME" {index}
//   gap?: pixels
//   scene?: the layer is one of the scene
//   table?: of theme.js
//
// `show(layer)` draws one that did not come with a frame. `choose(indices)` outlines those images.

import { pointerShare } from "../../draw/mapping.js";
import { CanvasPanel } from "../panel.js";

export class Images extends CanvasPanel {
  constructor(spec, stage) {
    super(spec, stage);
    this.side = Array.isArray(spec.side) ? spec.side : [spec.side ?? 28, spec.side ?? 28];
    this.sheet = document.createElement("canvas");
    this.chosen = [];
    if (!spec.pick) return;
    this.front.tabIndex = 0;
    this.cursor = 0;
    this.front.style.cursor = "pointer";
    this.front.addEventListener("click", (event) => this.tell(this.index(event)));
    this.front.addEventListener("keydown", (event) => this.key(event));
  }

  size(width, height, ratio) {
    const { columns, lines } = this.spec;
    const cell = lines ? Math.min(width / columns / this.side[1], height / lines / this.side[0]) : 0;
    super.size(
      ...(lines
        ? [Math.floor(cell * columns * this.side[1]), Math.floor(cell * lines * this.side[0])]
        : [width, height]),
      ratio,
    );
  }

  wanted() {
    return this.spec.layer && !this.spec.scene ? [this.spec.layer] : [];
  }

  key(event) {
    const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns }[event.key];
    if (move === undefined && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    if (move) this.cursor = Math.max(0, Math.min((this.count ?? 1) - 1, this.cursor + move));
    else this.tell(this.cursor);
    this.again();
  }

  tell(index) {
    if (index >= 0 && index < (this.count ?? 0))
      this.stage.tell(`pick.${this.spec.name}`, { index, cursor: (this.cursor = index) });
  }

  /** Which image is under a pointer; −1 for none. */
  index(event) {
    const [u, v] = pointerShare(this.front, event);
    const column = Math.floor(u * this.columns);
    const row = Math.floor(v * this.lines);
    return column >= 0 && column < this.columns && row >= 0 && row < this.lines ? row * this.columns + column : -1;
  }

  show(layer) {
    this.given = layer;
    this.again();
  }

  choose(indices) {
    this.chosen = indices;
    this.again();
  }

  again() {
    if (this.stage.shown) this.paint(this.stage.shown);
  }

  mark() {
    this.dirty = true; // the theme may have changed
  }

  paint(frame) {
    const layer = this.given ?? (this.spec.scene ? this.stage.sceneShown : frame.layers)?.[this.spec.layer];
    const [height, width] = this.side;
    if (!layer) return this.blank();
    const size = height * width;
    const all = layer.data.length / size;
    const n = this.spec.index === undefined ? all : all / layer.shape[0];
    const data = layer.data.subarray((this.spec.index ?? 0) * n * size, ((this.spec.index ?? 0) + 1) * n * size);
    this.count = n;
    this.columns = this.spec.columns ?? Math.ceil(Math.sqrt(n));
    this.lines = Math.ceil(n / this.columns);
    if (this.drawn !== data.buffer || this.dirty || this.from !== data.byteOffset) this.fill(data, n, height, width);
    this.drawn = data.buffer;
    this.from = data.byteOffset;
    this.dirty = false;
    const c = this.context;
    c.imageSmoothingEnabled = true;
    c.imageSmoothingQuality = "medium";
    c.drawImage(this.sheet, 0, 0, this.w, this.h);
    const cw = this.w / this.columns;
    const ch = this.h / this.lines;
    for (const [k, index] of this.chosen.entries()) {
      c.lineWidth = 3 * this.ratio;
      c.strokeStyle = this.colours.of(k ? "fake" : "real");
      c.strokeRect((index % this.columns) * cw + 1.5, Math.floor(index / this.columns) * ch + 1.5, cw - 3, ch - 3);
    }
    if (this.spec.pick && this.stage.root.getRootNode().activeElement === this.front) {
      c.lineWidth = 2 * this.ratio;
      c.strokeStyle = this.colours.ink;
      c.strokeRect(
        (this.cursor % this.columns) * cw + 1,
        Math.floor(this.cursor / this.columns) * ch + 1,
        cw - 2,
        ch - 2,
      );
    }
    this.over(c, frame, cw, ch);
  }

  over() {}

  blank() {
    const c = this.context;
    c.fillStyle = this.colours.paper;
    c.fillRect(0, 0, this.w, this.h);
  }

  /** The images side by side at their own size. */
  fill(data, n, height, width) {
    const gap = this.spec.gap ?? 1;
    const across = this.columns * (width + gap);
    const down = this.lines * (height + gap);
    if (this.sheet.width !== across || this.sheet.height !== down) {
      Object.assign(this.sheet, { width: across, height: down });
      this.pixels = this.sheet.getContext("2d").createImageData(across, down);
      this.words = new Uint32Array(this.pixels.data.buffer);
    }
    const table = this.colours.table(this.spec.table ?? "image");
    this.words.fill(this.colours.table("classes")[128]);
    for (let i = 0; i < n; i++) {
      const x = (i % this.columns) * (width + gap);
      const y = Math.floor(i / this.columns) * (height + gap);
      for (let r = 0; r < height; r++) {
        const to = (y + r) * across + x;
        const from = (i * height + r) * width;
        for (let k = 0; k < width; k++) this.words[to + k] = table[data[from + k]];
      }
    }
    this.sheet.getContext("2d").putImageData(this.pixels, 0, 0);
  }
}

export default Images;
