// CodeClouds: codes of real sentences, marked by class, and codes that the prior draws, as rings,
// in one fixed projection. The sentence of the code at the pointer is shown; a click sends "say"
// with it. "own" brings the place of the typed sentence, "way" the places of an interpolation with
// the one that is lit.
//
// spec: as a plane without layers, and
//   real, prior: layers
//   kinds: scene layer of the classes of the real ones
//   tokens: scene layer of the sentences, or images: scene layer of images
//   batch: layers that a phase shows of its batch
//   member?: index

import { diamond, kindMark, ring, stroke } from "../../draw/marks.js";
import { language, sentence } from "../../draw/sentence.js";
import { sprite } from "../../draw/sprite.js";
import { cursor } from "../../input/cursor.js";
import { Plane } from "../plane/plane.js";

const NEAR = 16; // pixels from the pointer to the code it means

export class CodeClouds extends Plane {
  constructor(spec, stage) {
    super({ axes: false, layers: [], ...spec }, stage);
    this.element.classList.add("code-clouds");
    this.reading = document.createElement("div");
    this.reading.className = "reading";
    this.plot.append(this.reading);
    this.pointed = -1; // index of the code at the pointer
    stage.on("own", (own) => ((this.own = own[spec.member ?? 0]), stage.repaint(this)));
    stage.on("way", (way) => ((this.way = way), stage.repaint(this)));
    this.front.addEventListener("pointermove", (event) => this.follow(event));
    this.front.addEventListener("pointerleave", () => this.point(-1));
    // A click takes the code that is read, even where that has moved away from the pointer since. A
    // tap has pointed at none before.
    this.front.addEventListener("click", (event) => {
      if (this.pointed < 0) this.follow(event);
      this.take();
    });
    // The arrow keys go over the codes; Enter does what a click does.
    this.cursor = cursor(this.front, {
      moved: ([u, v]) => this.near(u * this.w, v * this.h),
      act: () => this.take(),
      left: () => this.point(-1),
    });
  }

  /** The code at the pointer is chosen. */
  take() {
    if (this.pointed >= 0 && this.spec.tokens) this.stage.tell("say", { text: this.read(this.pointed) });
    if (this.pointed >= 0) this.stage.tell("code", { index: this.pointed });
  }

  wanted() {
    return [this.spec.real, this.spec.prior].filter(Boolean);
  }

  size(width, height, ratio) {
    super.size(width, height, ratio);
    // Equal units both ways: the projection's own square stays a square.
    const half = this.spec.half ?? 1.2;
    const shape = width / height;
    this.view = shape > 1 ? [half * shape, half] : [half, half / shape];
  }

  layer(name, frame = this.stage.shown) {
    return frame?.layers[name] ?? this.stage.sceneShown?.[name];
  }

  /** A frame comes with every step, and a step takes a while. */
  glides() {
    return [this.spec.real, this.spec.prior].filter(Boolean);
  }

  over(c, frame) {
    const real = frame.layers[this.spec.real];
    const prior = frame.layers[this.spec.prior];
    this.seen = real;
    if (prior) this.rings(c, prior);
    if (real) this.marked(c, real, this.layer(this.spec.kinds, frame));
    this.draw(c, this.spec.batch ?? [], frame, frame.layers);
    if (this.way && !this.spec.still) this.path(c, this.way);
    if (this.own && !this.spec.still) this.yours(c, ...this.at(...this.own), 8 * this.ratio);
    if (this.pointed >= 0 && real)
      ring(c, ...this.place(real, this.pointed), 8 * this.ratio, this.colours, this.ratio, 2.2);
    if (this.pointed >= 0 && real && this.spec.images) this.picture(c, ...this.place(real, this.pointed));
  }

  place(layer, i) {
    const n = layer.shape.at(-2);
    const stride = layer.shape.at(-1);
    const from = ((this.spec.member ?? 0) * n + i) * stride;
    return this.at(layer.data[from], layer.data[from + 1]);
  }

