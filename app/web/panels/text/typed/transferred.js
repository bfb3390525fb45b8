// Transferred: a sentence turned into another class, by the run and by shipped runs, with the
// answer of a classifier trained apart, and which of the content was kept.

import { Dropped } from "../../../channel/questions.js";
import { chance } from "../../../draw/numbers.js";
import { MARKS, differences, whole, write } from "../../../draw/sentence.js";

const UNKNOWN = "<unk>"; // a word outside the vocabulary

export class Transferred {
  /** element: where the answer goes. again(): ask again. */
  constructor(spec, stage, element, again) {
    Object.assign(this, { spec, stage, element, again, to: spec.to ?? "", kept: new Map() });
    this.ways = Object.assign(document.createElement("span"), { className: "to" });
    this.ways.setAttribute("role", "group");
    this.ways.setAttribute("aria-label", "Turn it into");
    element.innerHTML = [{ label: "yours" }, ...spec.versions]
      .map(
        ({ label }) => `<div class="version"><small>${label}</small><span class="line"></span>
      <span class="chance" hidden><i></i><output></output></span><span class="kept"></span></div>`,
      )
      .join("");
    this.rows = [...element.children].map((e) => {
      const [label, line, bar, number, chance, kept] = ["small", ".line", "i", "output", ".chance", ".kept"].map(
        (name) => e.querySelector(name),
      );
      return { e, label, line, bar, number, chance, kept };
    });
  }

  /** What the language calls its classes, once it is known. */
  learn(book) {
    if (this.book === book) return;
    this.book = book;
    if (!book.classes.includes(this.to)) this.to = "";
    const ways = [["", "the other side"], ...book.classes.map((name, k) => [name, `${MARKS[k] ?? ""} ${name}`])];
    this.ways.replaceChildren(
      ...ways.map(([value, text]) => {
        const title = value ? `Turn it ${value}` : "Turn it into the class it is not";
        const button = Object.assign(document.createElement("button"), { type: "button", textContent: text, title });
        button.dataset.to = value;
        button.setAttribute("aria-pressed", String(value === this.to));
        button.addEventListener("click", () => this.aim(value));
        return button;
      }),
    );
  }

  aim(value) {
    this.to = value;
    for (const button of this.ways.children) button.setAttribute("aria-pressed", String(button.dataset.to === value));
    this.stage.link({ to: value || null });
    this.again();
  }

  values() {
    return this.to ? { to: this.to } : {};
  }

  /** The run's answer, and those of the runs that ship, which need not be asked twice. */
  async put(values, shown) {
    const answers = [];
    for (const { by } of this.spec.versions) {
      const key = by && JSON.stringify([by, values]);
      if (!this.kept.has(key)) {
        const answer = await this.ask(by ? { ...values, by } : values, by);
        if (!by) {
          answers.push(answer);
          this.show(answers); // a run that ships may have to be opened first
          shown();
          values = { ...values, to: answer.numbers.to }; // all turn it the same way
          continue;
        }
        if (this.kept.size > 60) this.kept.clear();
        this.kept.set(key, answer);
      }
      answers.push(this.kept.get(key));
    }
    return answers;
  }

  /** A shipped run without an answer leaves its line empty; the error of the visitor's own run is
   * shown. */
  async ask(values, ships) {
    try {
      return await this.stage.question("transfer", values);
    } catch (error) {
      if (!ships || error instanceof Dropped) throw error;
      return { failed: error.message };
    }
  }

  /** Nothing is asked. */
  clear() {
    for (const row of this.rows) {
      write(row.line, []);
      this.bar(row, undefined);
      row.kept.textContent = "";
      row.e.dataset.failed = "false";
    }
  }

  show(answers) {
    const first = answers[0].numbers;
    const source = first.source.words;
    const unknown = [...(first.unknown ?? [])];
    const typed = source.map((word) => (word === UNKNOWN ? (unknown.shift() ?? word) : word));
    const to = this.book.classes.indexOf(first.to);
    const [own, ...others] = this.rows;
    Object.assign(this, { target: to, drawnUnder: null });
    const gone = differences(source, first.result.words).gone;
    this.fill(
      own,
      typed,
      source.map((word, i) => (word === UNKNOWN ? "unknown" : gone[i])),
      first.classifier?.before[first.to],
      first.to,
      "gone",
    );
    own.kept.textContent = `chance of ${first.to}`;
    others.forEach((row, i) => {
      const { numbers, failed } = answers[i] ?? { failed: "…" };
      row.e.dataset.failed = Boolean(failed);
      if (failed) return (write(row.line, [failed]), (row.kept.textContent = ""), this.bar(row, undefined, ""));
      const words = numbers.result.words;
      this.fill(
        row,
        words.length ? words : ["(nothing)"],
        differences(source, words).come,
        numbers.classifier?.after[numbers.to],
        numbers.to,
        "come",
      );
      kept(row.kept, numbers);
    });
    this.recolour();
    this.fit();
  }

  /** Explain leaves less room: the run's own answer stays in any case. */
  fit() {
    whole(this.element.parentElement, [...this.rows.map((row) => row.kept), ...this.rows.slice(2).map((row) => row.e)]);
  }

  fill(row, words, flags, p, to, kind) {
    write(row.line, words, flags, kind);
    this.bar(row, p, to);
  }

  bar(row, p, to) {
    row.chance.hidden = p === undefined || p === null;
    if (row.chance.hidden) return;
    row.bar.style.width = `${100 * p}%`;
    row.number.textContent = chance(p);
    row.chance.title = `${chance(p)}: chance of “${to}” says a classifier that was trained apart from all of these`;
  }

  recolour() {
    const colours = this.stage.colours;
    if (this.drawnUnder === colours.key || this.target === undefined) return;
    this.drawnUnder = colours.key;
    this.element.style.setProperty("--kind", colours.kind(this.target));
    this.rows.slice(1).forEach((row, i) => (row.label.style.color = colours.word(this.spec.versions[i].colour)));
  }
}

/** Which of the content the grammar can see was kept, and whether the result is a sentence of it. */
function kept(element, { slots = {}, grammatical }) {
  // In a text that is no sentence of the grammar, what refers to what is unknown.
  const explained = (slot, same) =>
    same ? `what is said of the ${slot} is about the same thing` : `the ${slot} of the source is gone`;
  const marks =
    grammatical === false
      ? [["✗ not grammatical", "not a sentence of the grammar, so what it speaks of cannot be told", false]]
      : Object.entries(slots).map(([slot, same]) => [`${same ? "✓" : "✗"} ${slot}`, explained(slot, same), same]);
  element.replaceChildren(
    ...marks.map(([text, title, good]) => {
      const e = Object.assign(document.createElement("span"), { textContent: text, title });
      e.dataset.good = good ? "yes" : "no";
      return e;
    }),
  );
}

export default Transferred;
