// Live text: an explanation whose numbers follow a Stage. Elements carry data-metric, data-knob or
// data-step, or data-when (when.js).

import { FORMS } from "../draw/numbers.js";
import { when } from "./when.js";
import { wide } from "./wide.js";

const EVERY = 250; // milliseconds

export function mount({ data, parentElement }) {
  const root = parentElement.querySelector(".saddle-text");
  if (root.dataset.text !== data.html) {
    root.innerHTML = data.html;
    root.dataset.text = data.html;
    for (const box of root.querySelectorAll(".wide")) wide(box);
  }
  clearInterval(root.timer);
  root.timer = setInterval(() => fill(root, data.name), EVERY);
  return () => clearInterval(root.timer);
}

function fill(root, name) {
  const stage = window.saddle?.stages[name];
  if (!stage || !root.isConnected) return;
  const { metrics, knobs, setup, colours } = stage;
  for (const e of root.querySelectorAll("[data-metric], [data-knob], [data-step]")) {
    const value = e.dataset.metric ? metrics[e.dataset.metric] : e.dataset.knob ? knobs[e.dataset.knob] : stage.step;
    const text = FORMS[e.dataset.form ?? "significant"](value);
    if (e.textContent !== text) e.textContent = text;
  }
  when(root, { ...setup, ...knobs });
  for (const e of root.querySelectorAll("[data-method]"))
    e.style.setProperty("--method", colours.word(e.dataset.method));
}
