// CodePlane: a square of code space, with a cross hair under the pointer, a ring around the code
// that was clicked and a diamond at the code of the visitor's digit.
//
// spec: as a plane, and
//   codes: the layer whose rows are test images
//   pick, drag: see input/pointing.js
//   member: of a run that holds several
//   yours: the diamond's name

import { diamond, label, ring } from "../../draw/marks.js";
import { hair, pointing } from "../../input/pointing.js";
import { Plane } from "./plane.js";

export class CodePlane extends Plane {
  constructor(spec, stage) {
    super(spec, stage);
    this.chosen = -1;
    this.own = null;
    pointing(this);
    stage.on("chosen", (chosen) => ((this.chosen = chosen?.index ?? -1), stage.repaint(this)));
    stage.on("own", (own) => ((this.own = own?.[spec.member ?? ""] ?? null), stage.repaint(this)));
  }

  get movesCursor() {
    return false;
  }

  size(width, height, ratio) {
    const side = Math.min(width, height);
    super.size(side, side, ratio);
  }

  over(c, frame) {
    const codes = frame.layers[this.spec.codes];
    const at = this.chosen * (codes?.shape[1] ?? 0);
    if (codes && this.chosen >= 0) {
      const [x, y] = this.inside(...this.at(codes.data[at], codes.data[at + 1]), 9 * this.ratio);
      ring(c, x, y, 7 * this.ratio, this.colours, this.ratio, 2.4);
    }
    if (this.own) this.yours(c, ...this.at(this.own[0], this.own[1]), 8 * this.ratio);
    hair(c, this);
  }

  /** A place outside the square is shown at its edge. */
  inside(x, y, r) {
    return [x, y].map((v, k) => Math.max(r, Math.min((k ? this.h : this.w) - r, v)));
  }

  yours(c, x, y, r) {
    const [px, py] = this.inside(x, y, r);
    diamond(c, px, py, r, this.colours, this.ratio);
    c.font = `650 ${14 * this.ratio}px "Source Sans", sans-serif`;
    c.textAlign = px > this.w * 0.8 ? "right" : "left";
    label(
      c,
      this.spec.yours ?? "yours",
      px + (px > this.w * 0.8 ? -1.5 : 1.5) * r,
      py + 5 * this.ratio,
      this.colours,
      this.ratio,
    );
  }
}

export default CodePlane;
