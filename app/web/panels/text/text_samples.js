// TextSamples: a list of new samples, each with what is known of it: grammatical or not, seen in
// the training sample, its class. A click sends "say" with the sample. "others" asks for samples
// from another seed, and again while the run trains. Rows for which there is no room are hidden.
//
// spec:
//   layer
//   marks: layer uint8 (S, 2) of grammatical and seen, 255 where it is not known
//   styles?: whether samples are decoded in a class's style
//   member?: index
//   asks?: more for the question

import { moment } from "../../channel/frames.js";
import { LatestOnly } from "../../channel/questions.js";
import { MARKS, language, sentence, whole, write } from "../../draw/sentence.js";
import { Panel } from "../panel.js";
import { sentenceButton } from "./sentence_button.js";

const EVERY = 160; // milliseconds between two changes of the list
const AGAIN = 450; // milliseconds between answers while the run trains
const NONE = 255; // in `marks`: not known

export class TextSamples extends Panel {
  constructor(spec, stage) {
    super(spec, stage);
    this.element.classList.add("text-samples");
    this.rows = [];
    this.others = Object.assign(document.createElement("button"), {
      type: "button",
      textContent: "others",
      title: "Samples from other draws of s",
    });
    this.element.querySelector("figcaption").append(this.others);
    this.others.addEventListener("click", () =>
      this.draw({ n: this.rows.length, seed: Math.floor(Math.random() * 1e6), ...(spec.asks ?? {}) }),
    );
    const take = ({ numbers }, values) => this.take(numbers, values);
    const fail = (error) => stage.say(error.message, "error", 5000);
    this.latest = new LatestOnly((values) => stage.question("sample", values), take, fail);
  }

  draw(values) {
    this.asked = values;
    this.latest.ask(values);
  }

  take({ texts, grammatical, seen, classes }, values) {
    if (values !== this.asked) return;
    this.answered = performance.now();
    this.answeredAt = moment(this.stage.shown);
    const book = language(this.stage.sceneShown);
    texts.forEach((text, i) =>
      this.fill(
        i,
        text.split(" ").filter(Boolean),
        grammatical[i] ?? null,
        seen[i],
        book.classes.indexOf(classes?.[i]),
        book,
      ),
    );
    this.fit();
  }

  size(width, height, ratio) {
    super.size(width, height, ratio);
    this.fit();
  }

  fit() {
    whole(this.plot, this.plot.children);
  }

  wanted() {
    return [this.spec.layer, this.spec.marks];
  }

  paint(frame) {
    const book = language(this.stage.sceneShown);
    const layer = frame.layers[this.spec.layer];
    const marks = frame.layers[this.spec.marks];
    const now = performance.now();
    if (!book || !layer || frame === this.seen || (frame.playing && now - (this.looked ?? 0) < EVERY)) return;
    Object.assign(this, { seen: frame, looked: now });
    const count = layer.shape.at(-2);
    const m = this.spec.member ?? 0;
    if (this.rows.length !== count) this.build(count);
    if (this.asked && !this.stage.past) {
      const due =
        moment(this.stage.shown) !== this.answeredAt && (!frame.playing || now - (this.answered ?? 0) > AGAIN);
      if (due && !this.latest.busy) this.latest.ask(this.asked);
      return;
    }
    for (let i = 0; i < count; i++) {
      const [grammatical, seen] = marks
        ? marks.data.subarray((m * count + i) * 2, (m * count + i) * 2 + 2)
        : [NONE, NONE];
      const kind = book.sample_class && this.spec.styles ? book.sample_class[i] : -1;
      this.fill(
        i,
        sentence(layer, i, book.words, m),
        grammatical === NONE ? null : grammatical === 1,
        seen === 1,
        kind,
        book,
      );
    }
    this.fit();
  }

  /** grammatical: null where there is no grammar. kind: −1 where samples have no class. */
  fill(i, words, grammatical, seen, kind, book) {
    const row = this.rows[i];
    if (!row) return;
    write(row.line, words.length ? words : ["(nothing)"]);
    row.button.dataset.source = words.join(" ");
    row.button.dataset.right = grammatical === null ? "" : grammatical ? "yes" : "no";
    tell(
      row.right,
      grammatical === null ? "" : grammatical ? "✓" : "✗",
      grammatical === null ? "" : grammatical ? "grammatical" : "not grammatical",
    );
    tell(row.seen, seen ? "seen" : "", seen ? "word for word in the training sample" : "");
    tell(row.kind, MARKS[kind] ?? "", book.classes[kind] ?? "");
    row.kind.style.color = MARKS[kind] ? this.colours.legible(this.colours.kind(kind)) : "";
  }

  build(count) {
    this.plot.innerHTML = "";
    this.rows = Array.from({ length: count }, () => {
      const html = `<i class="right"></i><i class="kind"></i><span class="line"></span><i class="seen"></i>`;
      const button = sentenceButton(this.stage, html);
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

export default TextSamples;
