// Sentences: rows of several lines each, the same sentence in versions, with the words marked that
// differ from the row's first line. A click sends "say" with it.
//
// spec: {lines: [{label, layer | scene, mark?: "wrong" | "come", colour?} | {label, ask, by}],
// batch?: lines of what a phase shows, member?: index}
//
// A line with `ask` is answered once a row, by the shipped run of the name `by`. Rows below the
// edge are scrolled to, and the edge fades while there are some.

import { Dropped } from "../../channel/questions.js";
import { MARKS, differences, language, sentence, write } from "../../draw/sentence.js";
import { Panel } from "../panel.js";
import { fading } from "./fade.js";
import { sentenceButton } from "./sentence_button.js";

const WAIT = 120; // milliseconds a question waits for the visitor's own
const EVERY = 160; // milliseconds between two looks: words must stay long enough to be read

export class Sentences extends Panel {
  constructor(spec, stage) {
    super(spec, stage);
    this.element.classList.add("sentences");
    this.rows = [];
    this.fade = fading(this.plot);
    this.asked = new Map(); // class and text of the source → the words of the run that ships
  }

  wanted() {
    return this.spec.lines.filter((l) => l.layer).map((l) => l.layer);
  }

  /** The lines of a row: while a phase is explained those of its batch. */
  lines(frame) {
    return this.spec.batch && frame.layers[this.spec.batch[0].layer] ? this.spec.batch : this.spec.lines;
  }

  paint(frame) {
    const scene = this.stage.sceneShown;
    const book = language(scene);
    const now = performance.now();
    if (!book || (frame === this.seen && scene === this.from) || (frame.playing && now - (this.looked ?? 0) < EVERY))
      return;
    Object.assign(this, { seen: frame, from: scene, looked: now });
    const lines = this.lines(frame);
    const first = scene[lines[0].scene] ?? frame.layers[lines[0].layer];
    if (!first) return;
    this.build(first.shape.at(-2), lines);
    this.rows.forEach((row, i) => this.fill(row, i, lines, frame, scene, book));
    this.fade();
  }

  size(width, height, ratio) {
    super.size(width, height, ratio);
    this.fade();
  }

  mark() {
    this.seen = null; // in another theme labels have other colours
  }

  build(count, lines) {
    if (this.rows.length === count && this.built === lines) return;
    this.built = lines;
    this.plot.innerHTML = "";
    this.rows = Array.from({ length: count }, () => {
      const html = lines.map((l) => `<small>${l.label}</small><span class="line"></span>`).join("");
      const button = sentenceButton(this.stage, html);
      this.plot.append(button);
      return { button, labels: [...button.querySelectorAll("small")], lines: [...button.querySelectorAll(".line")] };
    });
  }

  fill({ button, lines: places }, i, lines, frame, scene, book) {
    let source = [];
    lines.forEach((line, k) => {
      const layer = line.scene ? scene[line.scene] : frame.layers[line.layer];
      const to = book.classes[this.target(button.dataset.kind, book)];
      const text = source.join(" ");
      const words = line.ask
        ? this.asked.get(`${to}|${text}`)
        : layer && sentence(layer, i, book.words, line.scene ? 0 : this.spec.member);
      if (line.ask && !words) this.ask(line, text, to);
      if (k === 0) {
        source = words ?? [];
        button.dataset.source = source.join(" ");
        if (book.probe_class && book.classes.length > 1 && lines !== this.spec.batch)
          button.dataset.kind = book.probe_class[i];
      }
      places[k].parentElement.children[2 * k].style.color = line.colour ? this.colours.word(line.colour) : "";
      if (!words) return void (places[k].dataset.text = places[k].textContent = line.ask ? "…" : "–");
      const change = k ? differences(source, words).come : [];
      write(
        places[k],
        words.length ? words : ["(nothing)"],
        words.length ? change : [line.mark !== undefined],
        line.mark ?? "come",
      );
      places[k].style.setProperty("--kind", this.colours.kind(this.target(button.dataset.kind, book)));
    });
  }

  /** The class that sentences of class `kind` are sent to. */
  target(kind, book) {
    return kind === undefined ? 1 : (Number(kind) + 1) % Math.max(2, book.classes.length);
  }

  /** Ask for one row at a time; answers are kept, since a shipped run does not change. */
  async ask(line, text, to) {
    if (this.asking || !text || this.failed) return;
    if (this.stage.panels.some((p) => p.latest?.busy)) return this.wait(); // the visitor's comes first
    this.asking = true;
    try {
      const { numbers } = await this.stage.question(line.ask, { text, to, by: line.by });
      this.asked.set(`${to}|${text}`, numbers.result.words);
    } catch (error) {
      // Another language, or no such shipped run: the line stays empty.
      if (!(error instanceof Dropped)) this.failed = true;
    }
    this.asking = false;
    this.seen = null;
    this.stage.repaint(this);
  }

  wait() {
    this.later ??= setTimeout(() => {
      this.later = this.seen = null;
      this.stage.repaint(this);
    }, WAIT);
  }

  write(known) {
    super.write(known);
    for (const { button, labels } of this.rows) {
      const k = Number(button.dataset.kind);
      const mark = MARKS[k] ?? "";
      if (labels[0].dataset.mark !== mark) labels[0].dataset.mark = mark;
      button.style.setProperty("--own", Number.isNaN(k) ? "transparent" : this.colours.kind(k));
    }
  }
}

export default Sentences;
