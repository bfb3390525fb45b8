// Panels: one canvas a member, drawn from a frame and a scene.

import { Field, levelLine } from "./field.js";
import { percent, signed } from "./numbers.js";

const MOST_BALLS = 60; // more would be a grey mass

export class Panel {
  /** spec: {name, title, member, arrows: index into the arrows layer or null, norm: "l2" | "linf", radius: knob name} */
  constructor(spec, view) {
    this.spec = spec;
    this.view = view; // half width and half height of the plane shown
    this.element = document.createElement("figure");
    this.element.className = "panel";
    this.element.dataset.panel = spec.name;
    this.element.innerHTML = `<figcaption><b></b><span class="numbers"></span></figcaption>
      <div class="plot"><canvas class="marks"></canvas></div>`;
    this.element.querySelector("b").textContent = spec.title;
    this.numbers = this.element.querySelector(".numbers");
    this.plot = this.element.querySelector(".plot");
    // Marks change rarely, so they are kept on a canvas of their own; one canvas a panel in the page is half the compositing.
    this.front = this.element.querySelector("canvas");
    this.front.setAttribute("role", "img");
    this.marks = document.createElement("canvas");
    this.field = new Field();
  }

  size(width, height, ratio) {
    this.w = Math.round(width * ratio);
    this.h = Math.round(height * ratio);
    this.ratio = ratio;
    this.plot.style.width = `${width}px`;
    this.plot.style.height = `${height}px`;
    for (const canvas of [this.front, this.marks]) {
      canvas.width = this.w;
      canvas.height = this.h;
    }
  }

  /** Plane coordinates → pixels. */
  at(x, y) {
    return [(x / this.view[0] + 1) * 0.5 * this.w, (1 - y / this.view[1]) * 0.5 * this.h];
  }

  /** A pointer event → plane coordinates. */
  locate(event) {
    const box = this.front.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * 2 - 1, y = 1 - ((event.clientY - box.top) / box.height) * 2;
    return [x * this.view[0], y * this.view[1]];
  }

  /** What changes with every frame. */
  paint(frame, points, ball, colours, showArrows) {
    const { field, arrows } = frame.layers, c = this.front.getContext("2d", { alpha: false, willReadFrequently: true });
    const [, rows, columns] = field.shape, size = rows * columns;
    const values = field.data.subarray(this.spec.member * size, (this.spec.member + 1) * size);
    this.field.draw(c, this.w, this.h, values, rows, columns, colours.table);
    const line = levelLine(values, rows, columns, this.w, this.h);
    c.lineCap = "round";
    for (const [width, colour] of [[4.5, colours.halo], [2.2, colours.ink]]) {
      c.lineWidth = width * this.ratio;
      c.strokeStyle = colour;
      c.stroke(line);
    }
    if (showArrows && arrows && this.spec.arrows !== null) this.perturbations(c, arrows, points, ball, colours, frame.knobs);
    c.drawImage(this.marks, 0, 0);
  }

  /** r at each training point, projected to the plane, in the ball it may reach. */
  perturbations(c, arrows, points, ball, colours, knobs) {
    const n = arrows.shape[1], data = arrows.data.subarray(this.spec.arrows * n * 2, (this.spec.arrows + 1) * n * 2);
    if (!points || points.length !== n) return;
    const colour = colours.method(this.spec.name), epsilon = knobs[this.spec.radius];
    const sx = this.w / (2 * this.view[0]);
    c.strokeStyle = c.fillStyle = colour;
    c.lineWidth = 1.4 * this.ratio;
    c.globalAlpha = epsilon > 1 ? 0.3 : 0.75; // balls larger than the data say little and cover much
    for (let i = 0; i < Math.min(n, MOST_BALLS); i++) {
      const [x, y] = this.at(points[i][0], points[i][1]);
      c.beginPath();
      if (this.spec.norm === "linf" && ball) outline(c, x, y, ball.data, epsilon * sx);
      else c.arc(x, y, epsilon * sx, 0, 7);
      c.stroke();
    }
    c.globalAlpha = 1;
    for (let i = 0; i < n; i++) {
      const [x, y] = this.at(points[i][0], points[i][1]);
      arrow(c, x, y, x + data[2 * i] * sx, y - data[2 * i + 1] * sx, this.ratio, colour, colours.halo);
    }
  }

  /** What changes with the scene, the size or the theme alone; seen with the next paint. */
  paintMarks(points, scene, colours, show) {
    const c = this.marks.getContext("2d", { willReadFrequently: true });
    c.clearRect(0, 0, this.w, this.h);
    this.axes(c, colours);
    if (show.unlabelled && scene?.unlabelled) dots(c, this, scene.unlabelled, 2, colours.dim, 0.55);
    if (show.test && scene?.test) testMarks(c, this, scene.test, colours);
    for (const [x, y, label] of points ?? []) mark(c, ...this.at(x, y), label, (points.length > 120 ? 3.5 : 6) * this.ratio, colours);
  }

