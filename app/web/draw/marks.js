// Marks: what is drawn at single places of the plane. Sizes are in pixels of the canvas.

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

/** Add the mark of a class of sentences to a path or context: those of sentence.js, ▼ ▲ ■ ● ◆ ✚. */
export function kindMark(path, x, y, s, kind) {
  if (kind === 2) return path.rect(x - 0.8 * s, y - 0.8 * s, 1.6 * s, 1.6 * s);
  if (kind === 3) return (path.moveTo(x + s, y), path.arc(x, y, s, 0, 6.3));
  if (kind === 4)
    return (
      path.moveTo(x - s, y),
      path.lineTo(x, y - s),
      path.lineTo(x + s, y),
      path.lineTo(x, y + s),
      path.closePath()
    );
  if (kind === 5)
    return (path.rect(x - s, y - 0.35 * s, 2 * s, 0.7 * s), path.rect(x - 0.35 * s, y - s, 0.7 * s, 2 * s));
  const up = kind ? -1 : 1;
  path.moveTo(x - s, y - 0.8 * up * s);
  path.lineTo(x + s, y - 0.8 * up * s);
  path.lineTo(x, y + up * s);
  path.closePath();
}

const HEAD_COS = Math.cos(0.5); // of half the angle of an arrow's head
const HEAD_SIN = Math.sin(0.5);

/** Add an arrow between two places to a path. */
export function arrow(path, x0, y0, x1, y1, ratio) {
  const length = Math.sqrt((x1 - x0) ** 2 + (y1 - y0) ** 2);
  const head = Math.min(7 * ratio, length * 0.6) / (length || 1);
  const along = HEAD_COS * head; // the head's two sides, as shares of the arrow along and across it
  const across = HEAD_SIN * head;
  const dx = x1 - x0;
  const dy = y1 - y0;
  path.moveTo(x0, y0);
  path.lineTo(x1, y1);
  path.moveTo(x1 - along * dx - across * dy, y1 - along * dy + across * dx);
  path.lineTo(x1, y1);
  path.lineTo(x1 - along * dx + across * dy, y1 - along * dy - across * dx);
}

/** The pens of arrows, with a halo so that they read over any field. */
export const arrowPens = (colour, halo, width = 2.2) => [
  [width + 1.8, halo],
  [width, colour],
];

/** The shadow of a convex ball, from how far it reaches along evenly spread directions. */
export function outline(c, x, y, reach, scale) {
  const n = reach.length;
  const turn = (2 * Math.PI) / n;
  for (let i = 0; i <= n; i++) {
    const a = reach[i % n];
    const b = reach[(i + 1) % n];
    const t = turn * i;
    // The corner between two neighbouring supporting lines.
    const along = a;
    const across = (b - a * Math.cos(turn)) / Math.sin(turn);
    const px = x + scale * (along * Math.cos(t) - across * Math.sin(t));
    const py = y - scale * (along * Math.sin(t) + across * Math.cos(t));
    if (i) c.lineTo(px, py);
    else c.moveTo(px, py);
  }
}

/** A diamond of half width r, which marks what is the visitor's own. */
export function diamond(c, x, y, r, colours, ratio) {
  c.beginPath();
  c.moveTo(x, y - r);
  c.lineTo(x + r, y);
  c.lineTo(x, y + r);
  c.lineTo(x - r, y);
  c.closePath();
  c.lineWidth = 4 * ratio;
  c.strokeStyle = colours.halo;
  c.stroke();
  c.fillStyle = colours.of("fake");
  c.fill();
}

/** Text that reads over any field. */
export function label(c, text, x, y, colours, ratio) {
  c.lineWidth = 3 * ratio;
  c.strokeStyle = colours.halo;
  c.globalAlpha = 0.6;
  c.strokeText(text, x, y);
  c.globalAlpha = 1;
  c.fillStyle = colours.ink;
  c.fillText(text, x, y);
}

/** Draw a path with one pen after the other, each [width in pixels at ratio 1, colour]; a halo
 * comes first. */
export function stroke(c, path, ratio, pens) {
  for (const [width, colour] of pens) {
    c.lineWidth = width * ratio;
    c.strokeStyle = colour;
    c.stroke(path);
  }
}

/** A ring around a place. */
export function ring(c, x, y, r, colours, ratio, width) {
  const path = new Path2D();
  path.arc(x, y, r, 0, 2 * Math.PI);
  stroke(c, path, ratio, [
    [5, colours.halo],
    [width, colours.ink],
  ]);
}

/** Text on a halo of `width` pixels. */
export function haloed(c, text, x, y, halo, width, colour) {
  c.lineWidth = width;
  c.strokeStyle = halo;
  c.strokeText(text, x, y);
  c.fillStyle = colour;
  c.fillText(text, x, y);
}
