// Plane: layers drawn over a part of the plane.
//
// spec: {view: half width and half height shown, layers: see draw/layers.js, axes: whether it has
// ticks}

import { Field } from "../../draw/field.js";
import { DRAWS, OVERLAID } from "../../draw/layers.js";
import { toPixels, toPlane } from "../../draw/mapping.js";
import { label } from "../../draw/marks.js";
import { Overlay } from "../../draw/overlay.js";
import { cursor } from "../../input/cursor.js";
import { paintable } from "../../input/painting.js";
import { hairAt } from "../../input/pointing.js";
import { listen } from "../../input/points.js";
import { CanvasPanel } from "../panel.js";

// Layers whose values lie between those of two frames while it goes from one to the other.
const GLIDES = new Set(["field", "levels", "dots", "arrows", "mesh", "specks", "shifts"]);

export class Plane extends CanvasPanel {
  constructor(spec, stage) {
    super(spec, stage);
    this.view = spec.view ?? stage.data.view;
    // Marks change rarely, so they are kept on canvases of their own; with one canvas per panel in
    // the page the browser has half the compositing to do.
    this.marks = document.createElement("canvas");
    this.ground = spec.layers.some((l) => l.under) ? document.createElement("canvas") : null;
    this.field = new Field();
    this.overlay = new Overlay();
    this.kept = new Map(); // still layer → {array, colours, canvas} as it was drawn last
    if (stage.placing?.side && spec.painted) {
      this.element.classList.add("paintable");
      this.keys = paintable(this, stage.placing);
    } else if (stage.placing?.most) this.keys = listen(this, stage.placing, stage.placing.most);
    if (this.keys && this.movesCursor) this.cursor = cursor(this.front, this.cursorKeys());
  }

  /** Whether the arrow keys move a cursor here; kinds that point (input/pointing.js) have their own. */
  get movesCursor() {
    return true;
  }

  /** What the keys do at the cursor: what the tool does, or without one `pick`, where there is that. */
  cursorKeys() {
    const { stage } = this;
    const none = () => {
      if (this.pickAt) this.pickAt(this.cursorPlace());
      else stage.say("Choose a tool beside the panels first, such as Add.", "info", 4000);
    };
    return {
      act: () => (stage.tool ? this.keys.act() : none()),
      moved: () => {
        this.keys.moved?.();
        stage.view.repaint(this);
      },
      left: () => {
        this.keys.left?.();
        stage.view.repaint(this);
      },
    };
  }

  /** Where the keys act, in the plane. */
  cursorPlace() {
    if (!this.cursor) return this.place ?? [0, 0];
    const [u, v] = this.cursor.at;
    return [(2 * u - 1) * this.view[0], (1 - 2 * v) * this.view[1]];
  }

  shown(layer, show) {
    return !layer.show || show[layer.show];
  }

  wanted(show) {
    return this.spec.layers
      .filter((l) => !l.scene && !l.still && !l.phase && l.layer && this.shown(l, show))
      .map((l) => l.layer);
  }

  glides(show) {
    return this.spec.layers
      .filter((l) => GLIDES.has(l.draw) && !l.scene && !l.still && !l.phase && l.layer && this.shown(l, show))
      .map((l) => l.layer);
  }

  size(width, height, ratio) {
    super.size(width, height, ratio);
    this.overlay.size(this.w, this.h);
    this.kept.clear();
    for (const canvas of [this.marks, this.ground])
      if (canvas) Object.assign(canvas, { width: this.w, height: this.h });
  }

  /** Plane coordinates → pixels. */
  at(x, y) {
    return toPixels(this, x, y);
  }

  /** A pointer event → plane coordinates. */
  locate(event) {
    return toPlane(this, event);
  }

  paint(frame) {
    const c = this.context;
    const moving = this.spec.layers.filter((l) => !l.scene);
    this.overlay.begin();
    if (this.ground) c.drawImage(this.ground, 0, 0);
    else if (moving[0]?.draw !== "field" || !this.shown(moving[0], this.stage.show) || !frame.layers[moving[0].layer])
      this.clear(c);
    this.draw(c, moving, frame, frame.layers);
    c.drawImage(this.marks, 0, 0);
    this.over(c, frame);
    if (this.cursor?.shown) hairAt(c, this, this.cursorPlace());
  }

  /** For kinds that draw something of their own on top. */
  over() {}

  clear(c) {
    c.fillStyle = this.colours.paper;
    c.fillRect(0, 0, this.w, this.h);
  }

  draw(c, layers, frame, arrays) {
    const context = { stage: this.stage, frame, colours: this.colours };
    for (const layer of layers) {
      if (!this.shown(layer, this.stage.show)) continue;
      const array = layer.layer
        ? (arrays?.[layer.layer] ?? (layer.still ? this.stage.sceneShown?.[layer.layer] : undefined))
        : true;
      if (!array) continue;
      if (!OVERLAID.has(layer.draw) || layer.still) this.overlay.flush(c);
      if (layer.still) this.drawStill(c, layer, array, context);
      else DRAWS[layer.draw](c, this, array, layer, context);
    }
    this.overlay.flush(c);
  }

  /** A layer that changes with the scene alone, from a canvas where it is drawn when it has changed. */
  drawStill(c, layer, array, context) {
    const { colours } = this;
    let kept = this.kept.get(layer);
    if (kept?.array.data !== array.data || kept.colours !== colours) {
      const canvas = Object.assign(document.createElement("canvas"), { width: this.w, height: this.h });
      const own = canvas.getContext("2d", { willReadFrequently: true });
      DRAWS[layer.draw](own, this, array, layer, context);
      this.overlay.flush(own);
      this.kept.set(layer, (kept = { array, colours, canvas }));
    }
    c.drawImage(kept.canvas, 0, 0);
  }

  mark() {
    const scene = this.stage.sceneShown;
    const still = this.spec.layers.filter((l) => l.scene);
    this.overlay.begin();
    if (this.ground) {
      const c = this.ground.getContext("2d", { willReadFrequently: true });
      this.clear(c);
      this.draw(
        c,
        still.filter((l) => l.under),
        null,
        scene,
      );
    }
    const c = this.marks.getContext("2d", { willReadFrequently: true });
    c.clearRect(0, 0, this.w, this.h);
    if (this.spec.axes !== false) this.axes(c);
    this.draw(
      c,
      still.filter((l) => !l.under),
      null,
      scene,
    );
  }

  axes(c) {
    const { colours, ratio, view } = this;
    const unit = view[0] > 6 ? 4 : view[0] > 3.2 ? 2 : 1;
    const most = (half) => Math.floor((half - 0.2 * unit) / unit) * unit;
    c.fillStyle = colours.ink;
    c.font = `${13 * ratio}px "Source Sans", sans-serif`;
    c.textAlign = "center";
    for (let x = -most(view[0]); x <= most(view[0]); x += unit) {
      if (!x) continue;
      const [px] = this.at(x, 0);
      c.fillRect(px, this.h - 5 * ratio, ratio, 5 * ratio);
      if (Math.abs(x) === most(view[0])) label(c, String(x).replace("-", "−"), px, this.h - 8 * ratio, colours, ratio);
    }
    c.textAlign = "left";
    for (let y = -most(view[1]); y <= most(view[1]); y += unit) {
      const [, py] = this.at(0, y);
      c.fillStyle = colours.ink;
      c.fillRect(0, py, 5 * ratio, ratio);
      if (y) label(c, String(y).replace("-", "−"), 8 * ratio, py + 4.5 * ratio, colours, ratio);
    }
  }
}

export default Plane;
