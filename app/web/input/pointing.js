// Pointing: a place in code space that a mouse, a finger or the arrow keys choose on a panel.
//
// All panels receive the signal "point" {z, at}: the place under the pointer, and when. With
// spec.pick, a click near a code sends "chosen" {index}. With spec.drag, the place follows a
// pressed pointer only. Every panel that points shows the place by a cross hair, see `hair`.

import { stroke } from "../draw/marks.js";

const REACH = 12; // pixels from a click to the code it means
const STILL = 5; // pixels that a click may move
const STEP = 0.1; // code units that an arrow key goes

const ARMS = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
]; // directions of the cross hair's lines

/** Let a panel with locate(event), at(x, y), view and front point. */
export function pointing(panel) {
  const { front, stage, spec } = panel;
  front.style.touchAction = "none";
  front.tabIndex = 0;
  front.classList.add("points");
  panel.place = null;
  stage.on("point", (point) => ((panel.place = point?.z ?? null), stage.repaint(panel)));
  const tell = (z) => stage.tell("point", { z: z.map((v, k) => clamp(v, panel.view[k])), at: performance.now() });
  const busy = () => ["paint", "rub"].includes(stage.tool);
  let start = null;
  front.addEventListener("pointerdown", (event) => {
    if (event.button || busy()) return;
    front.setPointerCapture(event.pointerId);
    start = [event.clientX, event.clientY];
    if (spec.drag || event.pointerType === "touch") tell(panel.locate(event));
  });
  front.addEventListener("pointermove", (event) => {
    if (busy() || ((spec.drag || event.pointerType === "touch") && !start)) return;
    tell(panel.locate(event));
  });
  front.addEventListener("pointerup", (event) => {
    const still = start && Math.hypot(event.clientX - start[0], event.clientY - start[1]) < STILL;
    start = null;
    const index = still && spec.pick ? nearest(panel, event) : -1;
    if (index >= 0) stage.tell("chosen", { index });
  });
  front.addEventListener("pointercancel", () => (start = null));
  front.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && busy()) {
      event.preventDefault();
      return panel.keys?.act();
    }
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    const step = event.shiftKey ? STEP / 5 : STEP;
    tell((panel.place ?? [0, 0]).map((v, k) => v + step * move[k]));
    if (busy()) panel.keys?.moved();
  });
}

const clamp = (v, most) => Math.round(1000 * Math.max(-most, Math.min(most, v))) / 1000;

/** The code drawn within reach of a pointer, as its row in the layer; −1 for none. */
function nearest(panel, event) {
  const codes = panel.stage.shown?.layers[panel.spec.codes];
  const box = panel.front.getBoundingClientRect();
  if (!codes) return -1;
  const [stride, scale] = [codes.shape[1], box.width / panel.w];
  const px = event.clientX - box.left;
  const py = event.clientY - box.top;
  let best = -1;
  let least = event.pointerType === "touch" ? 2 * REACH : REACH;
  for (let i = 0; i < codes.shape[0]; i++) {
    const [x, y] = panel.at(codes.data[i * stride], codes.data[i * stride + 1]);
    const d = Math.hypot(x * scale - px, y * scale - py);
    if (d < least) [best, least] = [i, d];
  }
  return best;
}

/** A cross hair at the place. */
export function hair(c, panel) {
  if (panel.place) hairAt(c, panel, panel.place);
}

/** A cross hair at a place of the panel's plane. */
export function hairAt(c, panel, place) {
  const [x, y] = panel.at(...place);
  const r = 9 * panel.ratio;
  const gap = 3 * panel.ratio;
  const path = new Path2D();
  for (const [dx, dy] of ARMS) {
    path.moveTo(x + gap * dx, y + gap * dy);
    path.lineTo(x + r * dx, y + r * dy);
  }
  stroke(c, path, panel.ratio, [
    [4, panel.colours.halo],
    [1.8, panel.colours.ink],
  ]);
}
