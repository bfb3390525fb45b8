// Cropper: a box over a photograph, moved and drawn with mouse, finger or arrow keys, or typed.
// data: {source, width, height, box: [x0, y0, x1, y1]}
//
// Boxes are in pixels of the photograph, of which `source` is a small copy. Nothing happens to the
// run before *Crop* or *Whole* is pressed.

const NAMES = ["Left", "Top", "Right", "Bottom"];
const SEEN = 224 / 256; // share of the box's shorter side that the model is shown (engine/data/photos.py)
const clamp = (v, low, high) => Math.min(Math.max(v, low), high);

export function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".saddle-cropper");
  const key = JSON.stringify(data);
  if (root.key === key) return; // a rerun of the page must not reset a box that is being drawn
  root.key = key;
  root.cropper = new Cropper(root, data, (box) => setTriggerValue("cropped", box.join(",")));
}

class Cropper {
  constructor(root, { source, width, height, box }, send) {
    Object.assign(this, { width, height, box: [...box], send });
    const corners = ["nw", "ne", "sw", "se"].map((c) => `<i data-corner="${c}"></i>`);
    const number = (most) => `<input type="number" min="0" max="${most}" step="1" inputmode="numeric">`;
    const fields = NAMES.map((name, i) => `<label>${name}${number(i % 2 ? height : width)}</label>`);
    root.innerHTML = `<div class="photo"><img alt="" draggable="false"><div class="box" tabindex="0"
      role="application"><div class="seen"></div>${corners.join("")}</div></div>
      <div class="numbers">${fields.join("")}</div><p role="status"></p>
      <div class="ways"><button type="button" class="crop">Crop</button>
      <button type="button" class="whole">Whole</button></div>`;
    const find = (s) => root.querySelector(s);
    [this.photo, this.frame, this.seen, this.message] = [find(".photo"), find(".box"), find(".seen"), find("p")];
    find("img").src = source;
    this.photo.style.aspectRatio = `${width} / ${height}`;
    this.inputs = [...root.querySelectorAll("input")];
    this.inputs.forEach((input, i) => {
      input.addEventListener("input", () => this.typed(i));
      input.addEventListener("keydown", (event) => event.key === "Enter" && this.crop());
      input.addEventListener("change", () => this.show());
    });
    this.photo.addEventListener("pointerdown", (event) => this.press(event));
    this.photo.addEventListener("pointermove", (event) => this.held !== undefined && this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) this.photo.addEventListener(end, () => (this.held = undefined));
    this.frame.addEventListener("keydown", (event) => this.key(event));
    find(".crop").addEventListener("click", () => this.crop());
    find(".whole").addEventListener("click", () => this.send([0, 0, width, height]));
    this.show();
  }

  /** Where in the photograph a pointer is, in its pixels. */
  at(event) {
    const r = this.photo.getBoundingClientRect();
    return [
      clamp(Math.round(((event.clientX - r.left) / r.width) * this.width), 0, this.width),
      clamp(Math.round(((event.clientY - r.top) / r.height) * this.height), 0, this.height),
    ];
  }

  /** A corner is pulled, the box is moved, or outside of it another one is drawn. */
  press(event) {
    if (event.button) return;
    const [x, y] = this.at(event);
    const [x0, y0, x1, y1] = this.box;
    const corner = event.target.dataset?.corner;
    // It has no room to move, so a press draws another box.
    const whole = x1 - x0 === this.width && y1 - y0 === this.height;
    if (corner) this.held = { fixed: [corner.includes("w") ? x1 : x0, corner.includes("n") ? y1 : y0] };
    else if (!whole && x >= x0 && x <= x1 && y >= y0 && y <= y1) this.held = { from: [x, y], box: [...this.box] };
    else this.held = { fixed: [x, y] };
    this.photo.setPointerCapture(event.pointerId);
    this.frame.focus({ preventScroll: true });
    event.preventDefault();
  }

  drag(event) {
    const [x, y] = this.at(event);
    const { fixed, from, box } = this.held;
    if (from) return this.move(box, x - from[0], y - from[1]);
    const span = (a, b, most) =>
      a === b ? [clamp(a, 0, most - 1), clamp(a, 0, most - 1) + 1] : [Math.min(a, b), Math.max(a, b)];
    const [x0, x1] = span(fixed[0], x, this.width);
    const [y0, y1] = span(fixed[1], y, this.height);
    this.set([x0, y0, x1, y1]);
  }

  /** `box` by (dx, dy), as far as the photograph goes. */
  move([x0, y0, x1, y1], dx, dy) {
    dx = clamp(dx, -x0, this.width - x1);
    dy = clamp(dy, -y0, this.height - y1);
    this.set([x0 + dx, y0 + dy, x1 + dx, y1 + dy]);
  }

  key(event) {
    if (event.key === "Enter") return this.crop();
    const step = Math.max(1, Math.round(Math.max(this.width, this.height) / 100));
    const way = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    const [x0, y0, x1, y1] = this.box;
    if (event.shiftKey)
      this.set([x0, y0, clamp(x1 + way[0], x0 + 1, this.width), clamp(y1 + way[1], y0 + 1, this.height)]);
    else this.move(this.box, ...way);
  }

  typed(i) {
    const value = this.inputs[i].valueAsNumber;
    if (Number.isInteger(value)) {
      this.box[i] = value;
      this.draw();
    }
  }

  set(box) {
    this.box = box;
    this.show();
  }

  show() {
    this.inputs.forEach((input, i) => (input.value = this.box[i]));
    this.draw();
  }

  /** What is wrong with the box, "" where nothing is. */
  problem() {
    const [x0, y0, x1, y1] = this.box;
    if (x0 >= x1 || y0 >= y1)
      return "This box is empty: its left must be less than its right, and its top less than its bottom.";
    if (x0 < 0 || y0 < 0 || x1 > this.width || y1 > this.height)
      return `This box leaves the photograph, which is ${this.width} × ${this.height} pixels.`;
    return "";
  }

  draw() {
    const [x0, y0, x1, y1] = this.box;
    const percent = (v, of) => `${(100 * v) / of}%`;
    const wrong = this.problem();
    const seen = SEEN * Math.min(x1 - x0, y1 - y0);
    Object.assign(this.frame.style, {
      left: percent(x0, this.width),
      top: percent(y0, this.height),
      width: percent(x1 - x0, this.width),
      height: percent(y1 - y0, this.height),
    });
    Object.assign(this.seen.style, { width: percent(seen, x1 - x0), height: percent(seen, y1 - y0) });
    this.frame.hidden = Boolean(wrong);
    this.frame.setAttribute(
      "aria-label",
      `Crop box from ${x0}, ${y0} to ${x1}, ${y1}. Arrows move it, Shift and arrows change its size, Enter crops.`,
    );
    this.message.textContent = wrong;
  }

  crop() {
    if (!this.problem()) this.send(this.box);
  }
}
