// LossSurface: the loss over the ball of one point, from the run's question "surface", with the
// path of PGD on it and the line beyond which the answer is wrong.
//
// On "pick.point" {member, title, point} it turns to that point. spec: {member, title_of: {member:
// title}}

import { LatestOnly } from "../../channel/questions.js";
import { Field, levelLine } from "../../draw/field.js";
import { label, stroke } from "../../draw/marks.js";
import { fixed } from "../../draw/numbers.js";
import { nearest } from "../../input/points.js";
import { CanvasPanel } from "../panel.js";

const EVERY = 90; // milliseconds between two questions
const WRONG = Math.log(2); // with two classes the answer turns where the loss is log 2
const short = (v) => (v < 0.005 ? "0" : fixed(v, v < 9.95 ? 2 : 0));

export class LossSurface extends CanvasPanel {
  constructor(spec, stage) {
    super(spec, stage);
    this.field = new Field();
    this.chosen = { member: spec.member, title: spec.title_of[spec.member], point: NaN };
    this.asking = new LatestOnly(
      ({ member, point }) => stage.question("surface", { member, point }),
      (answer) => this.take(answer),
      (error) => this.fail(error),
    );
    stage.on("pick.point", (chosen) => {
      this.chosen = chosen;
      this.ask();
    });
  }

  explained() {
    return [
      { name: "loss", text: "The clean loss, and the loss at the end of PGD's path, in nats." },
      { name: "holds, changes", text: "Whether the answer is still right at the end of that path." },
    ];
  }

  ask() {
    if (Number.isNaN(this.chosen.point)) return;
    this.asked = performance.now();
    this.asking.ask(this.chosen);
  }

  take(answer) {
    this.answer = answer;
    this.problem = "";
    this.draw();
  }

  fail(error) {
    this.answer = null;
    this.problem = error.message;
    this.draw();
  }

  mark() {
    this.draw();
  }

  paint(frame) {
    const points = this.stage.pointsShown() ?? [];
    // Before the first choice it shows the point in the middle, where the classes meet.
    if (points.length && !(this.chosen.point < points.length))
      this.stage.tell("pick.point", { ...this.chosen, point: nearest(points, 0, 0, Infinity) });
    if (this.stage.past || !points.length) return;
    const key = `${frame.generation}/${frame.step}/${Object.values(frame.knobs)}/${points.length}`;
    if (key === this.key || performance.now() - (this.asked ?? 0) < EVERY) return;
    this.key = key;
    this.ask();
  }

  write() {
    this.element.style.setProperty("--method", this.colours.of(this.chosen.member));
    this.title.textContent = `Loss · ${this.chosen.title}`;
    const { broken, clean, pgd } = this.answer?.numbers ?? {};
    const words = this.answer ? `${short(clean)} → ${short(pgd)}` : "";
    const outcome = this.answer ? `<span class="error">${broken ? "changes" : "holds"}</span>` : "";
    const html = `<span title="clean loss, and loss at the end of PGD's path, in nats">${words}</span>${outcome}`;
    if (html !== this.written) this.numbers.innerHTML = this.written = html;
    this.front.setAttribute("aria-label", `Loss over the ball of a point, ${this.chosen.title}: ${words}`);
  }

  draw() {
    const c = this.context;
    const { colours, ratio } = this;
    const side = Math.min(this.h, this.w - 66 * ratio);
    c.fillStyle = colours.paper;
    c.fillRect(0, 0, this.w, this.h);
    c.textAlign = "left";
    c.font = `${13 * ratio}px "Source Sans", sans-serif`;
    if (!this.answer) return this.say(c, this.problem || "Click a point in a panel");
    const { shape, data } = this.answer.layers.surface;
    const { least, most, epsilon } = this.answer.numbers;
    c.save();
    const edge = 3 * ratio;
    const span = side - 2 * edge; // the ball's rim stays in sight
    c.translate(edge, edge);
    if (this.stage.data.setup.norm === "l2") {
      c.beginPath();
      c.arc(span / 2, span / 2, span / 2, 0, 7);
      c.clip();
    }
    this.field.draw(c, span, span, data, shape[0], shape[1], colours.table("loss"));
    const lines = new Path2D();
    for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) levelLine(data, shape[0], shape[1], span, span, 255 * share, lines);
    stroke(c, lines, ratio, [[1, colours.dim]]);
    const turn = (255 * (WRONG - least)) / (most - least);
    if (turn > 0 && turn < 255)
      stroke(c, levelLine(data, shape[0], shape[1], span, span, turn), ratio, [
        [4.5, colours.halo],
        [2.4, colours.ink],
      ]);
    c.restore();
    this.path(c, edge, span, epsilon);
    this.scale(c, side, least, most);
    this.write();
  }

  /** PGD's places, from the point in the middle. */
  path(c, edge, span, epsilon) {
    const { shape, data } = this.answer.layers.path;
    const line = new Path2D();
    const dots = new Path2D();
    const r = 2.4 * this.ratio;
    for (let k = 0; k < shape[0]; k++) {
      const x = edge + (0.5 + data[2 * k] / (2 * epsilon)) * span;
      const y = edge + (0.5 - data[2 * k + 1] / (2 * epsilon)) * span;
      if (k) line.lineTo(x, y);
      else line.moveTo(x, y);
      dots.moveTo(x + r, y);
      dots.arc(x, y, k === shape[0] - 1 ? 2 * r : r, 0, 7);
    }
    const { colours } = this;
    stroke(c, line, this.ratio, [
      [4, colours.halo],
      [2, colours.ink],
    ]);
    stroke(c, dots, this.ratio, [[3, colours.halo]]);
    c.fillStyle = this.answer.numbers.broken ? colours.word("broken") : colours.ink;
    c.fill(dots);
  }

  /** The colours' meaning, at the right. */
  scale(c, side, least, most) {
    const { ratio, colours } = this;
    const x = side + 10 * ratio;
    const top = 24 * ratio;
    const height = this.h - 48 * ratio;
    const table = colours.table("loss");
    for (let i = 0; i < 32; i++) {
      const word = table[Math.round(255 - (255 * i) / 31)];
      c.fillStyle = `rgb(${word & 255},${(word >> 8) & 255},${(word >> 16) & 255})`;
      c.fillRect(x, top + (height * i) / 32, 12 * ratio, height / 32 + 1);
    }
    c.fillStyle = colours.ink;
    c.fillText(`${short(most)} nats`, x, top - 8 * ratio);
    c.fillText(short(least), x, top + height + 17 * ratio);
  }

  say(c, text) {
    c.fillStyle = this.colours.dim;
    const words = text.split(" ");
    let line = "";
    let y = 30 * this.ratio;
    for (const word of words) {
      if (c.measureText(`${line} ${word}`).width > this.w - 24 * this.ratio) {
        c.fillText(line, 12 * this.ratio, y);
        line = "";
        y += 19 * this.ratio;
      }
      line = line ? `${line} ${word}` : word;
    }
    c.fillText(line, 12 * this.ratio, y);
  }
}

export default LossSurface;
