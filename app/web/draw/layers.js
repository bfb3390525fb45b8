// Layers: how each kind of layer is drawn in a plane. A panel's spec lists them in order, as {draw,
// layer, show?, scene?, under?, ...}:
//
//   draw: a function below
//   layer: name of the array
//   show: the toggle it obeys
//   scene: it changes with the scene alone, so it is drawn on a canvas that is kept
//   under: with scene, it lies below the layers that move
//   still: it comes with the scene, but is drawn in its turn among the layers that move
//   phase: it comes only while a step is explained
//
// Each function names the further fields that it takes. It draws on the context, or lays down what it
// can on the panel's overlay; the plane keeps both in order.

import { levelLine } from "./field.js";
import { pixelsPerUnit, scales } from "./mapping.js";
import { arrow, arrowPens, haloed, mark, outline, stroke } from "./marks.js";
import { Lines } from "./overlay.js";
import { stamp } from "./stamp.js";
import { balls, breaks, escapes } from "./threats.js";

const MOST_BALLS = 60; // more would be a grey mass
const lines = new Lines(); // work space

/** uint8 (rows, columns) or (M, rows, columns) with `index` one of M. table: name of a colour
 * table. level: draw this level line over it. */
function field(c, panel, { shape, data }, spec, { colours }) {
  const [rows, columns] = shape.slice(-2);
  const size = rows * columns;
  const from = (spec.index ?? 0) * size;
  const values = data.subarray(from, from + size);
  panel.field.draw(c, panel.w, panel.h, values, rows, columns, colours.table(spec.table ?? "classes"));
  if (spec.level === null) return;
  levelLine(values, rows, columns, panel.w, panel.h, spec.level, lines.clear());
  panel.overlay.stroke(lines, panel.ratio, [
    [4.5, colours.halo],
    [2.2, colours.ink],
  ]);
}

/** Level lines of a density, float32 or uint8 (rows, columns) or (M, ...) with `index`, at `levels`
 * as shares of its maximum. colour. */
function levels(c, panel, { shape, data }, spec, { colours }) {
  const [rows, columns] = shape.slice(-2);
  const size = rows * columns;
  const from = (spec.index ?? 0) * size;
  const values = data.subarray(from, from + size);
  const top = values.reduce((a, b) => Math.max(a, b), 0);
  if (!top) return;
  lines.clear();
  for (const share of spec.levels ?? [0.1, 0.3, 0.6, 0.9])
    levelLine(values, rows, columns, panel.w, panel.h, share * top, lines);
  panel.overlay.stroke(lines, panel.ratio, [
    [3.2, colours.halo],
    [1.7, colours.of(spec.colour)],
  ]);
}

/** float32 (N, ≥ 2) or (M, N, ≥ 2) with `index`: small discs. colour; radius; ring: hollow. by:
 * column, where there is one, with a digit that chooses the colour. */
function dots(c, panel, { shape, data }, spec, { colours, scale }) {
  const stride = shape.at(-1);
  const n = shape.at(-2);
  const from = (spec.index ?? 0) * n * stride;
  const r = (spec.radius ?? 2) * panel.ratio * (scale ?? 1);
  const disc = (colour) =>
    spec.ring
      ? stamp(r, "", colour, 1.4 * panel.ratio, spec.alpha)
      : stamp(r, colour, colours.halo, (spec.halo ?? 0.9) * panel.ratio, spec.alpha);
  const stamps = new Map(); // group → function that draws its disc
  const grouped = spec.by !== undefined && spec.by < stride;
  const { x: across, y: up } = scales(panel);
  for (let i = 0; i < n; i++) {
    const at = from + i * stride;
    const key = grouped ? Math.round(data[at + spec.by]) : -1;
    const x = across.from + across.by * data[at];
    const y = up.from + up.by * data[at + 1];
    if (!(x > -9 && y > -9 && x < panel.w + 9 && y < panel.h + 9)) continue;
    if (!stamps.has(key)) stamps.set(key, disc(key < 0 ? colours.of(spec.colour) : colours.digit(key)));
    stamps.get(key)(panel.overlay, x, y);
  }
}

/** float32 (N, 4) of x, y, dx, dy, or (M, N, 4) with `index`. colour. longest: plane units the
 * longest arrow is scaled to; else as it is. */
