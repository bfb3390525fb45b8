// Typing: the visitor's own sentence and what the run makes of it, asked again at every letter and
// while the run trains. Modules in typed/ draw the kinds of answer.
//
// spec:
//   ask: "transfer" | "encode" | "compare"
//   first: text
//   default: the text that a link need not name
//   link?: name in the address
//   to?: class asked for at first
//   versions?: [{label, by? | member?, colour}]; for "transfer", `by` names a shipped run; for
//     "compare", `member` is one of several networks
//
// On "say" {text} it takes that sentence. It sends "own", where the sentence's code lies, for each
// of the versions.

import { moment } from "../../channel/frames.js";
import { Dropped, LatestOnly } from "../../channel/questions.js";
import { outdated } from "../../channel/subscription.js";
import { language, sentence } from "../../draw/sentence.js";
import { Panel } from "../panel.js";
import { fading } from "./fade.js";
import { Compared } from "./typed/compared.js";
import { Encoded } from "./typed/encoded.js";
import { Transferred } from "./typed/transferred.js";
import { WordField } from "./word_field.js";

const PAUSE = 90; // milliseconds from the last letter to the question
const AGAIN = 350; // milliseconds between answers while the run trains
const KINDS = { transfer: Transferred, encode: Encoded, compare: Compared };

export class Typing extends Panel {
  constructor(spec, stage) {
    super(spec, stage);
    this.element.classList.add("typing", spec.ask);
    this.fade = fading(this.plot);
    this.plot.innerHTML = `<div class="own"><input type="text" class="sentence" maxlength="300" spellcheck="false"
      autocomplete="off" autocapitalize="none" enterkeyhint="go" aria-label="Your sentence"
      placeholder="type a sentence"></div><div class="answer"></div><p class="message" role="status"></p>`;
    const caption = this.element.querySelector("figcaption");
    caption.insertAdjacentHTML(
      "beforeend",
      `<span class="buttons"><button type="button" class="another">another sentence</button></span>`,
    );
    [this.input, this.message] = [this.plot.querySelector("input"), this.plot.querySelector(".message")];
    this.view = new KINDS[spec.ask](spec, stage, this.plot.querySelector(".answer"), () => this.again());
    if (this.view.ways) this.plot.querySelector(".own").append(this.view.ways);
    this.latencies = []; // milliseconds from the letter to the answer
    this.input.value = spec.first ?? "";
    this.field = new WordField(this.input);
    this.input.addEventListener(
      "input",
      () => (clearTimeout(this.timer), (this.timer = setTimeout(() => this.again(), PAUSE))),
    );
    this.input.addEventListener("keydown", (event) => event.key === "Enter" && this.again(this.input.value));
    this.input.addEventListener("change", () => this.again());
    this.element.querySelector(".another").addEventListener("click", () => this.another());
    stage.on("say", ({ text }) => this.say(text));
    this.latest = new LatestOnly(
      (asked) => this.put(asked),
      (answers, asked) => this.take(answers, asked),
      (error) => this.fail(error),
    );
  }

  /** On a wide screen a list of neighbours scrolls, so that it takes no room from the knobs. */
  get grows() {
    return this.spec.ask !== "encode" || this.stage.root.hasAttribute("data-tall");
  }

  size(width, height, ratio) {
    super.size(width, height, ratio);
    this.view.fit?.();
    this.fade();
  }

  say(text) {
    this.input.value = text;
    this.again();
  }

  /** One of the sentences shown in the plane, or a probe. */
  another() {
    const scene = this.stage.sceneShown;
    const book = language(scene);
    const layer = scene?.codes_tokens ?? scene?.probe_in;
    if (layer) this.say(sentence(layer, Math.floor(Math.random() * layer.shape[0]), book.words).join(" "));
  }

  /** Ask again, for what the visitor has typed. */
  again(typed = this.field.text) {
    clearTimeout(this.timer);
    this.field.mark();
    this.asked = { text: typed, values: this.view.values(), at: performance.now() };
    this.latest.ask(this.asked);
    const text = this.input.value.trim();
    if (this.spec.link) this.stage.link({ [this.spec.link]: text === (this.spec.default ?? "") ? null : text });
  }

  async put(asked) {
    const { text, values } = asked;
    if (!text.trim()) return { empty: true };
    try {
      return await this.view.put({ text, ...values }, () => this.clock(asked));
    } catch (error) {
      // Another panel's question took this one's place: it is put once more, a little later.
      if (error instanceof Dropped && this.asked === asked)
        setTimeout(() => this.asked === asked && this.latest.ask(asked), PAUSE);
      throw error;
    }
  }

  take(answers, asked) {
    if (this.asked !== asked && this.asked?.text !== asked.text) return;
    this.seen = moment(this.stage.shown);
    this.answered = performance.now();
    this.message.textContent = answers.empty
      ? `Type a sentence, or take one from the lists. ${this.knows}`
      : unknown(answers[0].numbers) || this.knows;
    this.message.dataset.kind = "";
    this.element.dataset.old = "false";
    if (answers.empty) this.view.clear();
    else this.view.show(answers);
    this.fade();
    this.stage.tell("own", answers.empty ? [] : answers.map((a) => a.numbers?.code));
    this.clock(asked);
  }

  /** What the run's sentences are about, and how many words it has of them. */
  get knows() {
    const knows = language(this.stage.sceneShown)?.knows;
    return knows ? `Knows ${knows}.` : "";
  }

  /** The run's own answer is on screen: note how long that took. Asked again, the same question is
   * not timed. */
  clock(asked) {
    if (asked.at) this.latencies.push(performance.now() - asked.at);
    if (this.latencies.length > 400) this.latencies.splice(0, 200);
    asked.at = 0;
  }

  fail(error) {
    if (this.latest.next) return; // the sentence has been changed since
    this.message.textContent = error.message;
    this.message.dataset.kind = "wrong";
    this.element.dataset.old = "true";
    this.asked = null;
  }

  paint(frame) {
    const book = language(this.stage.sceneShown);
    if (!book) return;
    this.view.learn(book);
    this.field.learn(book);
    if (!this.begun) {
      this.begun = true;
      if (this.input.value) this.again();
      else this.another();
    }
    this.view.recolour();
    if (outdated(this, frame, AGAIN)) this.latest.ask(this.asked);
  }

  write(known) {
    super.write(known);
    const last = this.latencies.at(-1);
    const text = last === undefined ? "" : `answered in ${Math.max(1, Math.round(last))} ms`;
    if (this.numbers.textContent !== text) this.numbers.textContent = text;
  }
}

const unknown = ({ unknown = [] }) => (unknown.length ? `not in the vocabulary: ${unknown.join(", ")}` : "");

export default Typing;
