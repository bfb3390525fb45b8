// Points: labelled points placed with the pointer or the keys, and how they are written into a link
// (the same as app/links.py).

import { fixed } from "../draw/numbers.js";

const UNIT = 1000; // coordinates are kept in thousandths

const clamp = (v, most) => Math.round(Math.max(-most, Math.min(most, v)) * UNIT) / UNIT;

/** Index of the point under the pointer, or −1. reach: in plane units. */
export function nearest(points, x, y, reach) {
  let best = -1;
  let least = reach;
  points.forEach(([px, py], i) => {
    const d = Math.hypot(px - x, py - y);
    if (d < least) [best, least] = [i, d];
  });
  return best;
}

/** Points as [x, y, label] rows from the scene's layer. */
export function rows({ shape, data }) {
  return Array.from({ length: shape[0] }, (_, i) => [
    clamp(data[3 * i], 10),
    clamp(data[3 * i + 1], 10),
    data[3 * i + 2],
  ]);
}

const MARKS = ["●", "▲"];
const words = ([x, y]) => `x ${fixed(x, 2)}, y ${fixed(y, 2)}`;

/** Let a tool act on a panel. edit: {points(), change(points), tool(), refuse(), hold(), seal(),
 * announce(text)}. Returns what the keys do on it, for a cursor of the panel (cursor.js). */
export function listen(panel, edit, most) {
  let held = -1;
  const reach = () => (14 * (2 * panel.view[0])) / panel.front.clientWidth;
  const place = (event) => {
    const [x, y] = panel.locate(event);
    return [clamp(x, panel.view[0]), clamp(y, panel.view[1])];
  };
  const erase = (x, y) => {
    const i = nearest(edit.points(), x, y, reach());
    if (i < 0) return;
    if (edit.points().length > 1) edit.change(edit.points().filter((_, k) => k !== i));
    else edit.refuse();
  };
  panel.front.addEventListener("pointerdown", (event) => {
    const tool = edit.tool();
    if (!tool || event.button) return;
    event.preventDefault();
    panel.front.setPointerCapture(event.pointerId);
    edit.hold();
    const [x, y] = place(event);
    const points = edit.points();
    if (tool.startsWith("add") && points.length < most) {
      edit.change([...points, [x, y, Number(tool[3])]]);
      held = points.length; // a new point can be dragged to its place at once
    } else if (tool === "move") held = nearest(points, x, y, 2 * reach());
    else if (tool === "erase") erase(x, y);
  });
  panel.front.addEventListener("pointermove", (event) => {
    if (!panel.front.hasPointerCapture(event.pointerId)) return;
    const [x, y] = place(event);
    const points = edit.points();
    if (edit.tool() === "erase") erase(x, y);
    else if (held >= 0 && held < points.length) edit.change(points.map((p, i) => (i === held ? [x, y, p[2]] : p)));
  });
  for (const type of ["pointerup", "pointercancel"])
    panel.front.addEventListener(type, () => {
      if (edit.tool()) edit.seal();
      held = -1;
    });
  return keys(panel, edit, most, reach);
}

/** What Enter and the arrow keys do with points at the panel's cursor. */
function keys(panel, edit, most, reach) {
  let held = -1;
  const here = () => panel.cursorPlace().map((v, k) => clamp(v, panel.view[k]));
  const drop = () => {
    held = -1;
    edit.seal();
  };
  const say = (text) => edit.announce(`${text}: ${edit.points().length} points.`);
  const add = (tool) => {
    if (edit.points().length >= most) return edit.announce(`There is room for ${most} points.`);
    edit.seal();
    edit.change([...edit.points(), [...here(), Number(tool[3])]]);
    say(`Point ${MARKS[tool[3]]} added at ${words(here())}`);
  };
  const erase = (i) => {
    if (edit.points().length === 1) return edit.refuse();
    edit.seal();
    const [at] = edit.points().slice(i);
    edit.change(edit.points().filter((_, k) => k !== i));
    say(`Point ${MARKS[at[2]]} at ${words(at)} erased`);
  };
  return {
    act() {
      const tool = edit.tool();
      if (tool.startsWith("add")) return add(tool);
      if (held >= 0) {
        drop();
        return edit.announce(`Dropped at ${words(here())}.`);
      }
      const i = nearest(edit.points(), ...here(), 2 * reach());
      if (i < 0) return edit.announce("No point is near the cross hair.");
      if (tool === "erase") return erase(i);
      edit.hold();
      held = i;
      edit.announce("Point taken: the arrow keys move it, Enter drops it.");
    },
    moved() {
      if (held >= edit.points().length || edit.tool() !== "move") held = -1;
      if (held >= 0) edit.change(edit.points().map((p, i) => (i === held ? [...here(), p[2]] : p)));
      edit.announce(words(here()));
    },
    left: drop,
  };
}

/** Rows as URL text: per point int16 x, int16 y, uint8 label, little endian, base64url. */
export function encode(points) {
  const view = new DataView(new ArrayBuffer(points.length * 5));
  points.forEach(([x, y, label], i) => {
    view.setInt16(5 * i, Math.round(x * UNIT), true);
    view.setInt16(5 * i + 2, Math.round(y * UNIT), true);
    view.setUint8(5 * i + 4, label);
  });
  const text = String.fromCharCode(...new Uint8Array(view.buffer));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
