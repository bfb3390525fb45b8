// Prediction: the card by which members answer a question and see all answers, and the one by which
// the presenter shows them.

import { significant } from "../draw/numbers.js";
import { answersPlot } from "./answers.js";
import { Sheet } from "./overlay.js";
import { button, folding, make, people, refill, typed } from "./parts.js";

/** The card of the question that is asked now, kept up to date with the room. */
export class PredictionCard {
  /** line: of the room. stage(): the Stage to draw a boundary on, or null. */
  constructor(line, stage = () => null) {
    Object.assign(this, { line, stage });
    this.element = make("section", { class: "card prediction", hidden: true, "aria-label": "Prediction" });
    // Tells those who cannot see it that something is asked. It is never hidden, or it would be silent.
    this.spoken = make("div", { class: "room-spoken", "aria-live": "polite" });
    this.key = "";
  }

  /** The room has changed. */
  update() {
    const { room, mine } = this.line;
    const prediction = room?.prediction?.id === this.closed ? null : room?.prediction;
    const stage = this.stage();
    const ready = Boolean(stage?.panels);
    const answer = JSON.stringify(mine?.answer ?? null);
    const own = this.line.presents ? JSON.stringify(mine?.answers) : answer;
    const key = prediction
      ? JSON.stringify([prediction, own, mine?.points, ready, stage?.data?.token, this.changing])
      : "";
    if (key === this.key) return;
    // What is being typed, chosen or drawn stays while others answer.
    const asked = prediction && `${prediction.id}/${prediction.revealed}/${answer}/${ready}/${this.changing}`;
    if (asked && asked === this.asked && !prediction.revealed) return this.count(prediction);
    Object.assign(this, { key, asked });
    if (prediction && prediction.id !== this.id) this.changing = false;
    if (prediction?.id !== this.id) this.element.classList.remove("folded");
    if (prediction?.id !== this.id) this.spoken.textContent = prediction ? `Prediction: ${prediction.question}` : "";
    this.id = prediction?.id;
    this.sheet?.remove();
    this.sheet = null;
    this.element.hidden = !prediction;
    delete this.element.dataset.drawing;
    if (!prediction) return;
    const title = folding(this.element, prediction.question);
    this.counter = make("p", { "aria-live": "polite" });
    const parts = this.line.presents ? this.presented(prediction, mine) : this.answered(prediction, mine);
    refill(this.element, title, ...parts, this.counter);
    this.count(prediction);
    if (prediction.revealed && prediction.kind === "boundary" && ready) {
      this.sheet = new Sheet(stage, prediction.panel);
      this.sheet.show(prediction.answers, mine?.answer);
    }
  }

  count({ count, revealed }) {
    if (!this.counter) return;
    this.counter.textContent = revealed ? "" : `${people(count)} answered`;
  }

  // -- members -----------------------------------------------------------------------------------

  answered(prediction, mine) {
    if (prediction.revealed) {
      const close = button("×", () => ((this.closed = prediction.id), this.update()), {
        class: "close",
        "aria-label": "Close",
      });
      return [close, this.all(prediction, prediction.answers, mine.answer), this.verdict(prediction, mine)];
    }
    if (mine.answer !== null && !this.changing) {
      const change = button("Change it", () => ((this.changing = true), this.update()));
      return [make("p", { role: "status" }, `Your answer: ${this.words(prediction, mine.answer)}. `, change)];
    }
    return {
      choice: () => this.choice(prediction),
      number: () => this.number(),
      boundary: () => this.boundary(prediction),
    }[prediction.kind]();
  }

  /** All answers: in a plot, or on the panel where there is one. */
  all(prediction, answers, mine) {
    const onPanel = prediction.kind === "boundary" && answers.length && this.stage()?.panels;
    if (!onPanel) return answersPlot(prediction, answers, mine);
    return make("p", {}, `${answers.length === 1 ? "One line is" : `All ${answers.length} lines are`} on the panel.`);
  }

  words({ kind, options }, value) {
    if (kind === "choice") return options[value];
    return kind === "number" ? significant(value) : `a line of ${value.length} places`;
  }

