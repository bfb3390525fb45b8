// DrawnAnswers: images that answer a question, side by side, and that are asked for again while the
// run trains.
//
// spec:
//   asks: {signal: question}
//   members?: names of networks to ask one after the other
//   slots: [{label, layer, member?: index} or {label, bars: number}], label with {numbers} of the
//     answer
//   captions?: {question: text with {numbers}}
//   empty: text
//   own?: send "own", where a drawing's code lies
//   first?: {signal: value}, sent at the start
//   batch?: [layers of a phase, shown while it is explained], batchCaption?: text

import { Subscription } from "../../channel/subscription.js";
import { fixed } from "../../draw/numbers.js";
import { sprite } from "../../draw/sprite.js";
import { CanvasPanel } from "../panel.js";

const LABEL = 18;

export class DrawnAnswers extends CanvasPanel {
  constructor(spec, stage) {
    super(spec, stage);
    this.caption = "";
    this.subscription = new Subscription(stage, spec.members, {
      take: (answers, asked) => this.take(answers, asked),
      forget: () => this.forget(),
    });
    for (const [signal, question] of Object.entries(spec.asks)) this.subscription.listen(signal, question);
    this.first = Object.entries(spec.first ?? {});
  }

  forget() {
    this.answers = null;
    this.caption = "";
    if (this.spec.own) this.stage.tell("own", null);
    this.draw();
    this.write();
  }

  take(answers, { question }) {
    this.answers = answers;
    this.caption = filled(this.spec.captions?.[question] ?? "", answers[0].numbers);
    if (this.spec.own) this.tellOwn(question === "encode" ? answers : null);
    this.draw();
    this.write();
  }

  /** Where the code of the visitor's own digit lies, for each network. */
  tellOwn(answers) {
    this.stage.tell(
      "own",
      answers && Object.fromEntries(answers.map((a, i) => [this.spec.members?.[i] ?? "", a.numbers.z])),
    );
  }

  paint(frame) {
    const batch = (this.spec.batch ?? []).map((name) => frame.layers[name]).filter(Boolean);
    if (batch.length !== (this.batch?.length ?? 0) || batch[0] !== this.batch?.[0]) {
      this.batch = batch;
      this.draw();
    }
    if (this.drawnUnder !== this.colours.key) this.draw();
    for (const [signal, value] of this.first.splice(0)) this.stage.tell(signal, value);
    this.subscription.follow(frame);
  }

  mark() {
    if (this.w) this.draw();
  }

  draw() {
    const c = this.context;
    const { colours } = this;
    this.drawnUnder = colours.key;
    c.fillStyle = colours.paper;
    c.fillRect(0, 0, this.w, this.h);
    if (this.batch?.length) return this.drawBatch(c);
    if (!this.answers) return this.say(c);
    const slots = this.spec.slots.filter((s) => !s.bars || this.answers[s.member ?? 0].numbers[s.bars]);
    const gap = 6 * this.ratio;
    const top = LABEL * this.ratio;
    const side = Math.min(this.h - top - gap, (this.w - gap * (this.spec.slots.length + 1)) / this.spec.slots.length);
    slots.forEach((slot, i) => {
      const x = gap + i * (side + gap);
      const answer = this.answers[slot.member ?? 0];
      const layer = answer.layers[slot.layer];
      this.text(c, filled(slot.label, answer.numbers), x, top - 4 * this.ratio, "left");
      if (slot.bars) this.bars(c, answer.numbers[slot.bars], x, top, this.w - x - gap, side);
      else if (layer) this.picture(c, layer.data, x, top, side);
    });
  }

  say(c) {
    const lines = (this.spec.empty ?? "").split("|");
    lines.forEach((line, i) =>
      this.text(c, line, this.w / 2, this.h / 2 + (i - (lines.length - 1) / 2 + 0.3) * 17 * this.ratio, "center"),
    );
  }

  text(c, words, x, y, align) {
    c.font = `${13 * this.ratio}px "Source Sans", sans-serif`;
    c.textAlign = align;
    c.fillStyle = this.colours.dim;
    c.fillText(words, x, y);
  }

  /** What a phase shows of its batch: a line an array, its images side by side. */
  drawBatch(c) {
    const n = Math.max(...this.batch.map((l) => l.shape[0]));
    const gap = 2 * this.ratio;
    const side = Math.min((this.w - gap) / n - gap, (this.h - gap) / this.batch.length - gap);
    this.batch.forEach(({ data, shape }, r) => {
      for (let i = 0; i < shape[0]; i++)
        this.picture(c, data.subarray(i * 784, (i + 1) * 784), gap + i * (side + gap), gap + r * (side + gap), side);
    });
  }

  picture(c, data, x, y, side) {
    c.imageSmoothingEnabled = true;
    c.imageSmoothingQuality = "medium";
    c.drawImage(sprite(data, this.colours.table("image")), x, y, side, side);
  }

  /** Ten bars, one a digit; the digit's own colour and the digit itself below. */
  bars(c, values, x, y, width, height) {
    if (!values) return;
    const step = width / 10;
    const room = height - LABEL * this.ratio;
    const best = values.indexOf(Math.max(...values));
    values.forEach((v, k) => {
      c.fillStyle = this.colours.digit(k);
      c.fillRect(x + k * step + 1, y + room * (1 - v), step - 2, Math.max(1, room * v));
      c.fillStyle = this.colours.ink;
      c.font = `${k === best ? 700 : 400} ${13 * this.ratio}px "Source Sans", sans-serif`;
      c.textAlign = "center";
      c.fillText(k, x + (k + 0.5) * step, y + height - 3 * this.ratio);
    });
  }

  write() {
    super.write({});
    const text = this.batch?.length ? (this.spec.batchCaption ?? "") : this.caption;
    if (this.numbers.textContent !== text) this.numbers.textContent = text;
  }
}

const filled = (text, numbers) => text.replace(/{(\w+)}/g, (_, name) => words(numbers[name]));
const words = (v) =>
  Array.isArray(v)
    ? `(${v
        .slice(0, 2)
        .map((x) => fixed(x, 2))
        .join(", ")})`
    : String(v ?? "–");

export default DrawnAnswers;