  /** Codes of sentences: ▼, ▲ and ■ for the classes; with images, discs in the digits' colours. */
  marked(c, layer, kinds) {
    const n = layer.shape.at(-2);
    const groups = new Map();
    const s = (this.spec.size ?? 3.4) * this.ratio;
    for (let i = 0; i < n; i++) {
      const kind = kinds?.data[i] ?? 0;
      const [x, y] = this.place(layer, i);
      if (!groups.has(kind)) groups.set(kind, new Path2D());
      const path = groups.get(kind);
      if (this.spec.images) {
        path.moveTo(x + s, y);
        path.arc(x, y, s, 0, 6.3);
      } else kindMark(path, x, y, s, kind);
    }
    for (const [kind, path] of groups) {
      c.strokeStyle = this.colours.halo;
      c.lineWidth = 1.1 * this.ratio;
      c.stroke(path);
      c.fillStyle = this.spec.images ? this.colours.digit(kind) : this.colours.kind(kind);
      c.fill(path);
    }
  }

  /** Codes of the prior. */
  rings(c, layer) {
    const n = layer.shape.at(-2);
    const path = new Path2D();
    const r = 2.9 * this.ratio;
    for (let i = 0; i < n; i++) {
      const [x, y] = this.place(layer, i);
      path.moveTo(x + r, y);
      path.arc(x, y, r, 0, 6.3);
    }
    for (const [width, colour] of [
      [2.8, this.colours.halo],
      [1.3, this.colours.of("g")],
    ]) {
      c.lineWidth = width * this.ratio;
      c.strokeStyle = colour;
      c.globalAlpha = width > 2 ? 0.5 : 1;
      c.stroke(path);
    }
    c.globalAlpha = 1;
  }

  path(c, { codes, lit }) {
    const places = codes.map((z) => this.at(...z));
    const line = new Path2D();
    places.forEach(([x, y], i) => (i ? line.lineTo(x, y) : line.moveTo(x, y)));
    stroke(c, line, this.ratio, [
      [5, this.colours.halo],
      [2.4, this.colours.ink],
    ]);
    places.forEach(([x, y], i) => {
      c.beginPath();
      c.arc(x, y, (i === lit ? 7 : codes.length > 12 ? 2.2 : 3.4) * this.ratio, 0, 6.3);
      c.fillStyle = i === lit ? this.colours.of("fake") : this.colours.ink;
      c.lineWidth = 2 * this.ratio;
      c.strokeStyle = this.colours.halo;
      c.stroke();
      c.fill();
    });
  }

  yours(c, x, y, r) {
    diamond(c, Math.max(r, Math.min(this.w - r, x)), Math.max(r, Math.min(this.h - r, y)), r, this.colours, this.ratio);
  }

  /** The image of the code at the pointer, beside it. */
  picture(c, x, y) {
    const images = this.stage.sceneShown?.[this.spec.images];
    const large = 64 * this.ratio;
    const gap = 12 * this.ratio;
    if (!images) return;
    const left = x + gap + large > this.w ? x - gap - large : x + gap;
    const top = Math.max(0, Math.min(this.h - large, y - large / 2));
    c.drawImage(sprite(images.data, this.colours.table("image"), this.pointed * 784), left, top, large, large);
    c.lineWidth = this.ratio;
    c.strokeStyle = this.colours.dim;
    c.strokeRect(left, top, large, large);
  }

  // -- the pointer --

  follow(event) {
    const box = this.front.getBoundingClientRect();
    this.near((event.clientX - box.left) * this.ratio, (event.clientY - box.top) * this.ratio);
  }

  /** Point at the code nearest to a pixel, where one is near. */
  near(x, y) {
    const layer = this.seen;
    if (!layer) return;
    let found = -1;
    let best = (NEAR * this.ratio) ** 2;
    for (let i = 0; i < layer.shape.at(-2); i++) {
      const [u, v] = this.place(layer, i);
      const d = (u - x) ** 2 + (v - y) ** 2;
      if (d < best) [found, best] = [i, d];
    }
    this.point(found);
  }

  point(i) {
    if (i === this.pointed) return;
    this.pointed = i;
    this.front.style.cursor = i >= 0 && this.spec.tokens ? "pointer" : "default";
    if (this.spec.tokens) this.reading.textContent = i >= 0 ? this.read(i) : "";
    if (i >= 0) this.stage.tell("over", { index: i });
    if (i >= 0 && this.cursor.shown && this.spec.tokens) this.stage.announce(this.read(i));
    this.stage.repaint(this);
  }

  read(i) {
    const layer = this.stage.sceneShown?.[this.spec.tokens];
    const book = language(this.stage.sceneShown);
    return layer && book ? sentence(layer, i, book.words).join(" ") : "";
  }
}

export default CodeClouds;
