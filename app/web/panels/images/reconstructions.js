// Reconstructions: images of the scene with what a layer makes of each below it, in rows of
// `columns`.
//
// spec: as images.js, and {scene: layer of the originals, layer, batch?: two layers that a phase
// shows instead}

import { Images } from "./images.js";

export class Reconstructions extends Images {
  constructor(spec, stage) {
    super({ gap: 0, ...spec, scene: undefined }, stage);
    this.originals = spec.scene;
  }

  paint(frame) {
    const batch = this.spec.batch?.map((n) => frame.layers[n]);
    const phase = batch?.every(Boolean);
    const [top, bottom] = phase ? batch : [this.stage.sceneShown?.[this.originals], frame.layers[this.spec.layer]];
    if (!top || !bottom) return this.blank();
    if (this.top !== top.data || this.bottom !== bottom.data) {
      const size = this.side[0] * this.side[1];
      const n = this.spec.columns;
      const rows = Math.ceil(top.shape[0] / n);
      const all = new Uint8Array(2 * rows * n * size);
      for (let r = 0; r < rows; r++)
        [top, bottom].forEach((of, k) =>
          all.set(of.data.subarray(r * n * size, (r + 1) * n * size), (2 * r + k) * n * size),
        );
      this.given = { shape: [2 * rows * n, size], data: all };
      [this.top, this.bottom, this.dirty] = [top.data, bottom.data, true];
    }
    super.paint(frame);
  }
}

export default Reconstructions;
