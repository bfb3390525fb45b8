// Threats: the balls in which an adversary may move around points, the paths it takes, and the
// points it breaks. All balls of a panel are one path.

import { pixelsPerUnit } from "./mapping.js";

/** Add the ball of radius r pixels around (x, y) to a path: a box in L∞, a disc in L2. */
export function ball(path, x, y, r, norm) {
  if (norm === "l2") {
    path.moveTo(x + r, y);
    path.arc(x, y, r, 0, 6.2832);
  } else path.rect(x - r, y - r, 2 * r, 2 * r);
}

/** float32 (M, N, T, 2) with `index`: balls around the first place of each path; radius: a knob.
 * Balls of broken points (layer "broken") are in the colour of these. */
export function balls(c, panel, { shape, data }, spec, { stage, frame, colours }) {
  const [, n, t] = shape;
  const from = spec.index * n * t * 2;
  const r = frame.knobs[spec.radius] * pixelsPerUnit(panel);
  const norm = stage.data.setup.norm;
  const broken = frame.layers.broken?.data;
  const groups = [new Path2D(), new Path2D()];
  if (!(r > 0.5)) return;
  for (let i = 0; i < n; i++) {
    const [x, y] = panel.at(data[from + 2 * i * t], data[from + 2 * i * t + 1]);
    ball(groups[broken?.[spec.index * n + i] ? 1 : 0], x, y, r, norm);
  }
  c.lineWidth = panel.ratio;
  c.globalAlpha = n * r > 4 * panel.w ? 0.3 : 0.65; // balls that overlap cover much
  for (const [i, name] of ["ink", "broken"].entries()) {
    c.strokeStyle = colours.of(name);
    c.stroke(groups[i]);
  }
  c.globalAlpha = 1;
}

/** float32 (M, N, T, 2) with `index`: the paths, in one colour where they break their point (layer
 * "broken") and in another where not. */
export function escapes(c, panel, { shape, data }, spec, { frame, colours }) {
  const [, n, t] = shape;
  const broken = frame.layers.broken?.data;
  const groups = [0, 1].map(() => ({ line: new Path2D(), ends: new Path2D() }));
  const dot = 1.8 * panel.ratio;
  for (let i = 0; i < n; i++) {
    const from = (spec.index * n + i) * t * 2;
    const { line, ends } = groups[broken?.[spec.index * n + i] ? 1 : 0];
    let [x, y] = panel.at(data[from], data[from + 1]);
    line.moveTo(x, y);
    for (let k = 1; k < t; k++) line.lineTo(...([x, y] = panel.at(data[from + 2 * k], data[from + 2 * k + 1])));
    ends.rect(x - dot, y - dot, 2 * dot, 2 * dot);
  }
  c.lineJoin = "round";
  c.lineWidth = 1.6 * panel.ratio;
  for (const [i, name] of ["ink", "broken"].entries()) {
    c.strokeStyle = c.fillStyle = colours.of(name);
    c.stroke(groups[i].line);
    c.fill(groups[i].ends);
  }
}

/** uint8 (M, N) with `index`: a ring around each point that can be broken; needs the layer "paths"
 * for their places. */
export function breaks(c, panel, { shape, data }, spec, { frame, colours }) {
  const paths = frame.layers.paths;
  if (!paths) return;
  const n = shape[1];
  const t = paths.shape[2];
  const r = 7.5 * panel.ratio;
  const rings = new Path2D();
  for (let i = 0; i < n; i++) {
    if (!data[spec.index * n + i]) continue;
    const at = (spec.index * n + i) * t * 2;
    const [x, y] = panel.at(paths.data[at], paths.data[at + 1]);
    rings.moveTo(x + r, y);
    rings.arc(x, y, r, 0, 6.2832);
  }
  c.fillStyle = colours.of("broken");
  c.fill(rings);
}
