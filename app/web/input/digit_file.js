// Digit file: an image file with one digit, as 28 × 28 grey levels with 0 for paper and 255 for
// ink.

const SIDE = 28;
const WORK = 280;

/** Read an image file. Rejects with a text for the visitor where it cannot be read or shows
 * nothing. */
export async function readDigit(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error(`${file.name} is not a picture this browser can read. Give a PNG, JPEG, GIF or WebP of one digit.`);
  }
  const scale = WORK / Math.max(bitmap.width, bitmap.height);
  const w = Math.max(1, Math.round(bitmap.width * scale));
  const h = Math.max(1, Math.round(bitmap.height * scale));
  const canvas = new OffscreenCanvas(w, h);
  const c = canvas.getContext("2d");
  c.fillStyle = "#fff"; // where a picture is transparent there is paper
  c.fillRect(0, 0, w, h);
  c.imageSmoothingQuality = "high";
  c.drawImage(bitmap, 0, 0, w, h);
  const rgba = c.getImageData(0, 0, w, h).data;
  const grey = Float32Array.from({ length: w * h }, (_, i) => (rgba[4 * i] + rgba[4 * i + 1] + rgba[4 * i + 2]) / 3);
  return squeezed(contrast(grey, w, h), w, h);
}

/** Ink is what differs from the border, stretched to the whole range. */
function contrast(grey, w, h) {
  const border = [];
  for (let x = 0; x < w; x++) border.push(grey[x], grey[(h - 1) * w + x]);
  for (let y = 0; y < h; y++) border.push(grey[y * w], grey[y * w + w - 1]);
  const paper = border.sort((a, b) => a - b)[border.length >> 1];
  const ink = grey.map((v) => Math.abs(v - paper));
  const most = ink.reduce((a, b) => Math.max(a, b), 0);
  if (most < 30)
    throw new Error("This picture is all of one colour: give one of a digit, dark on light or light on dark.");
  return ink.map((v) => Math.max(0, (v / most - 0.25) / 0.75)); // paper is never quite even
}

/** The mean of each of 28 × 28 parts of the picture, which is centred in a square. */
function squeezed(ink, w, h) {
  const sums = new Float32Array(SIDE * SIDE);
  const part = WORK / SIDE;
  const left = (WORK - w) >> 1;
  const top = (WORK - h) >> 1;
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++)
      sums[Math.floor((y + top) / part) * SIDE + Math.floor((x + left) / part)] += ink[y * w + x];
  const most = sums.reduce((a, b) => Math.max(a, b), 0);
  return Uint8Array.from(sums, (v) => Math.round((255 * v) / most));
}
