// Mapping: places of a part of the plane ↔ pixels of a panel's canvas. A panel has `view`, the half
// width and half height of that part; `w` and `h`, the pixels of its canvas; and `front`, the
// canvas.

/** Plane coordinates → pixels of the canvas. */
export function toPixels({ view, w, h }, x, y) {
  return [(x / view[0] + 1) * 0.5 * w, (1 - y / view[1]) * 0.5 * h];
}

/** The same for loops over many places: a pixel is from + by · coordinate. */
export const scales = ({ view, w, h }) => ({
  x: { from: w / 2, by: w / (2 * view[0]) },
  y: { from: h / 2, by: -h / (2 * view[1]) },
});

/** A pointer event → plane coordinates. */
export function toPlane({ view, front }, event) {
  const [u, v] = pointerShare(front, event);
  return [(2 * u - 1) * view[0], (1 - 2 * v) * view[1]];
}

/** Pixels of the canvas in a unit of the plane. */
export const pixelsPerUnit = ({ view, w }) => w / (2 * view[0]);

/** Where a pointer is on an element, as shares of its width and height from the upper left corner. */
export function pointerShare(element, event) {
  const box = element.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
}
