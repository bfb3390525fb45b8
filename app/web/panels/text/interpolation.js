// Interpolation: a path between two codes as a strip of sentences: between two that are typed, or
// between two draws of s that the prior turns into codes.
//
// spec: {first: [a, b], how?: "walk" where these are seeds, steps?, link?: name in the address}. On
// "say" the sentence becomes the end of the path, and the end becomes its beginning. It sends "way"
// {codes, lit}.

import { moment } from "../../channel/frames.js";
import { LatestOnly } from "../../channel/questions.js";
import { outdated } from "../../channel/subscription.js";
import { differences, language, sentence, write } from "../../draw/sentence.js";
import { Panel } from "../panel.js";
import { Tour } from "../tour.js";
import { fading } from "./fade.js";
import { WordField } from "./word_field.js";

const PAUSE = 120; // milliseconds from the last letter to the question
const AGAIN = 450; // milliseconds between answers while the run trains
const TICK = 420; // milliseconds between sentences of the tour

export class Interpolation extends Panel {
  constructor(spec, stage) {
    super(spec, stage);
    this.element.classList.add("interpolation");
    this.fade = fading(this.plot);
    const field = (
      name,
      label,
      hint,
    ) => `<input type="text" class="${name}" maxlength="300" spellcheck="false" autocomplete="off" autocapitalize="none"
      aria-label="${label}" placeholder="${hint}">`;
    const [a, b] = [field("a", "The first sentence", "from"), field("b", "The second sentence", "to")];
    this.plot.innerHTML = `<div class="ends">${a}<span aria-hidden="true">→</span>
      ${b}</div><ol class="strip" aria-label="Sentences on the way"></ol><p class="message" role="status"></p>`;
    this.element.querySelector("figcaption").insertAdjacentHTML(
      "beforeend",
      `<span class="buttons"><select aria-label="What lies at the ends">
      <option value="interpolate">two sentences</option><option value="walk">two draws of s</option></select>
      <label class="steps">steps <input type="number" min="3" max="15" value="${spec.steps ?? 7}"
        aria-label="Sentences on the way"></label>
      <button type="button" class="dice" title="Two other ends">others</button>
      <button type="button" class="tour" aria-label="Play along the way">▶</button></span>`,
    );
    const find = (selector) => this.element.querySelector(selector);
    Object.assign(this, {
      how: find("select"),
      a: find(".a"),
      b: find(".b"),
      count: find("[type=number]"),
      strip: find("ol"),
      message: find(".message"),
      lit: -1,
    });
    this.fields = [this.a, this.b].map((input) => new WordField(input, () => this.how.value === "interpolate"));
    this.ends = { interpolate: ["", ""], walk: ["1", "2"], [spec.how ?? "interpolate"]: [...spec.first] };
    this.how.value = spec.how ?? "interpolate";
    this.load();
    for (const input of [this.a, this.b, this.count]) {
      input.addEventListener(
        "input",
        () => (clearTimeout(this.timer), (this.timer = setTimeout(() => this.again(), PAUSE))),
      );
      input.addEventListener("change", () => this.again());
    }
    this.how.addEventListener("change", () => (this.load(), this.again()));
    find(".dice").addEventListener("click", () => this.other());
    const next = () => this.light((this.lit + 1) % Math.max(1, this.strip.children.length));
    new Tour(this, find(".tour"), TICK, next, ["Play along the way", "Pause"]);
    stage.on("say", ({ text }) => {
      if (this.how.value !== "interpolate") return;
      [this.a.value, this.b.value] = [this.b.value, text];
      this.again();
    });
    const take = (answer, asked) => this.take(answer, asked);
    this.latest = new LatestOnly(
      (asked) => stage.question(asked.how, asked.values),
      take,
      (error) => this.fail(error),
    );
  }

  /** On a wide screen a long strip scrolls, so that it takes no room from the knobs. */
  get grows() {
    return this.stage.root.hasAttribute("data-tall");
  }

  size(width, height, ratio) {
    super.size(width, height, ratio);
    this.fade();
  }

  /** The ends as the chosen way has them. */
  load() {
    const walk = this.how.value === "walk";
    [this.a.value, this.b.value] = this.ends[this.how.value];
    for (const [input, text] of [
      [this.a, "first"],
      [this.b, "second"],
    ]) {
      input.inputMode = walk ? "numeric" : "text";
      input.setAttribute("aria-label", walk ? `Seed of the ${text} s` : `The ${text} sentence`);
      input.classList.toggle("seed", walk);
    }
  }

