// Predictions: images with the answer of a network on each, in red where it is wrong.
//
// spec: as images.js, and {answers: layer uint8 (M, N), labels: scene layer uint8 (N, …, label)}

import { haloed } from "../../draw/marks.js";
import { Images } from "./images.js";

export class Predictions extends Images {
  wanted() {
    return [this.spec.layer, this.spec.answers];
  }

  over(c, frame, cw, ch) {
    const answers = frame.layers[this.spec.answers];
    const labels = this.stage.sceneShown?.[this.spec.labels];
    if (!answers || !labels) return;
    const n = answers.shape[1];
    const stride = labels.shape[1];
    const { colours, ratio } = this;
    const size = Math.max(13 * ratio, ch * 0.3);
    c.font = `650 ${size}px "Source Sans", sans-serif`;
    c.textAlign = "right";
    for (let i = 0; i < n; i++) {
      const answer = answers.data[this.spec.index * n + i];
      const wrong = answer !== labels.data[i * stride + stride - 1];
      const x = ((i % this.columns) + 1) * cw - 4 * ratio;
      const y = Math.floor(i / this.columns) * ch + size;
      haloed(c, answer, x, y, colours.halo, 4 * ratio, wrong ? colours.word("broken") : colours.dim);
      if (!wrong) continue;
      c.lineWidth = 2 * ratio;
      c.strokeStyle = colours.of("broken");
      c.strokeRect(
        (i % this.columns) * cw + ratio,
        Math.floor(i / this.columns) * ch + ratio,
        cw - 2 * ratio,
        ch - 2 * ratio,
      );
    }
  }
}

export default Predictions;
