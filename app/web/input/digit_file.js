// Digit file: an image file with one digit, as 28 × 28 grey levels with 0 for paper and 255 for
// ink.

const SIDE = 28;
const WORK = 560; // pixels of the longer side in which the digit is looked for
const DRAWN = 280; // and of the part with the digit, before it becomes 28 × 28
const MARGIN = 0.15; // of the digit's longer side, left around it
const INK = 0.25; // of the darkest stroke; below that it is paper, which is never quite even
const SPECK = 0.05; // of the largest stroke's pixels; what is smaller is dust

/** Read an image file. Rejects with a text for the visitor where it cannot be read or shows
 * nothing. */
export async function readDigit(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error(`${file.name} is not a picture this browser can read. Give a PNG, JPEG, GIF or WebP of one digit.`);
  }
  const whole = { x: 0, y: 0, w: bitmap.width, h: bitmap.height };
  const paper = paperUnder(bitmap);
  const found = inkOf(bitmap, whole, WORK, paper);
  // Shrunk as a whole, a small digit on a large sheet would be gone: the part with ink is drawn
  // anew from the file.
  const box = boxOf(found.ink, found.w, found.h);
  const scale = Math.max(whole.w, whole.h) / WORK;
  const room = MARGIN * Math.max(box.w, box.h) + 1;
  const x = Math.max(0, (box.x - room) * scale);
  const y = Math.max(0, (box.y - room) * scale);
  const part = {
    x,
    y,
    w: Math.min(whole.w - x, (box.w + 2 * room) * scale),
    h: Math.min(whole.h - y, (box.h + 2 * room) * scale),
  };
  const { ink, w, h } = inkOf(bitmap, part, DRAWN, paper, found.level);
  return squeezed(alone(ink, w, h), w, h);
}

/** The paper to lay a transparent picture on: black where what is painted on it is light. */
function paperUnder(bitmap) {
  const rgba = drawn(bitmap, { x: 0, y: 0, w: bitmap.width, h: bitmap.height }, DRAWN, "").rgba;
  let [light, covered, clear] = [0, 0, 0];
  for (let i = 0; i < rgba.length; i += 4) {
    light += ((rgba[i] + rgba[i + 1] + rgba[i + 2]) / 3) * rgba[i + 3];
    covered += rgba[i + 3];
    clear += 255 - rgba[i + 3];
  }
  return clear > 0 && light > 160 * covered ? "#000" : "#fff";
}

/** A part of the picture at no more than `side` pixels, as RGBA. */
function drawn(bitmap, part, side, paper) {
  const scale = side / Math.max(part.w, part.h);
  const w = Math.max(1, Math.round(part.w * scale));
  const h = Math.max(1, Math.round(part.h * scale));
  const c = new OffscreenCanvas(w, h).getContext("2d");
  if (paper) {
    c.fillStyle = paper;
    c.fillRect(0, 0, w, h);
  }
  c.imageSmoothingQuality = "high";
  c.drawImage(bitmap, part.x, part.y, part.w, part.h, 0, 0, w, h);
  return { rgba: c.getImageData(0, 0, w, h).data, w, h };
}

/** Ink of a part of the picture, 0 to 1: what differs from the paper.
 *
 * level: the grey of the paper, where it is known; else that of the border. */
function inkOf(bitmap, part, side, paper, level) {
  const { rgba, w, h } = drawn(bitmap, part, side, paper);
  const grey = new Float32Array(w * h);
  for (let i = 0; i < grey.length; i++) grey[i] = (rgba[4 * i] + rgba[4 * i + 1] + rgba[4 * i + 2]) / 3;
  level ??= borderOf(grey, w, h);
  const ink = grey.map((v) => Math.abs(v - level));
  const most = ink.reduce((a, b) => Math.max(a, b), 0);
  if (most < 30)
    throw new Error("This picture is all of one colour: give one of a digit, dark on light or light on dark.");
  return { ink: ink.map((v) => Math.max(0, (v / most - INK) / (1 - INK))), w, h, level };
}

/** The median grey of the border. */
function borderOf(grey, w, h) {
  const border = [];
  for (let x = 0; x < w; x++) border.push(grey[x], grey[(h - 1) * w + x]);
  for (let y = 0; y < h; y++) border.push(grey[y * w], grey[y * w + w - 1]);
  return border.sort((a, b) => a - b)[border.length >> 1];
}

/** The number of each pixel's stroke, 0 for paper, and the pixels of each stroke. */
function strokes(ink, w, h) {
  const of = new Int32Array(w * h);
  const sizes = [0];
  for (let start = 0; start < w * h; start++) {
    if (of[start] || !ink[start]) continue;
    const number = sizes.push(0) - 1;
    const waiting = [start];
    of[start] = number;
    while (waiting.length) {
      const at = waiting.pop();
      sizes[number]++;
      const x = at % w;
      const take = (next) => {
        if (!ink[next] || of[next]) return;
        of[next] = number;
        waiting.push(next);
      };
      if (x > 0) take(at - 1);
      if (x < w - 1) take(at + 1);
      if (at >= w) take(at - w);
      if (at < w * (h - 1)) take(at + w);
    }
  }
  return { of, sizes };
}

/** The ink without dust. */
function alone(ink, w, h) {
  const { of, sizes } = strokes(ink, w, h);
  const least = SPECK * sizes.reduce((a, b) => Math.max(a, b), 0);
  return ink.map((v, i) => (sizes[of[i]] >= least ? v : 0));
}

/** The rectangle that holds all ink but dust. */
function boxOf(ink, w, h) {
  const kept = alone(ink, w, h);
  let [left, right, top, bottom] = [w, 0, h, 0];
  kept.forEach((v, i) => {
    if (!v) return;
    const [x, y] = [i % w, Math.floor(i / w)];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  });
  return { x: left, y: top, w: right - left + 1, h: bottom - top + 1 };
}

/** The mean of each of 28 × 28 parts of the picture, which is centred in a square. */
function squeezed(ink, w, h) {
  const sums = new Float32Array(SIDE * SIDE);
  const part = DRAWN / SIDE;
  const left = (DRAWN - w) >> 1;
  const top = (DRAWN - h) >> 1;
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++)
      sums[Math.floor((y + top) / part) * SIDE + Math.floor((x + left) / part)] += ink[y * w + x];
  const most = sums.reduce((a, b) => Math.max(a, b), 0);
  return Uint8Array.from(sums, (v) => Math.round((255 * v) / most));
}
