// Painting: a density painted with the pointer or the keys, and how it is written into a link (the same as
// app/links.py).

import { fixed } from "../draw/numbers.js";

export const INK = 15;

/** Levels 0 to 15 as URL text: two to a byte, the first in the low half, base64url. */
export function encodeInk(levels) {
  const bytes = new Uint8Array(Math.ceil(levels.length / 2));
  levels.forEach((v, i) => (bytes[i >> 1] |= v << (4 * (i & 1))));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

/** Add ink around a place of the plane, or take it away. view: half width and half height of the
 * square that the painting covers. */
export function dab(levels, side, [x, y], [vx, vy], amount, radius = 1.3) {
  const out = levels.length ? [...levels] : new Array(side * side).fill(0);
  const cx = ((x / vx + 1) / 2) * side - 0.5;
  const cy = ((y / vy + 1) / 2) * side - 0.5;
  for (let r = 0; r < side; r++) {
    for (let k = 0; k < side; k++) {
      const weight = Math.exp(-((r - cy) ** 2 + (k - cx) ** 2) / (2 * radius ** 2 * 0.5));
      if (weight < 0.1) continue;
      const i = r * side + k;
      out[i] = Math.max(0, Math.min(INK, Math.round(out[i] + amount * weight)));
    }
  }
  return out;
}

/** Let the tools "paint" and "rub" act on a plane panel. edit: {tool(), levels(), side,
 * paint(levels), hold(), seal(), announce(text)}. Returns what Enter does there (cursor.js). */
export function paintable(panel, edit) {
  const act = (place) => {
    const tool = edit.tool();
    if (tool !== "paint" && tool !== "rub") return;
    edit.paint(dab(edit.levels(), edit.side, place, panel.view, tool === "paint" ? 4 : -8));
  };
  panel.front.addEventListener("pointerdown", (event) => {
    if (!["paint", "rub"].includes(edit.tool()) || event.button) return;
    event.preventDefault();
    panel.front.setPointerCapture(event.pointerId);
    edit.hold();
    act(panel.locate(event));
  });
  panel.front.addEventListener(
    "pointermove",
    (event) => panel.front.hasPointerCapture(event.pointerId) && act(panel.locate(event)),
  );
  for (const type of ["pointerup", "pointercancel"])
    panel.front.addEventListener(type, () => ["paint", "rub"].includes(edit.tool()) && edit.seal());
  return {
    act() {
      act(panel.cursorPlace());
      const [x, y] = panel.cursorPlace();
      const what = edit.tool() === "paint" ? "Painted" : "Rubbed out";
      edit.announce(`${what} at x ${fixed(x, 2)}, y ${fixed(y, 2)}.`);
    },
    moved() {
      const [x, y] = panel.cursorPlace();
      edit.announce(`x ${fixed(x, 2)}, y ${fixed(y, 2)}`);
    },
  };
}
