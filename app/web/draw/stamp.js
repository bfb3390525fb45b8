// Stamp: a small disc that is drawn once and then copied, pixel by pixel.

const PARTS = 4; // places between two pixels along either side, so that what glides does not jerk
const MOST = 60; // kinds of stamps kept
const kinds = new Map();

/** A function that lays a disc of radius `r` at (x, y) of an Overlay. fill: its colour, "" for a ring
 * alone. ring, width: of the line around it. */
export function stamp(r, fill, ring, width, alpha = 1) {
  const key = `${fill}/${ring}/${width}/${r}/${alpha}`;
  if (!kinds.has(key)) {
    if (kinds.size >= MOST) kinds.clear();
    kinds.set(key, pictures(r, fill, ring, width, alpha));
  }
  const all = kinds.get(key);
  const { side } = all[0];
  return (overlay, x, y) => {
    const left = Math.floor(x);
    const top = Math.floor(y);
    const picture = all[Math.floor(PARTS * (x - left)) + PARTS * Math.floor(PARTS * (y - top))];
    overlay.picture(picture.pixels, side, left - side / 2, top - side / 2);
  };
}

/** The disc at each of the places between two pixels. */
function pictures(r, fill, ring, width, alpha) {
  const half = Math.ceil(r + width / 2 + 1.5);
  return Array.from({ length: PARTS * PARTS }, (_, k) => {
    const side = 2 * half;
    const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
    const c = canvas.getContext("2d", { willReadFrequently: true });
    c.globalAlpha = alpha;
    c.beginPath();
    c.arc(half + ((k % PARTS) + 0.5) / PARTS, half + (Math.floor(k / PARTS) + 0.5) / PARTS, r, 0, 2 * Math.PI);
    c.strokeStyle = ring;
    c.lineWidth = width;
    if (width) c.stroke();
    c.fillStyle = fill;
    if (fill) c.fill();
    return { side, pixels: new Uint32Array(c.getImageData(0, 0, side, side).data.buffer) };
  });
}