function arrows(c, panel, { shape, data }, spec, { colours }) {
  const n = shape.at(-2);
  const from = (spec.index ?? 0) * n * 4;
  const colour = colours.of(spec.colour);
  let factor = 1;
  if (spec.longest) {
    let most = 0;
    for (let i = from; i < from + 4 * n; i += 4) most = Math.max(most, data[i + 2] ** 2 + data[i + 3] ** 2);
    factor = most > 0 ? spec.longest / Math.sqrt(most) : 0;
  }
  const { x: across, y: up } = scales(panel);
  lines.clear();
  for (let i = from; i < from + 4 * n; i += 4) {
    const x = across.from + across.by * data[i];
    const y = up.from + up.by * data[i + 1];
    const u = x + across.by * factor * data[i + 2];
    const v = y + up.by * factor * data[i + 3];
    if ((u - x) ** 2 + (v - y) ** 2 > (1.5 * panel.ratio) ** 2) arrow(lines, x, y, u, v, panel.ratio);
  }
  panel.overlay.stroke(lines, panel.ratio, arrowPens(colour, colours.halo, spec.width ?? 1.6));
}

/** float32 (N, ≥ 3): the digit of column `by` (2), written at the middle of the places that carry
 * it. size: of the digits, in pixels. */
function names(c, panel, { shape, data }, spec, { colours }) {
  const [n, stride] = shape;
  const by = spec.by ?? 2;
  const groups = new Map();
  const middle = (list) => list.sort((a, b) => a - b)[list.length >> 1];
  if (by >= stride) return;
  for (let i = 0; i < n; i++) {
    const key = data[i * stride + by];
    if (!groups.has(key)) groups.set(key, [[], []]);
    groups.get(key).forEach((list, k) => list.push(data[i * stride + k]));
  }
  c.font = `700 ${(spec.size ?? 22) * panel.ratio}px "Source Sans", sans-serif`;
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.lineJoin = "round";
  for (const [key, lists] of groups) {
    // A name whose place is out of sight stands at the edge.
    const [x, y] = panel
      .at(...lists.map(middle))
      .map((v, k) => Math.max(14 * panel.ratio, Math.min((k ? panel.h : panel.w) - 14 * panel.ratio, v)));
    haloed(c, key, x, y, colours.halo, 5 * panel.ratio, colours.digit(key));
  }
  c.textBaseline = "alphabetic";
}

/** float32 (N, ≥ 2), how far the places of the layer `from` go, or with `absolute` where to.
 * colour. longest: as for arrows. */
function shifts(c, panel, { shape, data }, spec, { frame, colours }) {
  const from = frame.layers[spec.from];
  const stride = shape[1];
  const n = Math.min(shape[0], from?.shape[0] ?? 0);
  const rows = new Float32Array(4 * n);
  for (let i = 0; i < n; i++) {
    const x = from.data[i * from.shape[1]];
    const y = from.data[i * from.shape[1] + 1];
    const off = spec.absolute ? [x, y] : [0, 0];
    rows.set([x, y, data[i * stride] - off[0], data[i * stride + 1] - off[1]], 4 * i);
  }
  arrows(c, panel, { shape: [n, 4], data: rows }, spec, { colours });
}

/** float32 (rows, columns, 2), or (M, ...) with `index`: a warped grid; one row is a curve. colour. */
function mesh(c, panel, { shape, data }, spec, { colours }) {
  const [rows, columns] = shape.slice(-3);
  const from = (spec.index ?? 0) * rows * columns * 2;
  const { x: across, y: up } = scales(panel);
  /** A line through `count` places, `step` values apart. */
  const line = (at, count, step) => {
    for (let k = 0; k < count; k++, at += step) {
      const x = across.from + across.by * data[at];
      const y = up.from + up.by * data[at + 1];
      if (k) c.lineTo(x, y);
      else c.moveTo(x, y);
    }
  };
  c.beginPath();
  for (let r = 0; r < rows; r++) line(from + 2 * r * columns, columns, 2);
  if (rows > 1) for (let k = 0; k < columns; k++) line(from + 2 * k, rows, 2 * columns);
  c.globalAlpha = spec.alpha ?? 0.8;
  c.lineWidth = (rows > 1 ? 1 : 2.4) * panel.ratio;
  c.strokeStyle = colours.of(spec.colour);
  c.stroke();
  c.globalAlpha = 1;
}

/** float32 (N, T, 2), or (M, ...) with `index`: N paths of T places each, the last one marked.
 * colour. */
