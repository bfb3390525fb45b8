// Sprite: one image of 28 × 28 grey levels on a canvas of that size, from which it is drawn at any
// other.

const SIDE = 28;
const canvas = new OffscreenCanvas(SIDE, SIDE);
const image = new ImageData(SIDE, SIDE);
const words = new Uint32Array(image.data.buffer);

/** The image that begins at `from` in `data`, coloured by a table of theme.js. The canvas is good
 * until the next call. */
export function sprite(data, table, from = 0) {
  for (let i = 0; i < SIDE * SIDE; i++) words[i] = table[data[from + i]];
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
