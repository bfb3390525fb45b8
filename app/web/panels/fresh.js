// Fresh: a list of fresh samples, each with what is known of it: grammatical or not, seen in the training sample, its class. A click tells "say" the sample.
//
// spec: {layer, marks: layer uint8 (S, 2) of grammatical and seen; 255 where it is not known, styles?: whether samples are decoded in a class's style, member?: index}

import { MARKS, language, sentence, write } from "../words.js";
import { Panel } from "./panel.js";

const EVERY = 160, NONE = 255;

export class Fresh extends Panel {
  constructor(spec, stage) {
    super(spec, stage);
    this.element.classList.add("fresh-list");
    this.rows = [];
  }

  wanted() {
    return [this.spec.layer, this.spec.marks];
  }

  paint(frame) {
    const book = language(this.stage.sceneShown), layer = frame.layers[this.spec.layer], marks = frame.layers[this.spec.marks], now = performance.now();
    if (!book || !layer || frame === this.seen || (frame.playing && now - (this.looked ?? 0) < EVERY)) return;
    Object.assign(this, { seen: frame, looked: now });
    const count = layer.shape.at(-2), m = this.spec.member ?? 0;
    if (this.rows.length !== count) this.build(count);
    this.rows.forEach((row, i) => {
      const words = sentence(layer, i, book.words, m), [grammatical, seen] = marks ? marks.data.subarray((m * count + i) * 2, (m * count + i) * 2 + 2) : [NONE, NONE];
      const kind = book.sample_class && this.spec.styles ? book.sample_class[i] : NONE;
      write(row.line, words.length ? words : ["(nothing)"]);
      row.button.dataset.source = words.join(" ");
      row.button.dataset.right = grammatical === NONE ? "" : grammatical ? "yes" : "no";
      tell(row.right, grammatical === NONE ? "" : grammatical ? "✓" : "✗", grammatical === NONE ? "" : grammatical ? "grammatical" : "not grammatical");
      tell(row.seen, seen === 1 ? "seen" : "", seen === 1 ? "word for word in the training sample" : "");
      tell(row.kind, MARKS[kind] ?? "", book.classes[kind] ?? "");
      row.kind.style.color = MARKS[kind] ? this.colours.kind(kind) : "";
    });
  }

  build(count) {
    this.plot.innerHTML = "";
    this.rows = Array.from({ length: count }, () => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "row", title: "Take this sentence" });
      button.innerHTML = `<i class="right"></i><i class="kind"></i><span class="line"></span><i class="seen"></i>`;
      button.addEventListener("click", () => this.stage.tell("say", { text: button.dataset.source }));
      this.plot.append(button);
      const [right, kind, line, seen] = button.children;
      return { button, right, kind, line, seen };
    });
  }
}

function tell(element, text, title) {
  if (element.textContent === text) return;
  element.textContent = text;
  element.title = title;
  if (title) element.setAttribute("aria-label", title);
}

export default Fresh;
