// Answers: all answers to a prediction in one plot. Bars for a choice, dots on a line for numbers, all
// lines over one another for boundaries.

import { significant } from "../draw/numbers.js";
import { make } from "./parts.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDE = 400; // of the numbers' line, where the window has room for it
const EDGE = 24;
const DOT = 5.5; // radius

function svg(tag, more = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(more)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The plot of `answers` to a question. mine: the own answer, or null. */
export function answersPlot({ kind, options, truth }, answers, mine = null) {
  if (!answers.length) return make("p", { class: "none" }, "Nobody has answered.");
  if (kind === "choice") return bars(options, answers, truth, mine);
  return kind === "number" ? dots(answers, truth, mine) : lines(answers, mine);
}

function bars(options, answers, truth, mine) {
  const counts = options.map((_, i) => answers.filter((a) => a === i).length);
  const most = Math.max(1, ...counts);
  const row = (text, i) =>
    make(
      "li",
      { class: i === truth ? "right" : "" },
      make("span", { class: "option" }, `${i === truth ? "✓ " : ""}${text}${i === mine ? " (yours)" : ""}`),
      make("span", { class: "bar", "aria-hidden": "true" }, bar(counts[i] / most)),
      make("b", {}, String(counts[i])),
    );
  return make("ul", { class: "answers bars" }, ...options.map(row));
}

function bar(share) {
  const inner = make("i");
  inner.style.width = `${100 * share}%`;
  return inner;
}

/** The median of numbers in ascending order: of an even count the mean of the two in the middle. */
export function median(sorted) {
  const half = (sorted.length - 1) / 2;
  return (sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2;
}

/** Dots in columns over a line from the least to the greatest, so that none hides another. */
function dots(answers, truth, mine) {
  const width = Math.min(WIDE, window.innerWidth - 90);
  const known = [...answers, ...(truth === null || truth === undefined ? [] : [truth])];
  let [low, high] = [Math.min(...known), Math.max(...known)];
  if (low === high) [low, high] = [low - 1, high + 1];
  const at = (v) => EDGE + ((v - low) / (high - low)) * (width - 2 * EDGE);
  const stacks = new Map();
  const placed = answers.map((v) => {
    const column = Math.round(at(v) / (2 * DOT));
    stacks.set(column, (stacks.get(column) ?? 0) + 1);
    return { v, x: at(v), level: stacks.get(column) };
  });
  const high_ = Math.max(3, ...stacks.values()) * (2 * DOT + 1) + 16;
  const base = high_ - 4;
  const plot = svg("svg", { viewBox: `0 0 ${width} ${high_ + 34}`, role: "img", class: "answers dots" });
  const sorted = [...answers].sort((a, b) => a - b);
  const middle = median(sorted);
  plot.setAttribute(
    "aria-label",
    `${answers.length} answers from ${significant(sorted[0])} to ${significant(sorted.at(-1))}, median ${significant(middle)}`,
  );
  plot.append(svg("line", { x1: EDGE / 2, x2: width - EDGE / 2, y1: base, y2: base, class: "axis" }));
  for (const { v, x, level } of placed)
    plot.append(
      svg("circle", { cx: x, cy: base - (2 * DOT + 1) * level + DOT, r: DOT, class: v === mine ? "mine" : "" }),
    );
  const mark = (v, text, name, down) => {
    plot.append(svg("line", { x1: at(v), x2: at(v), y1: 6, y2: base, class: name }));
    const side = at(v) > width / 2 ? "end" : "start";
    plot.append(
      svg("text", { x: at(v), y: base + down, "text-anchor": side, class: name }, `${text} ${significant(v)}`),
    );
  };
  mark(middle, "median", "median", 14);
  if (truth !== null && truth !== undefined) mark(truth, "right:", "truth", 30);
  plot.append(svg("text", { x: EDGE / 2, y: base + 14 }, middle - low > (high - low) / 4 ? significant(low) : ""));
  plot.append(
    svg(
      "text",
      { x: width - EDGE / 2, y: base + 14, "text-anchor": "end" },
      high - middle > (high - low) / 4 ? significant(high) : "",
    ),
  );
  return plot;
}

function lines(answers, mine) {
  const plot = svg("svg", { viewBox: "-1 -1 2 2", role: "img", class: "answers lines" });
  plot.setAttribute("aria-label", `${answers.length} drawn boundaries`);
  const draw = (line, name) =>
    plot.append(svg("polyline", { points: line.map(([x, y]) => `${x},${-y}`).join(" "), class: name }));
  for (const line of answers) draw(line, "");
  if (mine) draw(mine, "mine");
  return plot;
}
