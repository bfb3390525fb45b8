// Overlay: what a room draws over a panel of a Stage. The presenter's pointer, the boundaries that were
// drawn, and one that is being drawn. Places are shares of a panel, so they are the same on every
// screen: of its width and height for the pointer, of the half width and half height of the plane, from
// −1 to 1, for boundaries.

import { pointerShare } from "../draw/mapping.js";
import { cursor } from "../input/cursor.js";

const MOST = 64; // places of a boundary
const LEAST_WAY = 0.03; // between two places of a stroke
const GONE_AFTER = 4000; // milliseconds after which a pointer that rests goes

const panelOf = (stage, name) => stage.panels?.find((p) => p.spec.name === name && !p.element.hidden);

/** The presenter's pointer, on one panel at a time. */
export class Dot {
  constructor() {
    this.element = document.createElement("div");
    this.element.className = "room-dot";
    this.element.setAttribute("aria-hidden", "true");
  }

  /** Put it at a share of a panel's width and height; away without a panel. */
  place(stage, { panel, x, y }) {
    clearTimeout(this.timer);
    const plot = panel && panelOf(stage, panel)?.plot;
    if (!plot) return this.element.remove();
    if (this.element.parentElement !== plot) plot.append(this.element);
    this.element.style.left = `${100 * x}%`;
    this.element.style.top = `${100 * y}%`;
    this.timer = setTimeout(() => this.element.remove(), GONE_AFTER);
  }
}

/** Report where the pointer is on the panels of a Stage: tell({panel, x, y}), and {panel: ""} where it
 * has left them. Returns a function that ends it. */
export function follow(stage, tell) {
  const moved = (event) => {
    const panel = stage.panels.find((p) => event.composedPath().includes(p.plot));
    if (!panel) return left();
    const [x, y] = pointerShare(panel.plot, event);
    tell({ panel: panel.spec.name, x, y });
  };
  const left = () => tell({ panel: "", x: 0, y: 0 });
  stage.grid.addEventListener("pointermove", moved, { passive: true });
  stage.grid.addEventListener("pointerdown", moved, { passive: true });
  stage.grid.addEventListener("pointerleave", left);
  return () => {
    stage.grid.removeEventListener("pointermove", moved);
    stage.grid.removeEventListener("pointerdown", moved);
    stage.grid.removeEventListener("pointerleave", left);
    left();
  };
}

/** A canvas over a panel, for boundaries. */
export class Sheet {
  /** panel: its name; where the Stage does not show it, the first plane. */
  constructor(stage, panel) {
    this.stage = stage;
    const planes = stage.panels.filter((p) => p.marks && !p.element.hidden);
    this.panel = panelOf(stage, panel) ?? planes[0];
    if (!this.panel) return;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "room-sheet";
    this.canvas.setAttribute("aria-label", "Boundaries");
    this.panel.plot.append(this.canvas);
    this.lines = [];
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.panel.plot);
  }

  show(lines, mine = null) {
    Object.assign(this, { lines, mine });
    this.draw();
  }

  draw() {
    if (!this.canvas) return;
    const ratio = Math.min(2, devicePixelRatio || 1);
    const [w, h] = [this.canvas.clientWidth * ratio, this.canvas.clientHeight * ratio];
    Object.assign(this.canvas, { width: w, height: h });
    const c = this.canvas.getContext("2d");
    const at = ([x, y]) => [((x + 1) / 2) * w, ((1 - y) / 2) * h];
    const stroke = (line, colour, wide, alpha) => {
      c.beginPath();
      for (const place of line) c.lineTo(...at(place));
      Object.assign(c, { strokeStyle: colour, lineWidth: wide * ratio, lineJoin: "round", lineCap: "round" });
      c.globalAlpha = alpha;
      c.stroke();
    };
    const { colours } = this.stage;
    const many = Math.max(0.35, 1 - this.lines.length / 40);
    for (const line of this.lines) {
      stroke(line, colours.halo, 5, many);
      stroke(line, colours.of("d"), 2.5, many);
    }
    if (this.mine?.length) {
      stroke(this.mine, colours.halo, 7, 1);
      stroke(this.mine, colours.of("g"), 3.5, 1);
      c.globalAlpha = 1;
      c.fillStyle = colours.of("g");
      for (const place of this.keyed ? this.mine : []) {
        c.beginPath();
        c.arc(...at(place), 4 * ratio, 0, 7);
        c.fill();
      }
    }
    if (this.cursor?.shown) {
      const [x, y] = [this.cursor.at[0] * w, this.cursor.at[1] * h];
      Object.assign(c, { globalAlpha: 1, strokeStyle: colours.ink, lineWidth: 1.5 * ratio });
      c.beginPath();
      for (const [a, b] of [
        [1, 0],
        [0, 1],
      ]) {
        c.moveTo(x - 10 * a * ratio, y - 10 * b * ratio);
        c.lineTo(x + 10 * a * ratio, y + 10 * b * ratio);
      }
      c.stroke();
    }
  }

  /** Let the visitor draw a boundary: by a stroke, or with arrow keys and Enter place by place.
   * changed(line) is called with what there is. */
  drawn(changed) {
    const { canvas } = this;
    if (!canvas) return;
    canvas.classList.add("drawing");
    canvas.setAttribute(
      "aria-label",
      "Draw a boundary: arrow keys move, Enter sets a place, Delete takes the last away",
    );
    const set = (line) => {
      this.mine = line;
      this.draw();
      changed(line);
    };
    const placeOf = (u, v) => [2 * u - 1, 1 - 2 * v].map((s) => Math.round(1000 * Math.max(-1, Math.min(1, s))) / 1000);
    let stroke = null;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.keyed = false;
      stroke = [placeOf(...pointerShare(canvas, event))];
      event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!stroke) return;
      const place = placeOf(...pointerShare(canvas, event));
      const [x, y] = stroke.at(-1);
      if (Math.hypot(place[0] - x, place[1] - y) < LEAST_WAY) return;
      stroke.push(place);
      this.mine = stroke;
      this.draw();
    });
    const ended = () => {
      if (stroke?.length > 1) set(thinned(stroke));
      stroke = null;
    };
    canvas.addEventListener("pointerup", ended);
    canvas.addEventListener("pointercancel", ended);
    this.cursor = cursor(canvas, {
      act: ([u, v]) => {
        const before = this.keyed ? (this.mine ?? []) : [];
        this.keyed = true;
        set([...before, placeOf(u, v)].slice(0, MOST));
      },
      erase: () => set((this.mine ?? []).slice(0, -1)),
      moved: () => this.draw(),
      left: () => this.draw(),
    });
  }

  remove() {
    this.resize?.disconnect();
    this.canvas?.remove();
  }
}

/** A stroke with MOST places at most, its ends among them. */
function thinned(line) {
  if (line.length <= MOST) return line;
  return Array.from({ length: MOST }, (_, i) => line[Math.round((i * (line.length - 1)) / (MOST - 1))]);
}
