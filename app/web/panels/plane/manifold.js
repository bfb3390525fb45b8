// Manifold: what the decoder makes of a grid of codes, over the same square of code space. The
// layer's first row is the lowest.
//
// spec: as images.js, with columns; view: as a plane's; drag: see input/pointing.js.

import { toPixels, toPlane } from "../../draw/mapping.js";
import { hair, pointing } from "../../input/pointing.js";
import { Images } from "../images/images.js";

export class Manifold extends Images {
  constructor(spec, stage) {
    super({ gap: 0, ...spec }, stage);
    this.view = spec.view ?? stage.data.view;
    pointing(this);
  }

  size(width, height, ratio) {
    const side = Math.min(width, height);
    super.size(side, side, ratio);
  }

  at(x, y) {
    return toPixels(this, x, y);
  }

  locate(event) {
    return toPlane(this, event);
  }

  fill(data, n, height, width) {
    const row = this.columns * height * width;
    const turned = new Uint8Array(data.length);
    for (let r = 0; r < this.lines; r++) turned.set(data.subarray(r * row, (r + 1) * row), (this.lines - 1 - r) * row);
    super.fill(turned, n, height, width);
  }

  over(c) {
    hair(c, this);
  }
}

export default Manifold;