  axes(c, colours) {
    c.fillStyle = colours.ink;
    c.font = `${13 * this.ratio}px "Source Sans", sans-serif`;
    c.textAlign = "center";
    for (const x of [-2, -1, 1, 2]) {
      const [px] = this.at(x, 0);
      c.fillRect(px, this.h - 5 * this.ratio, this.ratio, 5 * this.ratio);
      if (Math.abs(x) === 2) label(c, String(x).replace("-", "−"), px, this.h - 8 * this.ratio, colours, this.ratio);
    }
    c.textAlign = "left";
    for (const y of [-1, 0, 1]) {
      const [, py] = this.at(0, y);
      c.fillStyle = colours.ink;
      c.fillRect(0, py, 5 * this.ratio, this.ratio);
      if (y) label(c, String(y).replace("-", "−"), 8 * this.ratio, py + 4.5 * this.ratio, colours, this.ratio);
    }
  }

  /** Title and numbers; called a few times a second, so that they can be read. */
  write(known, colours) {
    const name = this.spec.name, test = known[`test_error.${name}`], train = known[`train_error.${name}`];
    const lds = known[`lds_train.${name}`];
    this.element.style.setProperty("--method", colours.method(name));
    const shown = test ?? train;
    const html = `<span class="error" title="share of wrong answers">${test === undefined ? "train" : "test"} ${percent(shown)}</span>` +
      `<span class="train" title="training error">train ${percent(train)}</span><span class="lds" title="mean local distributional smoothness at the training points: 0 is smooth, negative is rough">LDS ${signed(lds)}</span>`;
    if (html !== this.written) this.numbers.innerHTML = this.written = html;
    this.front.setAttribute("aria-label", `${this.spec.title}: decision field, test error ${percent(test)}, training error ${percent(train)}`);
  }
}

function label(c, text, x, y, colours, ratio) {
  c.lineWidth = 3 * ratio;
  c.strokeStyle = colours.halo;
  c.globalAlpha = 0.6;
  c.strokeText(text, x, y);
  c.globalAlpha = 1;
  c.fillStyle = colours.ink;
  c.fillText(text, x, y);
}

/** Class 0 is a disc, class 1 a triangle. */
export function mark(c, x, y, label, r, colours) {
  c.beginPath();
  if (label) {
    const s = r * 1.25;
    c.moveTo(x, y - s);
    c.lineTo(x + 0.87 * s, y + 0.6 * s);
    c.lineTo(x - 0.87 * s, y + 0.6 * s);
    c.closePath();
  } else c.arc(x, y, r, 0, 7);
  c.fillStyle = colours.marks[label ? 1 : 0];
  c.fill();
  c.lineWidth = r / 3.2;
  c.strokeStyle = colours.halo;
  c.stroke();
  c.lineWidth = r / 7;
  c.strokeStyle = colours.ink;
  c.stroke();
}

function testMarks(c, panel, { shape, data }, colours) {
  const r = 2.1 * panel.ratio;
  c.lineWidth = 0.9 * panel.ratio;
  c.strokeStyle = colours.halo;
  c.globalAlpha = 0.85;
  for (let i = 0; i < shape[0]; i++) {
    const [x, y] = panel.at(data[3 * i], data[3 * i + 1]), label = data[3 * i + 2];
    c.fillStyle = colours.marks[label];
    c.beginPath();
    if (label) c.moveTo(x, y - 1.4 * r), c.lineTo(x + 1.2 * r, y + r), c.lineTo(x - 1.2 * r, y + r);
    else c.arc(x, y, r, 0, 7);
    c.closePath();
    c.fill();
    c.stroke();
  }
  c.globalAlpha = 1;
}

function dots(c, panel, { shape, data }, radius, colour, alpha) {
  c.fillStyle = colour;
  c.globalAlpha = alpha;
  const r = radius * panel.ratio;
  for (let i = 0; i < shape[0]; i++) {
    const [x, y] = panel.at(data[2 * i], data[2 * i + 1]);
    c.fillRect(x - r / 2, y - r / 2, r, r);
  }
  c.globalAlpha = 1;
}

/** The shadow of a convex ball, from how far it reaches along evenly spread directions. */
function outline(c, x, y, reach, scale) {
  const n = reach.length, turn = (2 * Math.PI) / n;
  for (let i = 0; i <= n; i++) {
    const a = reach[i % n], b = reach[(i + 1) % n], t = turn * i;
    // The corner between two neighbouring supporting lines.
    const along = a, across = (b - a * Math.cos(turn)) / Math.sin(turn);
    const px = x + scale * (along * Math.cos(t) - across * Math.sin(t)), py = y - scale * (along * Math.sin(t) + across * Math.cos(t));
    if (i) c.lineTo(px, py);
    else c.moveTo(px, py);
  }
}

function arrow(c, x0, y0, x1, y1, ratio, colour, halo) {
  const length = Math.hypot(x1 - x0, y1 - y0), head = Math.min(7 * ratio, length * 0.6), a = Math.atan2(y1 - y0, x1 - x0);
  for (const [width, stroke] of [[4, halo], [2.2, colour]]) {
    c.lineWidth = width * ratio;
    c.strokeStyle = stroke;
    c.beginPath();
    c.moveTo(x0, y0);
    c.lineTo(x1, y1);
    c.moveTo(x1 - head * Math.cos(a - 0.5), y1 - head * Math.sin(a - 0.5));
    c.lineTo(x1, y1);
    c.lineTo(x1 - head * Math.cos(a + 0.5), y1 - head * Math.sin(a + 0.5));
    c.stroke();
  }
}
