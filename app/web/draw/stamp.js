// Stamp: a small disc that is drawn once and then copied. A thousand discs as paths take a browser
// several times as long as a thousand copies.

const PARTS = 4; // places between two pixels along either side, so that what glides does not jerk
const MOST = 60; // kinds of stamps kept
const kinds = new Map();

/** A function that draws a disc of radius `r` at (x, y) of a context. fill: its colour, "" for a ring
 * alone. ring, width: of the line around it. */
export function stamp(r, fill, ring, width) {
  const key = `${fill}/${ring}/${width}/${r}`;
  if (!kinds.has(key)) {
    if (kinds.size >= MOST) kinds.clear();
    kinds.set(key, pictures(r, fill, ring, width));
  }
  const all = kinds.get(key);
  const half = all[0].width / 2;
  return (c, x, y) => {
    const left = Math.floor(x);
    const top = Math.floor(y);
    const picture = all[Math.floor(PARTS * (x - left)) + PARTS * Math.floor(PARTS * (y - top))];
    c.drawImage(picture, left - half, top - half);
  };
}

/** The disc at each of the places between two pixels. */
function pictures(r, fill, ring, width) {
  const half = Math.ceil(r + width / 2 + 1.5);
  return Array.from({ length: PARTS * PARTS }, (_, k) => {
    const picture = document.createElement("canvas");
    picture.width = picture.height = 2 * half;
    const c = picture.getContext("2d", { willReadFrequently: true });
    c.beginPath();
    c.arc(half + ((k % PARTS) + 0.5) / PARTS, half + (Math.floor(k / PARTS) + 0.5) / PARTS, r, 0, 2 * Math.PI);
    c.strokeStyle = ring;
    c.lineWidth = width;
    if (width) c.stroke();
    c.fillStyle = fill;
    if (fill) c.fill();
    return picture;
  });
}
