// Drawing: a digit drawn by mouse, finger or keys, made like those of MNIST: fitted into 20 × 20
// pixels, and centred by its mass in 28 × 28. The arrow keys move the pen; Enter puts it down and
// lifts it; Delete clears.
//
// It sends "drawn.NAME" with a Uint8Array of 784 values while it is drawn, and with null when it is
// cleared. `put(pixels)` shows one from elsewhere. spec: {hint?, open?: an image file may take the
// place of a drawing}

import { pointerShare } from "../../draw/mapping.js";
import { sprite } from "../../draw/sprite.js";
import { cursor } from "../../input/cursor.js";
import { readDigit } from "../../input/digit_file.js";
import { CanvasPanel } from "../panel.js";

const icon = (path) => `<svg viewBox="0 0 20 20" aria-hidden="true" class="stroke"><path d="${path}"/></svg>`;
const SIDE = 28;
const FIT = 20;
const EVERY = 120; // milliseconds between two signals

export class Drawing extends CanvasPanel {
  constructor(spec, stage) {
    super(spec, stage);
    this.element.classList.add("drawing");
    this.strokes = [];
    const clear = document.createElement("button");
    clear.type = "button";
    clear.innerHTML = icon("M5 5l10 10M15 5L5 15");
    clear.title = "Clear the drawing";
    clear.ariaLabel = clear.title;
    clear.addEventListener("click", () => this.clear());
    const buttons = document.createElement("span");
    buttons.className = "buttons";
    if (spec.open) buttons.append(this.opener());
    buttons.append(clear);
    this.element.querySelector("figcaption").append(buttons);
    this.front.style.touchAction = "none";
    this.front.style.cursor = "crosshair";
    this.front.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      this.front.setPointerCapture(event.pointerId);
      this.begin(this.place(event));
    });
    this.front.addEventListener("pointermove", (event) => {
      if (!this.front.hasPointerCapture(event.pointerId) || !this.strokes.length) return;
      this.strokes.at(-1).push(this.place(event));
      this.draw();
      this.soon();
    });
    this.front.addEventListener("pointerup", () => this.strokes.length && this.tell());
    this.down = false; // whether the keys' pen is down
    this.pen = cursor(this.front, {
      act: (at) => (this.down ? this.lift() : this.putDown(at)),
      moved: (at) => this.follow(at),
      left: () => (this.down ? this.lift() : this.draw()),
      escape: () => this.down && (this.lift(), true),
      erase: () => this.clear(),
    });
  }

  /** A stroke begins. */
  begin(at) {
    this.pixels = null;
    this.strokes.push([at]);
    this.draw();
  }

  putDown(at) {
    this.down = true;
    this.begin(at);
    this.stage.announce("Pen down: the arrow keys draw, Enter lifts it.");
  }

  lift() {
    this.down = false;
    this.draw();
    if (this.strokes.length) this.tell();
    this.stage.announce("Pen lifted.");
  }

  /** The keys have moved the pen. */
  follow([x, y]) {
    if (this.down) {
      this.strokes.at(-1).push([x, y]);
      this.soon();
    }
    this.draw();
    this.stage.announce(`${Math.round(100 * x)} % from the left, ${Math.round(100 * y)} % from the top`);
  }

  /** A button that opens a picture file. One that cannot be used leaves everything as it is. */
  opener() {
    const button = document.createElement("button");
    const input = document.createElement("input");
    Object.assign(button, {
      type: "button",
      title: "Open a picture of a digit",
      ariaLabel: "Open a picture of a digit",
      innerHTML: icon("M10 13V3M6 7l4-4 4 4M3 12v5h14v-5"),
    });
    Object.assign(input, { type: "file", accept: "image/*", hidden: true });
    button.addEventListener("click", () => input.click());
    input.addEventListener("change", async () => {
      const [file] = input.files;
      input.value = "";
      if (!file) return;
      try {
        this.put(await readDigit(file));
        this.tell();
      } catch (error) {
        this.stage.say(error.message, "error", 6000);
      }
    });
    button.append(input);
    return button;
  }

  place(event) {
    return pointerShare(this.front, event);
  }

  clear() {
    this.strokes = [];
    this.down = false;
    this.pixels = null;
    this.draw();
    this.stage.tell(`drawn.${this.spec.name}`, null);
  }

  put(pixels) {
    this.strokes = [];
    this.pixels = pixels;
    this.draw();
  }

  soon() {
    this.timer ??= setTimeout(() => ((this.timer = undefined), this.tell()), EVERY);
  }

  tell() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.stage.tell(`drawn.${this.spec.name}`, this.digit());
  }

  paint() {
    if (this.drawnUnder !== this.colours.key) this.draw();
  }

  mark() {
    this.draw();
  }

  draw() {
    this.drawnUnder = this.colours.key;
    const c = this.context;
    c.fillStyle = this.colours.dark ? "#0c0f11" : "#ffffff";
    c.fillRect(0, 0, this.w, this.h);
    if (this.pixels) this.drawPixels(c);
    else this.ink(c, this.w, this.h, this.colours.dark ? "#f3f6f7" : "#161b1f");
    this.drawPen(c);
    if (this.pixels || this.strokes.length) return;
    c.fillStyle = this.colours.dim;
    c.font = `${14 * this.ratio}px "Source Sans", sans-serif`;
    c.textAlign = "center";
    c.fillText(this.spec.hint ?? "draw a digit here", this.w / 2, this.h / 2);
  }

  /** A ring where the keys' pen is, full while it is down. */
  drawPen(c) {
    if (!this.pen.shown) return;
    const [x, y] = this.pen.at;
    c.beginPath();
    c.arc(x * this.w, y * this.h, 6 * this.ratio, 0, 7);
    c.lineWidth = 4.5 * this.ratio;
    c.strokeStyle = this.colours.halo;
    c.stroke();
    c.lineWidth = 2.2 * this.ratio;
    c.fillStyle = c.strokeStyle = this.colours.of("fake");
    c.stroke();
    if (this.down) c.fill();
  }

  drawPixels(c) {
    c.drawImage(sprite(this.pixels, this.colours.table("image")), 0, 0, this.w, this.h);
  }

  ink(c, w, h, colour) {
    c.lineWidth = w * 0.085;
    c.lineCap = c.lineJoin = "round";
    c.strokeStyle = colour;
    for (const stroke of this.strokes) {
      c.beginPath();
      c.moveTo(stroke[0][0] * w, stroke[0][1] * h);
      for (const [x, y] of stroke.length > 1 ? stroke.slice(1) : [[stroke[0][0] + 1e-3, stroke[0][1]]])
        c.lineTo(x * w, y * h);
      c.stroke();
    }
  }

  /** The drawing as MNIST would have it; null where there is none. */
  digit() {
    if (this.pixels) return this.pixels;
    if (!this.strokes.length) return null;
    const xs = this.strokes.flat().map((p) => p[0]);
    const ys = this.strokes.flat().map((p) => p[1]);
    const edge = 0.045;
    const x0 = Math.min(...xs) - edge;
    const y0 = Math.min(...ys) - edge;
    const size = Math.max(Math.max(...xs) + edge - x0, Math.max(...ys) + edge - y0, 0.12);
    const cx = (Math.min(...xs) + Math.max(...xs)) / 2;
    const cy = (Math.min(...ys) + Math.max(...ys)) / 2;
    const big = new OffscreenCanvas(FIT * 8, FIT * 8);
    const b = big.getContext("2d");
    b.translate(FIT * 4 - (cx / size) * FIT * 8, FIT * 4 - (cy / size) * FIT * 8);
    // Drawn in the fitted scale with a pen as wide as MNIST's, whatever the size of the drawing.
    b.lineWidth = 17;
    b.lineCap = b.lineJoin = "round";
    b.strokeStyle = "#fff";
    for (const stroke of this.strokes) {
      b.beginPath();
      stroke.forEach(([x, y], i) => b[i ? "lineTo" : "moveTo"]((x / size) * FIT * 8, (y / size) * FIT * 8));
      if (stroke.length === 1) b.lineTo((stroke[0][0] / size) * FIT * 8 + 0.5, (stroke[0][1] / size) * FIT * 8);
      b.stroke();
    }
    const small = shrink(big);
    return centred(small);
  }
}

/** FIT·8 pixels a side → FIT, each the mean of its 8 × 8. */
function shrink(canvas) {
  const side = FIT * 8;
  const raw = canvas.getContext("2d").getImageData(0, 0, side, side).data;
  const out = new Float32Array(FIT * FIT);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) out[(y >> 3) * FIT + (x >> 3)] += raw[4 * (y * side + x) + 3] / 64;
  return out;
}

/** A FIT × FIT image in 28 × 28 with its centre of mass in the middle. */
function centred(image) {
  let mass = 0;
  let mx = 0;
  let my = 0;
  image.forEach((v, i) => ((mass += v), (mx += v * (i % FIT)), (my += v * Math.floor(i / FIT))));
  const dx = Math.round(13.5 - mx / mass);
  const dy = Math.round(13.5 - my / mass);
  const out = new Uint8Array(SIDE * SIDE);
  image.forEach((v, i) => {
    const x = (i % FIT) + dx;
    const y = Math.floor(i / FIT) + dy;
    if (x >= 0 && y >= 0 && x < SIDE && y < SIDE) out[y * SIDE + x] = Math.min(255, Math.round(v));
  });
  return out;
}

export default Drawing;