function paths(c, panel, { shape, data }, spec, { colours }) {
  const [n, t] = shape.slice(-3);
  const from = (spec.index ?? 0) * n * t * 2;
  const line = new Path2D();
  const ends = new Path2D();
  for (let i = 0; i < n; i++) {
    let x, y;
    for (let k = 0; k < t; k++) {
      [x, y] = panel.at(data[from + 2 * (i * t + k)], data[from + 2 * (i * t + k) + 1]);
      if (k) line.lineTo(x, y);
      else line.moveTo(x, y);
    }
    ends.moveTo(x + 2 * panel.ratio, y);
    ends.arc(x, y, 2 * panel.ratio, 0, 6.3);
  }
  stroke(c, line, panel.ratio, [
    [3, colours.halo],
    [1.4, colours.of(spec.colour)],
  ]);
  c.fillStyle = colours.of(spec.colour);
  c.fill(ends);
}

/** The training points of two classes, placed by the visitor or the data set's own. radius. */
function points(c, panel, _, spec, { stage, colours }) {
  const list = stage.pointsShown() ?? [];
  for (const [x, y, label] of list)
    mark(c, ...panel.at(x, y), label, (list.length > 120 ? 3.5 : (spec.radius ?? 6)) * panel.ratio, colours);
}

/** float32 (N, 3) of x, y, label: small marks, disc or triangle. */
function tests(c, panel, { shape, data }, spec, { colours }) {
  const r = 2.1 * panel.ratio;
  c.lineWidth = 0.9 * panel.ratio;
  c.strokeStyle = colours.halo;
  c.globalAlpha = 0.85;
  for (let i = 0; i < shape[0]; i++) {
    const [x, y] = panel.at(data[3 * i], data[3 * i + 1]);
    const label = data[3 * i + 2];
    c.fillStyle = colours.marks[label];
    c.beginPath();
    if (label) {
      c.moveTo(x, y - 1.4 * r);
      c.lineTo(x + 1.2 * r, y + r);
      c.lineTo(x - 1.2 * r, y + r);
    } else c.arc(x, y, r, 0, 7);
    c.closePath();
    c.fill();
    c.stroke();
  }
  c.globalAlpha = 1;
}

/** float32 (N, 2): specks. colour, size, alpha. */
function specks(c, panel, { shape, data }, spec, { colours }) {
  c.fillStyle = spec.colour ? colours.of(spec.colour) : colours.dim;
  c.globalAlpha = spec.alpha ?? 0.55;
  const r = (spec.size ?? 2) * panel.ratio;
  for (let i = 0; i < shape[0]; i++) {
    const [x, y] = panel.at(data[2 * i], data[2 * i + 1]);
    c.fillRect(x - r / 2, y - r / 2, r, r);
  }
  c.globalAlpha = 1;
}

/** float32 (M, N, 2): r of member `index` at each training point, in the ball of radius `radius` (a
 * knob) it may reach. norm; colour. */
function perturbations(c, panel, { shape, data }, spec, { stage, frame, colours }) {
  const n = shape[1];
  const r = data.subarray(spec.index * n * 2, (spec.index + 1) * n * 2);
  const list = stage.pointsShown();
  const ball = stage.sceneShown?.ball;
  if (list?.length !== n) return;
  const colour = colours.of(spec.colour);
  const epsilon = frame.knobs[spec.radius];
  const sx = pixelsPerUnit(panel);
  c.strokeStyle = c.fillStyle = colour;
  c.lineWidth = 1.4 * panel.ratio;
  c.globalAlpha = epsilon > 1 ? 0.3 : 0.75; // balls larger than the data cover much and show little
  for (let i = 0; i < Math.min(n, MOST_BALLS); i++) {
    const [x, y] = panel.at(list[i][0], list[i][1]);
    c.beginPath();
    if (spec.norm === "linf" && ball) outline(c, x, y, ball.data, epsilon * sx);
    else c.arc(x, y, epsilon * sx, 0, 7);
    c.stroke();
  }
  c.globalAlpha = 1;
  lines.clear();
  for (let i = 0; i < n; i++) {
    const [x, y] = panel.at(list[i][0], list[i][1]);
    arrow(lines, x, y, x + r[2 * i] * sx, y - r[2 * i + 1] * sx, panel.ratio);
  }
  panel.overlay.stroke(lines, panel.ratio, arrowPens(colour, colours.halo));
}

export const DRAWS = {
  field,
  levels,
  dots,
  names,
  arrows,
  shifts,
  mesh,
  paths,
  points,
  tests,
  specks,
  perturbations,
  balls,
  breaks,
  escapes,
};

/** Layers of which everything is laid down on the overlay. */
export const OVERLAID = new Set(["levels", "dots", "arrows", "shifts"]);