  verdict({ kind, truth, options }, mine) {
    if (truth === null || kind === "boundary") return make("p", {});
    const right = kind === "choice" ? options[truth] : significant(truth);
    return make("p", { role: "status" }, `Right is: ${right}. You have ${mine.points} points.`);
  }

  send(value) {
    this.changing = false;
    this.line.send({ type: "answer", id: this.line.room.prediction.id, value });
  }

  choice({ options }) {
    const buttons = options.map((text, i) => button(text, () => this.send(i), { class: "option" }));
    return [make("div", { class: "options", role: "group", "aria-label": "Options" }, ...buttons)];
  }

  number() {
    const input = make("input", {
      type: "text",
      inputMode: "decimal",
      "aria-label": "Your number",
      autocomplete: "off",
    });
    const form = make("form", { class: "row" }, input, make("button", { type: "submit", class: "main" }, "Answer"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const value = typed(input.value);
      input.setCustomValidity(Number.isFinite(value) ? "" : "Give a number.");
      if (!input.reportValidity()) return;
      this.send(value);
    });
    input.addEventListener("input", () => input.setCustomValidity(""));
    return [form];
  }

  boundary(prediction) {
    const stage = this.stage();
    if (!stage?.panels) return [make("p", {}, "Go back to the room to draw it.")];
    this.sheet = new Sheet(stage, prediction.panel);
    if (!this.sheet.canvas) return [make("p", {}, "There is no plane on show to draw on.")];
    this.element.dataset.drawing = "";
    let line = [];
    const done = button("Answer", () => this.send(line), { class: "main", disabled: true });
    const clear = button("Begin again", () => this.sheet.show([], (line = [])), {});
    clear.addEventListener("click", () => (done.disabled = true));
    this.sheet.drawn((drawn) => {
      line = drawn;
      done.disabled = drawn.length < 2;
    });
    const { canvas, panel } = this.sheet;
    const keys = button("Use the keys", () => canvas.focus());
    canvas.addEventListener("keydown", ({ key }) => key === "Escape" && (done.disabled ? keys : done).focus());
    const how = `Draw the boundary on the panel ${panel.spec.title}, by mouse, finger or keys: arrows and Enter set places, Escape comes back here.`;
    return [make("p", {}, how), make("div", { class: "row" }, done, clear, keys)];
  }

  // -- whoever presents --------------------------------------------------------------------------

  presented(prediction, mine) {
    const values = (mine.answers ?? []).map((a) => a.value);
    const parts = [];
    if (prediction.revealed) parts.push(this.all(prediction, values, null));
    const away = button("Take the question away", () => this.line.send({ type: "drop" }));
    if (!prediction.revealed) {
      const truth = this.truth(prediction);
      const reveal = () => truth?.fits() !== false && this.line.send({ type: "reveal", truth: truth?.value() ?? null });
      const show = button("Show all answers", reveal, { class: "main" });
      parts.push(make("div", { class: "row" }, truth?.element, show, away));
    } else parts.push(make("div", { class: "row" }, away));
    return parts;
  }

  /** Where the presenter may say what is right. */
  truth({ kind, options }) {
    if (kind === "choice") {
      const select = make(
        "select",
        { "aria-label": "The right answer" },
        make("option", { value: "" }, "nothing is right"),
      );
      options.forEach((text, i) => select.append(make("option", { value: String(i) }, `right: ${text}`)));
      return { element: select, fits: () => true, value: () => (select.value === "" ? null : Number(select.value)) };
    }
    if (kind !== "number") return null;
    const input = make("input", {
      type: "text",
      inputMode: "decimal",
      placeholder: "right number",
      "aria-label": "The right number",
    });
    const nothing = () => !input.value.trim();
    const fits = () => {
      input.setCustomValidity(nothing() || Number.isFinite(typed(input.value)) ? "" : "Give a number, or nothing.");
      return input.reportValidity();
    };
    input.addEventListener("input", () => input.setCustomValidity(""));
    return { element: input, fits, value: () => (nothing() ? null : typed(input.value)) };
  }

  remove() {
    this.sheet?.remove();
  }
}