  other() {
    const scene = this.stage.sceneShown;
    const book = language(scene);
    const layer = scene?.codes_tokens ?? scene?.probe_in;
    const number = (most) => Math.floor(Math.random() * most);
    const draw = () =>
      this.how.value === "walk"
        ? String(number(1e4))
        : layer
          ? sentence(layer, number(layer.shape[0]), book.words).join(" ")
          : "";
    [this.a.value, this.b.value] = [draw(), draw()];
    this.again();
  }

  values() {
    const given = this.count.value === "" ? 7 : Math.round(Number(this.count.value));
    const steps = Math.max(3, Math.min(15, Number.isFinite(given) ? given : 7));
    const [a, b] = this.fields.map((field) => field.text.trim());
    if (this.how.value === "interpolate") return a && b ? { a, b, steps } : null;
    return [a, b].every((v) => /^\d{1,9}$/.test(v)) ? { s_a: Number(a), s_b: Number(b), steps } : null;
  }

  again() {
    clearTimeout(this.timer);
    for (const field of this.fields) field.mark();
    this.ends[this.how.value] = [this.a.value, this.b.value];
    const values = this.values();
    const now = `${this.how.value}:${this.a.value}|${this.b.value}`;
    if (this.spec.link && this.begun) this.stage.link({ [this.spec.link]: now === this.first ? null : now });
    this.first ??= now;
    this.asked = values && { how: this.how.value, values };
    if (this.asked) return this.latest.ask(this.asked);
    this.message.textContent =
      this.how.value === "walk" ? "Give two seeds, whole numbers." : "Type two sentences, or click two in the lists.";
    this.message.dataset.kind = "";
    this.strip.replaceChildren();
    this.codes = null;
    this.stage.tell("way", { codes: [], lit: -1 });
  }

  take({ numbers }, asked) {
    if (asked !== this.asked) return;
    this.seen = moment(this.stage.shown);
    this.answered = performance.now();
    const { texts, codes, grammatical = [], unknown = [] } = numbers;
    this.message.textContent = unknown.length ? `not in the vocabulary: ${unknown.join(", ")}` : "";
    const n = texts.length;
    while (this.strip.children.length < n) this.strip.append(this.frame(this.strip.children.length));
    while (this.strip.children.length > n) this.strip.lastChild.remove();
    texts.forEach((text, i) => {
      const words = list(text);
      const before = i ? list(texts[i - 1]) : words;
      const e = this.strip.children[i];
      write(e.querySelector(".line"), words.length ? words : ["(nothing)"], differences(before, words).come, "next");
      e.style.setProperty("--t", `${(100 * i) / Math.max(1, n - 1)}%`);
      e.dataset.right = grammatical[i] === false ? "no" : "";
    });
    this.codes = codes;
    this.light(Math.min(this.lit, n - 1));
    this.fade();
  }

  frame(i) {
    const li = document.createElement("li");
    li.tabIndex = 0;
    li.innerHTML = `<span class="line"></span>`;
    for (const event of ["pointerenter", "focus", "click"]) li.addEventListener(event, () => this.light(i));
    li.addEventListener("keydown", (event) => {
      const next = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (next) {
        event.preventDefault();
        this.strip.children[i + next]?.focus();
      }
    });
    return li;
  }

  light(i) {
    this.lit = i;
    [...this.strip.children].forEach((e, k) => e.toggleAttribute("data-lit", k === i));
    if (this.codes) this.stage.tell("way", { codes: this.codes, lit: i });
  }

  fail(error) {
    if (this.latest.next) return; // the ends have been changed since
    this.asked = null;
    this.message.textContent = error.message;
    this.message.dataset.kind = "wrong";
  }

  paint(frame) {
    const book = language(this.stage.sceneShown);
    if (!book) return;
    for (const field of this.fields) field.learn(book);
    if (!this.begun) {
      this.begun = true;
      if (this.values()) this.again();
      else this.other();
    }
    if (outdated(this, frame, AGAIN)) this.latest.ask(this.asked);
  }
}

const list = (text) => text.split(" ").filter(Boolean);

export default Interpolation;
