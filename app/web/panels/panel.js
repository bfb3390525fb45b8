// Panel: the frame around every kind: a title with a few numbers, and a plot below it. Kinds extend
// it.
//
// spec:
//   name, kind, title
//   span?: [columns, rows]
//   colour?
//   numbers?: [{metric, label, form, name, title, or?: {metric, label}}], title: what it is
//   help?: what the panel shows
//
// Where the spec explains something, the title is a button that does.
//
// A kind may have these methods:
//   wanted(show): names of the layers its frames need
//   size(width, height, ratio)
//   mark(): draw what changes with scene, size or theme only
//   paint(frame): draw what changes with every frame
//   write(known): the numbers, a few times a second
//   explained(known): rows for the box that explains the panel, see `explained` below

import { FORMS } from "../draw/numbers.js";

export class Panel {
  constructor(spec, stage) {
    this.spec = spec;
    this.stage = stage;
    this.element = document.createElement("figure");
    this.element.className = "panel";
    this.element.dataset.panel = spec.name;
    this.element.innerHTML = `<figcaption><b></b><span class="numbers"></span></figcaption><div class="plot"></div>`;
    this.figcaption = this.element.querySelector("figcaption");
    this.title = this.element.querySelector("b");
    this.title.textContent = spec.title;
    this.numbers = this.element.querySelector(".numbers");
    this.plot = this.element.querySelector(".plot");
  }

  /** Make the title a button that explains the panel, where there is something to explain. In a
   * title that holds a field it is the words before that. */
  addHelp(help) {
    if (!this.spec.help && !this.explained({}).length) return;
    const whole = this.title.childElementCount === 0;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "about" });
    button.textContent = this.spec.title;
    if (whole) {
      this.title.replaceChildren(button);
      this.title = button;
    } else {
      const [words] = this.title.childNodes; // before what can be typed there
      words.textContent = words.textContent.replace(this.spec.title, "");
      this.title.prepend(button);
    }
    if (this.spec.help) button.title = this.spec.help;
    const known = () => this.stage.shown?.known ?? this.stage.shown?.metrics ?? {};
    help.attach(button, () => ({
      title: this.spec.title,
      text: this.spec.help ?? "",
      rows: this.explained(known()),
    }));
  }

  /** Rows {name, value, text} of the numbers that the panel explains. */
  explained(known) {
    return (this.spec.numbers ?? [])
      .filter((n) => n.title)
      .map((n) => ({
        name: n.label || n.title,
        value: FORMS[n.form ?? "significant"](known[n.metric]),
        text: n.title,
      }));
  }

  get colours() {
    return this.stage.colours;
  }

  wanted() {
    return [];
  }

  /** Names of the layers that move on between two frames (draw/glide.js). */
  glides() {
    return [];
  }

  /** Whether the panel becomes higher than it is told where what it holds needs that. */
  get grows() {
    return false;
  }

  size(width, height, ratio) {
    this.width = width;
    this.height = height;
    this.ratio = ratio;
    this.w = Math.round(width * ratio);
    this.h = Math.round(height * ratio);
    this.plot.style.width = `${width}px`;
    this.plot.style.minHeight = this.grows ? `${height}px` : "";
    this.plot.style.height = this.grows ? "" : `${height}px`;
  }

  mark() {}

  paint() {}

  /** The numbers beside the title; called a few times a second, so that they can be read. */
  write(known) {
    this.element.style.setProperty("--method", this.colours.of(this.spec.colour ?? this.spec.name));
    let html = "";
    let words = this.spec.title;
    for (const n of this.spec.numbers ?? []) {
      const use = known[n.metric] === undefined && n.or ? n.or : n;
      const text = `${use.label} ${FORMS[n.form ?? "significant"](known[use.metric])}`.trim();
      html += `<span class="${n.name ?? ""}" title="${n.title ?? ""}">${text}</span>`;
      words += `, ${text}`;
    }
    if (html !== this.written) this.numbers.innerHTML = this.written = html;
    return words;
  }
}

/** A panel with one canvas that can be read back, for kinds that paint pixels. */
export class CanvasPanel extends Panel {
  constructor(spec, stage) {
    super(spec, stage);
    this.front = document.createElement("canvas");
    this.front.className = "marks";
    this.front.setAttribute("role", "img");
    this.front.setAttribute("aria-label", spec.title); // until there are numbers
    this.plot.append(this.front);
  }

  get context() {
    return this.front.getContext("2d", { alpha: false, willReadFrequently: true });
  }

  size(width, height, ratio) {
    super.size(width, height, ratio);
    this.front.width = this.w;
    this.front.height = this.h;
  }

  write(known) {
    this.front.setAttribute("aria-label", super.write(known));
  }
}
