// Samples: a grid of samples. Its right-most column is the nearest training image to the sample
// beside it, with the distance between the two (Goodfellow et al. 2014, figure 2). A click picks a
// sample.
//
// spec: {layer, nearest: layer, side, columns}

import { haloed } from "../../draw/marks.js";
import { fixed } from "../../draw/numbers.js";
import { Images } from "./images.js";

export class Samples extends Images {
  constructor(spec, stage) {
    super({ ...spec, columns: spec.columns + 1 }, stage);
    this.per = spec.columns; // samples in a row
  }

  wanted() {
    return [this.spec.layer, this.spec.nearest];
  }

  /** One sheet of both: every row its samples, then its nearest image. */
  paint(frame) {
    const samples = frame.layers[this.spec.layer];
    const near = frame.layers[this.spec.nearest];
    const size = this.side[0] * this.side[1];
    const n = this.per;
    if (!samples) return this.blank();
    const rows = samples.shape[0] / n;
    if (this.from !== samples.data || this.beside !== near?.data || !this.given) {
      const data = new Uint8Array(rows * (n + 1) * size);
      this.gaps = [];
      for (let r = 0; r < rows; r++) {
        data.set(samples.data.subarray(r * n * size, (r + 1) * n * size), r * (n + 1) * size);
        if (!near) continue;
        const found = near.data.subarray(r * size, (r + 1) * size);
        const last = samples.data.subarray((r * n + n - 1) * size, (r + 1) * n * size);
        data.set(found, (r * (n + 1) + n) * size);
        this.gaps.push(Math.sqrt(found.reduce((sum, v, i) => sum + (v - last[i]) ** 2, 0)) / 255);
      }
      this.given = { shape: [rows * (n + 1), size], data };
      this.from = samples.data;
      this.beside = near?.data;
      this.dirty = true;
    }
    super.paint(frame);
  }

  /** Places in the sheet ↔ indices of samples; −1 for the column of training images. */
  index(event) {
    const i = super.index(event);
    const n = this.per;
    return i < 0 || i % (n + 1) === n ? -1 : Math.floor(i / (n + 1)) * n + (i % (n + 1));
  }

  choose(indices) {
    const n = this.per;
    super.choose(indices.map((i) => Math.floor(i / n) * (n + 1) + (i % n)));
  }

  tell(index) {
    const n = this.per;
    if (index >= 0)
      this.stage.tell(`pick.${this.spec.name}`, { index: Math.min(index, (this.count / (n + 1)) * n - 1) });
  }

  over(c, frame, cw, ch) {
    const n = this.per;
    const x = n * cw;
    c.fillStyle = this.colours.of("real");
    c.fillRect(x - 1.5 * this.ratio, 0, 3 * this.ratio, this.h);
    c.font = `${13 * this.ratio}px "Source Sans", sans-serif`;
    c.textAlign = "right";
    this.gaps?.forEach((gap, r) => {
      haloed(
        c,
        fixed(gap, 1),
        x + cw - 2 * this.ratio,
        (r + 1) * ch - 3 * this.ratio,
        this.colours.halo,
        3.5 * this.ratio,
        this.colours.of("real"),
      );
    });
  }
}

export default Samples;
