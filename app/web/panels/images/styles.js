// Styles: a grid of digits, a row a style and a column a label, with one more row below for the
// style at the pointer.
//
// spec: {layer, rows, asks: {signal: question}, own?}. A click chooses a row. "point" moves the
// first two directions of the chosen style, of a drawing or of an image; each becomes the last row.
// Questions answer with `images`, ten of them, and the style z.

import { Subscription } from "../../channel/subscription.js";
import { CanvasPanel } from "../panel.js";
import { Images } from "./images.js";

const HEAD = 18;
const COLUMNS = 10;

export class Styles extends Images {
  constructor(spec, stage) {
    super({ gap: 0, ...spec, columns: COLUMNS, pick: true }, stage);
    this.base = []; // the style that dragging starts from; empty is that of the row
    this.row = 0;
    this.caption = "";
    this.subscription = new Subscription(stage, null, {
      take: (answers, asked) => this.take(answers[0], asked),
      forget: () => this.begin(this.row),
    });
    for (const [signal, question] of Object.entries(spec.asks)) this.subscription.listen(signal, question);
    this.subscription.listen("point", "row", ({ z }) => ({ row: this.row, z: [...z, ...this.base.slice(2)] }));
  }

  /** Start from the style of a row. */
  begin(row) {
    this.row = row;
    this.subscription.ask("row", "row", { row, z: [] });
  }

  tell(index) {
    if (index >= 0 && index < this.spec.rows * COLUMNS) this.begin(Math.floor(index / COLUMNS));
  }

  take({ numbers, layers }, { signal, question }) {
    this.base = numbers.z;
    this.last = layers.images.data;
    this.lit = question === "row" && signal === "row" ? this.row : -1;
    this.caption =
      question === "encode"
        ? `last row: your style, read as ${numbers.digit}`
        : question === "look"
          ? `last row: of test image ${numbers.index}, a ${numbers.label}`
          : this.lit >= 0
            ? `last row: style ${this.row + 1}`
            : "last row: the style at the pointer";
    this.stage.tell("own", { "": numbers.z });
    this.dirty = true;
    this.again();
    if (!this.stage.playing) this.write(this.stage.shown?.known ?? {});
  }

  again() {
    this.stage.repaint(this);
  }

  size(width, height, ratio) {
    const cell = Math.min(width / COLUMNS, (height - HEAD) / (this.spec.rows + 1));
    super.size(Math.floor(cell * COLUMNS), Math.floor(cell * (this.spec.rows + 1)) + HEAD, ratio);
  }

  index(event) {
    const box = this.front.getBoundingClientRect();
    const cell = box.width / COLUMNS;
    const y = event.clientY - box.top - HEAD;
    return y < 0 ? -1 : Math.floor(y / cell) * COLUMNS + Math.floor((event.clientX - box.left) / cell);
  }

  paint(frame) {
    const layer = frame.layers[this.spec.layer];
    const c = this.context;
    const { ratio, colours } = this;
    const head = HEAD * ratio;
    if (!layer) return this.blank();
    this.count = this.spec.rows * COLUMNS;
    this.columns = COLUMNS;
    this.lines = this.spec.rows + 1;
    if (this.drawn !== layer.data || this.dirty) {
      const all = new Uint8Array((this.count + COLUMNS) * 784);
      all.set(layer.data);
      if (this.last) all.set(this.last, this.count * 784);
      this.fill(all, this.count + COLUMNS, 28, 28);
    }
    this.drawn = layer.data;
    this.dirty = false;
    c.fillStyle = colours.paper;
    c.fillRect(0, 0, this.w, head);
    c.imageSmoothingEnabled = true;
    c.imageSmoothingQuality = "medium";
    c.drawImage(this.sheet, 0, head, this.w, this.h - head);
    const cell = this.w / COLUMNS;
    c.font = `650 ${14 * ratio}px "Source Sans", sans-serif`;
    c.textAlign = "center";
    for (let k = 0; k < COLUMNS; k++) {
      c.fillStyle = colours.legible(colours.digit(k));
      c.fillText(k, (k + 0.5) * cell, head - 4 * ratio);
    }
    this.frame(c, this.spec.rows, cell, colours.of("fake"));
    if (this.lit >= 0) this.frame(c, this.lit, cell, colours.ink);
    if (this.stage.root.getRootNode().activeElement === this.front)
      this.frame(c, Math.floor(this.cursor / COLUMNS), cell, colours.of("real"));
    if (!this.subscription.asked) this.begin(0);
    this.subscription.follow(frame);
  }

  frame(c, row, cell, colour) {
    const line = 2.5 * this.ratio;
    c.lineWidth = line;
    c.strokeStyle = colour;
    c.strokeRect(line / 2, HEAD * this.ratio + row * cell + line / 2, this.w - line, cell - line);
  }

  write(known) {
    CanvasPanel.prototype.write.call(this, known);
    const text = [this.numbers.textContent, this.caption].filter(Boolean).join(" · ");
    this.numbers.textContent = text;
    this.written = null; // so that the numbers are written again next time
  }
}

export default Styles;
